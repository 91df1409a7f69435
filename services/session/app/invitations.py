"""Invitations: links that bring candidates to a job. Does not know how links are sent or rows are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.accounts import Accounts, NewAccount
from services.session.app.accounts import Unit as AccountUnit
from services.session.app.audit import AuditEntry
from services.session.app.companies import CompanyStore
from services.session.app.jobs import Job, JobStore
from services.session.app.logins import SECRET_LIMIT, Logins, TokenPair, Tokens, digest
from services.session.app.pages import Listed, Page, Position
from services.session.app.people import Account
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records, is_first

BATCH_LIMIT = 500
LONGEST = timedelta(days=366)
SECRET_PURPOSE = "invitation"  # noqa: S105 - what the secret is for


@dataclass(frozen=True, slots=True)
class Invitation:
    """`email` is None once erased; `batch_id` is shared by those of one request."""

    id: UUID
    batch_id: UUID
    job_id: UUID
    email: str | None
    token_hash: bytes
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None
    candidate_id: UUID | None = None

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers to whoever holds it."""

    invitation: Invitation
    company_name: str
    job_title: str


class InvitationStore(Protocol):
    async def add(self, invitations: Sequence[Invitation]) -> None: ...

    async def batch(self, batch_id: UUID) -> list[Invitation]:
        """By id."""

    async def get(self, invitation_id: UUID, *, lock: bool = False) -> Invitation | None: ...

    async def by_hash(self, token_hash: bytes, *, lock: bool = False) -> Invitation | None: ...

    async def page(self, job_id: UUID, page: Page) -> list[Invitation]: ...

    async def update(self, invitation: Invitation) -> None:
        """Keeps when it was accepted or revoked, and by whom."""


class Unit(AccountUnit, Protocol):
    @property
    def invitations(self) -> InvitationStore: ...
    @property
    def jobs(self) -> JobStore: ...
    @property
    def companies(self) -> CompanyStore: ...


