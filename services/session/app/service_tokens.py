"""Tokens for other backends: issued by admins, shown once, revocable. Does not know signing or storage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.logins import Claims, Forget, Tokens
from services.session.app.pages import Listed, Page, Position
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records, Requests, is_first

DEFAULT_DAYS, LONGEST_DAYS = 90, 366


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """`company_id` is the company it acts for; None means all."""

    id: UUID
    name: str
    company_id: UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


class ServiceTokenStore(Protocol):
    async def add(self, token: ServiceToken) -> bool:
        """False, and nothing changed, when its company does not exist."""

    async def get(self, token_id: UUID) -> ServiceToken | None: ...

    async def page(self, page: Page) -> list[ServiceToken]: ...

    async def revoke(self, token_id: UUID, at: datetime) -> bool:
        """False when there is none. The first moment stays."""


class Unit(Protocol):
    @property
    def service_tokens(self) -> ServiceTokenStore: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class ServiceTokens:
    """`forget` drops what is remembered of a token in this process."""

    def __init__(
        self, records: Records[Unit], tokens: Tokens, clock: Clock, new_id: NewId, forget: Forget
    ) -> None:
        self._records = records
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id
        self._forget = forget

    async def issue(
        self, caller: Caller, request_id: str, name: str, valid_days: int, company_id: UUID | None
    ) -> tuple[ServiceToken, str]:
        """The token and its JWT; 0 days means 90. Raises NotFound for an unknown company."""
        access.require_admin(caller)
        key = checks.request_id(request_id)
        token = self._draft(name, valid_days, company_id)
        async with self._records.transaction() as unit:
            made = await unit.requests.remember(caller.actor, "IssueServiceToken", key, token.id)
            if made is None:
                await self._keep(unit, caller, token)
        if made is not None:
            token = await self._get(made)
        return token, self._tokens.sign(claims_of(token))

    async def list_(self, caller: Caller, page: Page) -> Listed[ServiceToken]:
        access.require_admin(caller)
        found = await self._records.reading.service_tokens.page(page)
        return pages.cut(found, page, lambda token: token.position)

    async def revoke(self, caller: Caller, request_id: str, token_id: UUID) -> None:
        """Ends the token at once. Raises NotFound."""
        access.require_admin(caller)
        key = checks.request_id(request_id)
        async with self._records.transaction() as unit:
            if not await is_first(unit.requests, caller.actor, "RevokeServiceToken", key, token_id):
                return
            if not await unit.service_tokens.revoke(token_id, self._clock.now()):
                raise refusals.not_found("service token")
            await unit.audit.record(AuditEntry(caller.actor, "service_token.revoked", str(token_id)))
        self._forget(token_id)

    def _draft(self, name: str, valid_days: int, company_id: UUID | None) -> ServiceToken:
        checks.within("valid_days", valid_days, 0, LONGEST_DAYS)
        now = self._clock.now()
        return ServiceToken(
            id=self._new_id(),
            name=checks.text("name", name, least=1, most=checks.NAME_LIMIT),
            company_id=company_id,
            created_at=now,
            expires_at=now + timedelta(days=valid_days or DEFAULT_DAYS),
        )

    async def _keep(self, unit: Unit, caller: Caller, token: ServiceToken) -> None:
        if not await unit.service_tokens.add(token):
            raise refusals.not_found("company")
        detail = str(token.company_id or "all companies")
        entry = AuditEntry(caller.actor, "service_token.issued", str(token.id), detail)
        await unit.audit.record(entry)

    async def _get(self, token_id: UUID) -> ServiceToken:
        token = await self._records.reading.service_tokens.get(token_id)
        if token is None:
            raise refusals.not_found("service token")
        return token


def claims_of(token: ServiceToken) -> Claims:
    """What the token's JWT says; its id is also its subject."""
    return Claims(token.id, Role.SERVICE, token.created_at, token.expires_at, token.id)
