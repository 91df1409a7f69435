"""Erasing what people said, and handing it to them. Knows what follows from what, no table and no server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.session.app import data_export, refusals
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.data_export import ExportSource
from services.session.app.interviews import Announcer
from services.session.app.people import Account
from services.session.app.ports import Claim, Clock, Unit
from services.session.app.retention import EraseOutside
from services.session.domain import interview as machine
from services.session.domain.interview import Decision, Interview, Work, WorkKind

SYSTEM = "system"
RETAINED_LONG_ENOUGH = "retention"
WITHDRAWN = "withdrawn"
ACCOUNT_ENDED = "account"


class Erasing(Protocol):
    """One transaction that takes words away."""

    @property
    def audit(self) -> AuditLog: ...

    async def interview(self, interview_id: UUID, claim: Claim | None) -> Unit:
        """Locks it. Raises NotFound, or StaleClaim when `claim` no longer holds."""

    async def wipe_interview(self, interview_id: UUID, at: datetime) -> None:
        """Everything that was said, written or concluded in it, and all work but that of erasure."""

    async def account(self, account_id: UUID) -> tuple[Account, bool] | None:
        """Locks it; whether nobody else is an admin. None when there is none or it is erased already."""

    async def belongings(self, account_id: UUID) -> tuple[list[UUID], list[UUID]]:
        """A locked account's interviews that are not erased yet, and its résumés."""

    async def wipe_account(self, account: Account, resumes: Sequence[UUID], at: datetime) -> None:
        """Résumés with files and vectors, who it was, its logins, and what it asked for."""

    async def subjects_outside(self, account_id: UUID) -> list[UUID]:
        """Interviews and résumés of an account of which something may be left outside the database."""

    async def reach_outside(self, subject_ids: Sequence[UUID], at: datetime) -> None:
        """Asks for the erasure of what stands outside the database, now and until it is done."""


class ErasureStore(Protocol):
    def erasing(self) -> AbstractAsyncContextManager[Erasing]: ...


class Privacy:
    """Erasure is one transaction; what lies outside the database follows as work that is never given up.

    Events, turns, consents and audit entries stay: they hold ids, moments and codes.
    """

    def __init__(
        self,
        store: ErasureStore,
        source: ExportSource,
        outside: EraseOutside,
        announce: Announcer,
        clock: Clock,
    ) -> None:
        self._store = store
        self._source = source
        self._outside = outside
        self._announce = announce
        self._clock = clock

    async def erase_interview(
        self, interview_id: UUID, *, reason: str = WITHDRAWN, claim: Claim | None = None
    ) -> None:
        """A running interview ends first. Erasing twice changes nothing. Raises NotFound or StaleClaim."""
        async with self._store.erasing() as erasing:
            decision = await self._erase(erasing, interview_id, reason, claim)
        if decision is not None:
            await self._announce(decision)

    async def erase_account(self, account_id: UUID, actor: str) -> list[str]:
        """The account ends, its words go; the names of what could not be reached yet and is being retried.

        Raises FailedPrecondition (LAST_ADMIN). Erasing twice tells only what is still to be reached.
        """
        async with self._store.erasing() as erasing:
            decisions = await self._erase_account(erasing, account_id, actor)
            outside = await erasing.subjects_outside(account_id)
        for decision in decisions:
            await self._announce(decision)
        return await self._outside.try_now(outside)

    async def erase(self, account_id: UUID) -> list[str]:
        """`erase_account` by its owner."""
        return await self.erase_account(account_id, f"user:{account_id}")

    def export(self, account_id: UUID) -> AsyncIterator[bytes]:
        """Pieces of one UTF-8 JSON document with all that is kept of the account. Raises NotFound."""
        return data_export.pieces(self._source, account_id, self._clock.now())

    async def _erase(
        self, erasing: Erasing, interview_id: UUID, reason: str, claim: Claim | None = None
    ) -> Decision | None:
        unit = await erasing.interview(interview_id, claim)
        if unit.interview.erased_at is not None:
            return None
        now = self._clock.now()
        if not unit.interview.over:
            await unit.save(machine.withdraw(unit.interview, now))
        decision = _erased(unit.interview, reason, now)
        await unit.save(decision)
        await erasing.wipe_interview(interview_id, now)
        await erasing.reach_outside([interview_id], now)
        actor = SYSTEM if reason == RETAINED_LONG_ENOUGH else f"user:{unit.interview.candidate_id}"
        await erasing.audit.record(AuditEntry(actor, "interview.erased", str(interview_id), reason))
        return decision

    async def _erase_account(self, erasing: Erasing, account_id: UUID, actor: str) -> list[Decision]:
        found = await erasing.account(account_id)
        if found is None:
            return []
        account, last_admin = found
        if last_admin:
            raise refusals.last_admin()
        interviews, resumes = await erasing.belongings(account_id)
        decisions = [await self._erase(erasing, each, ACCOUNT_ENDED) for each in interviews]
        now = self._clock.now()
        await erasing.wipe_account(account, resumes, now)
        await erasing.reach_outside(resumes, now)
        await erasing.audit.record(AuditEntry(actor, "account.erased", str(account_id)))
        return [decision for decision in decisions if decision is not None]


def _erased(interview: Interview, reason: str, now: datetime) -> Decision:
    noted = machine.note(interview, "data.erased", now, reason=reason)
    work = (Work(WorkKind.ERASURE, interview.id, now),)
    return Decision(noted.interview, events=noted.events, work=work)
