"""Erasure and export in Postgres: which rows hold a person's words. Knows no rules."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from services.session.adapters.postgres import export_queries as queries
from services.session.adapters.postgres.accounts import PostgresAccounts
from services.session.adapters.postgres.audit import PostgresAudit
from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.interviews import LockedInterview, lock
from services.session.adapters.postgres.runner import rights_changed
from services.session.app.access import Role
from services.session.app.people import Account
from services.session.app.ports import Claim

FILE_PART = 3 * (64 << 10)  # bytes of a file read at once; a multiple of three, for base64

_OF_TURN = (
    *("evaluation", "question", "question_draft", "answer", "answer_draft", "answer_segment"),
    *("prepared_passages", "observation"),
)
_WIPE_INTERVIEW = (
    *(
        f"delete from {name} using turn t where t.id = {name}.turn_id and t.interview_id = $1"  # noqa: S608
        for name in _OF_TURN
    ),
    "delete from report where interview_id = $1",
    "delete from compaction where interview_id = $1",
    "update llm_call set request = null, output = '' where interview_id = $1",
    "delete from set_aside where type = 'viva.live.' || $1::uuid",
    # Whoever holds such work finds that it is gone, and drops what came of it.
    "delete from work where interview_id = $1 and kind <> 'erasure'",
)
# How somebody needed to be interviewed is personal too.
_MARK_INTERVIEW = """
update interview set decision_reason = '', review_reason = '', review_requested = false,
                     accommodations = '{}', erased_at = $2
where id = $1
"""

_INTERVIEWS = "select id from interview where candidate_id = $1 and erased_at is null order by id"
_RESUMES = "select id from resume where candidate_id = $1 order by id for update"
# Deleting a résumé takes its passages, vectors and model calls along.
_WIPE_ACCOUNT = (
    "delete from resume where candidate_id = $1",
    "delete from resume_chunk where candidate_id = $1",
    "delete from blob where owner_id = $1",
    "delete from refresh_token where account_id = $1",
    "delete from company_member where account_id = $1",
    "delete from request where caller = 'user:' || $1::uuid",
    "update consent k set withdrawn_at = now() from interview i where i.id = k.interview_id"
    " and i.candidate_id = $1 and k.granted and k.withdrawn_at is null",
)
_WIPE_INVITATIONS = """
update invitation
set email = null,
    revoked_at = case when accepted_at is null and revoked_at is null then $3 else revoked_at end
where candidate_id = $1 or email = $2
"""
_WIPE_ATTEMPTS = "delete from login_attempt where subject = any($1)"
_WIPE_RESUME_WORK = (
    "delete from work where kind in ('resume_index', 'resume_digest') and subject_id = any($1)"
)
_MARK_ACCOUNT = """
update account set email = null, password_hash = null, display_name = '', generation = generation + 1,
                   erased_at = $2