class Invitations:
    """A link's secret is derived from its id, so that a repeated request shows the same links."""

    def __init__(
        self,
        records: Records[Unit],
        accounts: Accounts,
        logins: Logins,
        tokens: Tokens,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._records = records
        self._accounts = accounts
        self._logins = logins
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id

    async def create(
        self,
        caller: Caller,
        request_id: str,
        job_id: UUID,
        emails: Sequence[str],
        expires_at: datetime | None,
    ) -> list[tuple[Invitation, str]]:
        """Each invitation with its secret; "" for one whose signing key is gone by the repeat.

        An address named twice is invited once. Raises FailedPrecondition (JOB_CLOSED).
        """
        access.require_signed_in(caller)
        job = await self._job(caller, job_id, Hiring.CHANGE)
        key = checks.request_id(request_id)
        made = self._draft(job_id, emails, expires_at)
        async with self._records.transaction() as unit:
            batch = made[0].batch_id
            known = await unit.requests.remember(caller.actor, "CreateInvitations", key, batch)
            if known is not None:
                made = await unit.invitations.batch(known)
            elif not job.open:
                raise refusals.job_closed()
            else:
                await unit.invitations.add(made)
                entry = AuditEntry(caller.actor, "invitations.created", str(job_id), str(len(made)))
                await unit.audit.record(entry)
        return [(each, self._secret(each)) for each in made]

    async def of_job(self, caller: Caller, job_id: UUID, page: Page) -> Listed[Invitation]:
        access.require_signed_in(caller)
        await self._job(caller, job_id, Hiring.READ_INTERNAL)
        found = await self._records.reading.invitations.page(job_id, page)
        return pages.cut(found, page, lambda invitation: invitation.position)

    async def revoke(self, caller: Caller, request_id: str, invitation_id: UUID) -> None:
        """An accepted one stays accepted; a revoked one stays revoked."""
        access.require_signed_in(caller)
        key = checks.request_id(request_id)
        found = await self._records.reading.invitations.get(invitation_id)
        if found is None:
            raise refusals.not_found("invitation")
        await self._job(caller, found.job_id, Hiring.CHANGE, "invitation")
        async with self._records.transaction() as unit:
            current = await unit.invitations.get(invitation_id, lock=True)
            first = await is_first(unit.requests, caller.actor, "RevokeInvitation", key, invitation_id)
            if not first or current is None or current.revoked_at is not None:
                return
            if current.accepted_at is not None:
                raise refusals.invitation_used()
            await unit.invitations.update(replace(current, revoked_at=self._clock.now()))
            await unit.audit.record(AuditEntry(caller.actor, "invitation.revoked", str(invitation_id)))

    async def look_up(self, token: str) -> Offer:
        """What the link offers, also after it was used. Raises NotFound for a wrong secret."""
        checks.shorter("token", token, SECRET_LIMIT)
        stores = self._records.reading
        invitation = await stores.invitations.by_hash(digest(token))
        job = await stores.jobs.get(invitation.job_id) if invitation else None
        company = await stores.companies.get(job.company_id) if job else None
        if invitation is None or job is None or company is None:
            raise refusals.not_found("invitation")
        return Offer(invitation, company.name, job.title)

    async def accept(
        self, caller: Caller, token: str, password: str, display_name: str
    ) -> tuple[Invitation, Account, TokenPair | None]:
        """For a logged-in candidate adds the invitation to the account, else makes a new account.

        Raises NotFound, and FailedPrecondition when the invitation is over or its address has an
        account already, which then has to be logged in.
        """
        checks.shorter("token", token, SECRET_LIMIT)
        if caller.role is not Role.ANONYMOUS:
            access.require_role(caller, Role.CANDIDATE)
            return await self._accept_as(access.require_person(caller), token)
        return await self._accept_anew(token, password, display_name)

    async def _accept_as(self, account_id: UUID, token: str) -> tuple[Invitation, Account, TokenPair | None]:
        async with self._records.transaction() as unit:
            account = await unit.accounts.get(account_id, lock=True)
            if account is None:
                raise refusals.not_signed_in()
            return await self._take(unit, token, account), account, None

    async def _accept_anew(
        self, token: str, password: str, display_name: str
    ) -> tuple[Invitation, Account, TokenPair | None]:
        offered = (await self.look_up(token)).invitation
        self._check_open(offered, None)
        new = NewAccount(offered.email or "", password, display_name)
        account = await self._accounts.draft(new)
        async with self._records.transaction() as unit:
            if not await unit.accounts.add(account):
                raise refusals.log_in_to_accept()
            entry = AuditEntry(f"user:{account.id}", "account.created", str(account.id), account.role)
            await unit.audit.record(entry)
            invitation = await self._take(unit, token, account)
            return invitation, account, await self._logins.begin(unit, account)

    async def _take(self, unit: Unit, token: str, account: Account) -> Invitation:
        invitation = await unit.invitations.by_hash(digest(token), lock=True)
        if invitation is None:
            raise refusals.not_found("invitation")
        self._check_open(invitation, account.id)
        if invitation.candidate_id == account.id:
            return invitation
        job = await unit.jobs.get(invitation.job_id)
        if job is None or not job.open:
            raise refusals.job_closed()
        taken = replace(invitation, accepted_at=self._clock.now(), candidate_id=account.id)
        await unit.invitations.update(taken)
        entry = AuditEntry(f"user:{account.id}", "invitation.accepted", str(invitation.id))
        await unit.audit.record(entry)
        return taken

    def _check_open(self, invitation: Invitation, account_id: UUID | None) -> None:
        if invitation.accepted_at is not None:
            if account_id is None or invitation.candidate_id != account_id:
                raise refusals.invitation_used()
        elif invitation.revoked_at is not None:
            raise refusals.invitation_revoked()
        elif invitation.expires_at <= self._clock.now() or invitation.email is None:
            raise refusals.invitation_expired()

    def _draft(self, job_id: UUID, emails: Sequence[str], expires_at: datetime | None) -> list[Invitation]:
        checks.count("emails", emails, 1, BATCH_LIMIT)
        now, batch = self._clock.now(), self._new_id()
        until = checks.future("expires_at", expires_at, now, LONGEST)
        addresses = dict.fromkeys(checks.email("emails", each) for each in emails)
        drafts = []
        for email in addresses:
            invitation_id = self._new_id()
            token_hash = digest(self._tokens.secret_of(SECRET_PURPOSE, invitation_id))
            drafts.append(Invitation(invitation_id, batch, job_id, email, token_hash, now, until))
        return sorted(drafts, key=lambda draft: draft.id)

    def _secret(self, invitation: Invitation) -> str:
        secret = self._tokens.secret_of(SECRET_PURPOSE, invitation.id)
        return secret if digest(secret) == invitation.token_hash else ""

    async def _job(self, caller: Caller, job_id: UUID, act: Hiring, what: str = "job") -> Job:
        job = await self._records.reading.jobs.get(job_id)
        if job is None:
            raise refusals.not_found(what)
        access.require_company(caller, act, job.company_id, what=what)
        return job
