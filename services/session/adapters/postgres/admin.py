"""What operators list and mend, in Postgres. Knows no rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from asyncpg import Record

from services.session.adapters.postgres.audit import PostgresAudit
from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.requests import PostgresRequests
from services.session.adapters.postgres.runner import Runner, after
from services.session.app.admin import (
    LlmCall,
    SetAside,
    StoredWords,
    TurnTiming,
    WorkItem,
    WorkPosition,
    WorkState,
)
from services.session.app.pages import Page

_WORK = """
select kind, subject_id, interview_id, attempts, last_error, due_at,
       case when failed_at is not null then 'failed' when lease_until >= now() then 'running'
            else 'waiting' end as state
from work
"""
_WORK_PAGE = f"""
select * from ({_WORK}) w
where ($1::text is null or state = $1)
  and ($2::timestamptz is null or (due_at, kind, subject_id) > ($2, $3::text, $4::uuid))
order by due_at, kind, subject_id limit $5
"""  # noqa: S608 - constants
_WORK_ITEM = _WORK + "where kind = $1 and subject_id = $2"
_REVIVE = """
update work set failed_at = null, lease_until = null, attempts = 0, due_at = now(),
                fencing_token = fencing_token + 1
where kind = $1 and subject_id = $2
"""

_CALL = """
select id, interview_id, turn_id, resume_id, purpose, template_id, template_hash, model, replica, verdict,
       prompt_tokens, cached_tokens, completion_tokens, first_token_ms, total_ms, created_at
from llm_call
"""
_CALLS = (
    _CALL
    + """
where ($1::uuid is null or interview_id = $1)
  and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
order by created_at desc, id desc limit $4
"""
)
_WORDS = "select request, output from llm_call where id = $1"

# An answer that was corrected is evaluated again; the first evaluation tells how long it took.
_TIMINGS = """
select t.interview_id, t.id as turn_id, t.number, t.stage_id, asked.detail ->> 'source' as source,
       (asked.detail ->> 'claimed_ms')::float as claimed_ms,
       (asked.detail ->> 'first_word_ms')::float as first_word_ms,
       extract(epoch from asked.occurred_at - t.opened_at)::float * 1000 as announced_ms,
       extract(epoch from evaluated.occurred_at - t.closed_at)::float * 1000 as evaluated_ms
from turn t
     left join lateral (select detail, occurred_at from event e
                        where e.interview_id = t.interview_id and e.turn_id = t.id
                          and e.type = 'question.asked'
                        order by e.seq limit 1) asked on true
     left join lateral (select occurred_at from event e
                        where e.interview_id = t.interview_id and e.turn_id = t.id
                          and e.type = 'evaluation.stored'
                        order by e.seq limit 1) evaluated on true
where ($1::uuid is null or t.interview_id = $1) and ($2::uuid is null or t.id < $2)
order by t.id desc limit $3
"""

_SET_ASIDE = """
select id, source, type, reason, at from set_aside where $1 = 0 or id < $1 order by id desc limit $2
"""


class PostgresOperationsUnit:
    """`OperationsUnit` on one connection inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.audit = PostgresAudit(connection)
        self.requests = PostgresRequests(connection)

    async def work_item(self, kind: str, subject_id: UUID, *, lock: bool = False) -> WorkItem | None:
        statement = _WORK_ITEM + " for update" if lock else _WORK_ITEM
        row = await self._connection.fetchrow(statement, kind, subject_id)
        return _work_item(row) if row else None

    async def revive(self, kind: str, subject_id: UUID) -> None:
        await self._connection.execute(_REVIVE, kind, subject_id)


class PostgresOperations:
    """`OperationsStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool: Runner = database.pool
        self.audit = PostgresAudit(database.pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresOperationsUnit]:
        async with self._database.transaction() as connection:
            yield PostgresOperationsUnit(connection)

    async def work(self, state: WorkState | None, after: WorkPosition | None, limit: int) -> list[WorkItem]:
        key = (after.due_at, after.kind, after.subject_id) if after else (None, None, None)
        rows = await self._pool.fetch(_WORK_PAGE, state and state.value, *key, limit)
        return [_work_item(row) for row in rows]

    async def calls(self, interview_id: UUID | None, page: Page) -> list[LlmCall]:
        rows = await self._pool.fetch(_CALLS, interview_id, *after(page), page.fetch)
        return [LlmCall(**row) for row in rows]

    async def call(self, call_id: UUID) -> tuple[LlmCall, StoredWords] | None:
        row = await self._pool.fetchrow(_CALL + "where id = $1", call_id)
        words = await self._pool.fetchrow(_WORDS, call_id)
        return (LlmCall(**row), StoredWords(**words)) if row and words else None

    async def timings(self, interview_id: UUID | None, before: UUID | None, limit: int) -> list[TurnTiming]:
        rows = await self._pool.fetch(_TIMINGS, interview_id, before, limit)
        return [TurnTiming(**{**row, "source": row["source"] or ""}) for row in rows]

    async def set_aside(self, before_id: int, limit: int) -> list[SetAside]:
        rows = await self._pool.fetch(_SET_ASIDE, before_id, limit)
        return [SetAside(**row) for row in rows]


def _work_item(row: Record) -> WorkItem:
    return WorkItem(**{**row, "state": WorkState(row["state"])})
