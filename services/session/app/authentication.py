"""Who a token belongs to, and what its holder may be taken for now.

Does not know signing or storage. What was found holds for five seconds, and not past a change this
process hears of.
"""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.runtime.auth import bearer
from services.session.app import refusals
from services.session.app.access import ANONYMOUS, Caller, Role
from services.session.app.logins import Claims, Tokens
from services.session.app.ports import Clock

RIGHTS_LIFE_S = 5.0
TOKENS_KEPT = 10_000
_ACCOUNT = "/viva.v1.AccountService/"
# A token sent along with these does not matter: it may be the expired one that is being renewed.
OPEN = frozenset(_ACCOUNT + name for name in ("Register", "LogIn", "RefreshTokens", "GetInvitation"))
# Needs no token; with one, the token counts.
OPTIONAL = frozenset({_ACCOUNT + "AcceptInvitation"})
MESH = Caller(Role.MESH, unscoped=True)


@dataclass(frozen=True, slots=True)
class AccountRights:
    """`family_lives`: the login that the token came from was not ended."""

    role: Role
    generation: int
    family_lives: bool
    company_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class ServiceRights:
    """A service token that is not revoked; `company_id` None means all companies."""

    company_id: UUID | None
    expires_at: datetime


class Rights(Protocol):
    async def of_account(self, account_id: UUID, family: UUID | None) -> AccountRights | None: ...

    async def of_service_token(self, token_id: UUID) -> ServiceRights | None: ...


class SessionAuthenticator:
    """The runtime's `Authenticator`: gives a `Caller`, or raises Unauthenticated.

    An empty mesh token lets no mesh peer in.
    """

    def __init__(self, tokens: Tokens, rights: Rights, mesh_token: str, clock: Clock) -> None:
        self._tokens = tokens
        self._rights = rights
        self._mesh_token = mesh_token.encode()
        self._clock = clock
        self._claims: dict[str, Claims] = {}
        # By subject, then by family: who it is, and until when (monotonic seconds) that holds.
        self._known: dict[UUID, dict[UUID | None, tuple[Caller, int, float]]] = {}
        self._changes = 0

    async def authenticate(self, method: str, metadata: Mapping[str, str]) -> Caller:
        """Raises Unauthenticated."""
        if method in OPEN:
            return ANONYMOUS
        token = bearer(metadata)
        if not token and method in OPTIONAL:
            return ANONYMOUS
        if not token:
            raise refusals.not_signed_in()
        if self._mesh_token and hmac.compare_digest(token.encode(), self._mesh_token):
            return MESH
        claims = self._claims.get(token) or self._verify(token)
        if claims.expires_at <= self._clock.now():
            self._claims.pop(token, None)
            raise refusals.token_refused()
        return await self._caller(claims)

    async def still(self, metadata: Mapping[str, str]) -> Caller:
        """Who a caller that was let in before is now; an access token may have expired meanwhile, a
        login that was ended, a role or a company that was taken away count. Raises Unauthenticated."""
        token = bearer(metadata)
        if self._mesh_token and hmac.compare_digest(token.encode(), self._mesh_token):
            return MESH
        return await self._caller(self._claims.get(token) or self._verify(token))

    def forget(self, subject_id: UUID) -> None:
        """The rights of an account or a service token have changed."""
        self._changes += 1
        self._known.pop(subject_id, None)

    def forget_all(self) -> None:
        """Changes may have been missed."""
        self._changes += 1
        self._known.clear()

    def _verify(self, token: str) -> Claims:
        claims = self._tokens.read(token)
        if claims is None:
            raise refusals.token_refused()
        if len(self._claims) >= TOKENS_KEPT:
            self._claims.pop(next(iter(self._claims)))
        self._claims[token] = claims
        return claims

    async def _caller(self, claims: Claims) -> Caller:
        known = self._known.get(claims.subject, {}).get(claims.family)
        if known is None or known[2] <= time.monotonic():
            known = await self._look_up(claims)
        caller, generation, _ = known
        if generation != claims.generation:
            raise refusals.token_refused()
        return caller

    async def _look_up(self, claims: Claims) -> tuple[Caller, int, float]:
        changes, until = self._changes, time.monotonic() + RIGHTS_LIFE_S
        try:
            caller, generation = await self._find(claims)
        except Exception:
            self._known.pop(claims.subject, None)
            raise
        found = (caller, generation, until)
        # What was read before a change is good for this call only.
        if changes == self._changes:
            if len(self._known) >= TOKENS_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known.setdefault(claims.subject, {})[claims.family] = found
        return found

    async def _find(self, claims: Claims) -> tuple[Caller, int]:
        if claims.role is Role.SERVICE:
            service = await self._rights.of_service_token(claims.subject)
            if service is None or service.expires_at <= self._clock.now():
                raise refusals.token_refused()
            company = service.company_id
            companies = frozenset({company}) if company else frozenset[UUID]()
            return Caller(Role.SERVICE, claims.subject, companies, unscoped=company is None), 0
        account = await self._rights.of_account(claims.subject, claims.family)
        if account is None or not account.family_lives:
            raise refusals.token_refused()
        works_for = account.company_ids if account.role is Role.RECRUITER else frozenset[UUID]()
        return Caller(account.role, claims.subject, works_for), account.generation