where id = $1
"""

_OUTSIDE = """
select e.subject_id from erasure e join interview i on i.id = e.subject_id where i.candidate_id = $1
union select subject_id from erasure where subject_id = any($2)
"""
_REACH = """
insert into erasure (target, subject_id, at)
select 'llm', unnest($1::uuid[]), $2::timestamptz
union all select 'recording', id, $2 from interview where id = any($1)
on conflict (target, subject_id) do update set at = excluded.at, begun_before = null
"""
_REACH_WORK = """
insert into work (kind, subject_id, due_at) select 'erasure', unnest($1::uuid[]), $2
on conflict (kind, subject_id) do nothing
"""
_PENDING = "select target, subject_id, at from erasure where subject_id = any($1)"
_BEGUN_BEFORE = "select begun_before from erasure where target = 'recording' and subject_id = $1"
_REACHED = "delete from erasure where target = any($1) and subject_id = $2"


async def reach_outside(connection: Connection, subject_ids: Sequence[UUID], at: datetime) -> None:
    """Asks for the erasure of what models keep of interviews or résumés, and of recordings."""
    await connection.execute(_REACH, list(subject_ids), at)
    await connection.execute(_REACH_WORK, list(subject_ids), at)


class PostgresErasing:
    """`Erasing` on one connection inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._resumes: list[UUID] = []
        self.audit = PostgresAudit(connection)

    async def interview(self, interview_id: UUID, claim: Claim | None) -> LockedInterview:
        return await lock(self._connection, interview_id, claim)

    async def wipe_interview(self, interview_id: UUID, at: datetime) -> None:
        for statement in _WIPE_INTERVIEW:
            await self._connection.execute(statement, interview_id)
        await self._connection.execute(_MARK_INTERVIEW, interview_id, at)

    async def account(self, account_id: UUID) -> tuple[Account, bool] | None:
        accounts = PostgresAccounts(self._connection)
        seen = await accounts.get(account_id)
        # Admins are locked in one order, and before any single one, or two of them would wait for each other.
        admins = await accounts.lock_admins() if seen and seen.role is Role.ADMIN else []
        account = await accounts.get(account_id, lock=True)
        return (account, admins == [account_id]) if account else None

    async def belongings(self, account_id: UUID) -> tuple[list[UUID], list[UUID]]:
        interviews = await self._connection.fetch(_INTERVIEWS, account_id)
        resumes = await self._connection.fetch(_RESUMES, account_id)
        self._resumes = [row["id"] for row in resumes]
        return [row["id"] for row in interviews], self._resumes

    async def wipe_account(self, account: Account, resumes: Sequence[UUID], at: datetime) -> None:
        for statement in _WIPE_ACCOUNT:
            await self._connection.execute(statement, account.id)
        await self._connection.execute(_WIPE_RESUME_WORK, list(resumes))
        await self._connection.execute(_WIPE_INVITATIONS, account.id, account.email, at)
        names = [name for name in (account.email, str(account.id)) if name]
        subjects = [hashlib.sha256(name.encode()).hexdigest() for name in names]
        await self._connection.execute(_WIPE_ATTEMPTS, subjects)
        await self._connection.execute(_MARK_ACCOUNT, account.id, at)
        await rights_changed(self._connection, account.id)

    async def subjects_outside(self, account_id: UUID) -> list[UUID]:
        found = await self._connection.fetch(_OUTSIDE, account_id, self._resumes)
        return [row["subject_id"] for row in found]

    async def reach_outside(self, subject_ids: Sequence[UUID], at: datetime) -> None:
        await reach_outside(self._connection, subject_ids, at)


class PostgresPrivacy:
    """`ErasureStore`, `ErasureList` and `ExportSource` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = database.pool

    @asynccontextmanager
    async def erasing(self) -> AsyncIterator[PostgresErasing]:
        async with self._database.transaction() as connection:
            yield PostgresErasing(connection)

    async def pending(self, subject_ids: Sequence[UUID]) -> dict[tuple[str, UUID], datetime]:
        found = await self._pool.fetch(_PENDING, list(subject_ids))
        return {(row["target"], row["subject_id"]): row["at"] for row in found}

    async def reached(self, places: Iterable[str], subject_id: UUID) -> None:
        await self._pool.execute(_REACHED, list(places), subject_id)

    async def begun_before(self, interview_id: UUID) -> datetime | None:
        """Recordings that began later were agreed to anew; None when all are to be erased."""
        found: datetime | None = await self._pool.fetchval(_BEGUN_BEFORE, interview_id)
        return found

    async def account(self, account_id: UUID) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._pool.fetchval(queries.ACCOUNT, account_id)
        return found

    async def invitations(self, account_id: UUID) -> list[dict[str, Any]]:
        return [row[0] for row in await self._pool.fetch(queries.INVITATIONS, account_id)]

    async def resumes(self, account_id: UUID) -> list[UUID]:
        return [row[0] for row in await self._pool.fetch(queries.RESUMES, account_id)]

    async def resume(self, resume_id: UUID) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._pool.fetchval(queries.RESUME, resume_id)
        return found

    async def file(self, resume_id: UUID) -> AsyncIterator[bytes]:
        start = 1
        while part := await self._pool.fetchval(queries.FILE_PART, resume_id, start, FILE_PART):
            yield part
            start += FILE_PART

    async def interviews(self, account_id: UUID) -> list[UUID]:
        return [row[0] for row in await self._pool.fetch(queries.INTERVIEWS, account_id)]

    async def interview(self, interview_id: UUID) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._pool.fetchval(queries.INTERVIEW, interview_id)
        return found
