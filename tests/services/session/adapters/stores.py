"""Storage of interviews and work, in memory or in Postgres, as the contract tests see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from services.session.adapters.memory.interviews import MemoryInterviews
from services.session.adapters.memory.work import MemoryWork
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.interviews import PostgresInterviews
from services.session.adapters.postgres.work import PostgresWork
from services.session.app.ports import InterviewStore, Question, Summary, WorkQueue
from services.session.domain import interview as machine
from services.session.domain.interview import Decision, Interview, Work
from tests.services.session.domain.interviews import interview, scenario

PLAN = scenario("first", "second", "third")


class Clock:
    """The real time, and as much later as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Listed:
    """A piece of work as it is kept."""

    kind: str
    attempts: int
    failed: bool
    error: str


class Stores(Protocol):
    store: InterviewStore
    queue: WorkQueue

    async def candidate(self) -> UUID: ...

    async def put_work(self, kind: str, subject_id: UUID, due_in_s: float = 0.0) -> None: ...

    async def listed(self) -> list[Listed]: ...

    async def later(self, seconds: float) -> None:
        """Lets time pass for all work."""

    async def kept_aside(self) -> list[str]:
        """Kinds of the work that was set aside."""


class MemoryStores:
    def __init__(self) -> None:
        self.clock = Clock()
        self.queue = MemoryWork(self.clock)
        self.store = MemoryInterviews(self.queue)

    async def candidate(self) -> UUID:
        return uuid4()

    async def put_work(self, kind: str, subject_id: UUID, due_in_s: float = 0.0) -> None:
        due_at = self.clock.now() + timedelta(seconds=due_in_s)
        self.queue.put([Work(kind, subject_id, due_at)], None)  # type: ignore[arg-type]

    async def listed(self) -> list[Listed]:
        rows = self.queue.rows.values()
        return sorted(
            (Listed(row.kind, row.attempts, row.failed, row.last_error) for row in rows),
            key=lambda row: row.kind,
        )

    async def later(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)

    async def kept_aside(self) -> list[str]:
        return self.queue.aside


class PostgresStores:
    def __init__(self, database: Database) -> None:
        self._pool = database.pool
        self.queue = PostgresWork(database)
        self.store = PostgresInterviews(database)

    async def wipe(self) -> None:
        for table in ("account", "work", "event", "request", "set_aside"):
            await self._pool.execute(f"delete from {table}")

    async def candidate(self) -> UUID:
        candidate_id = uuid4()
        await self._pool.execute(
            "insert into account (id, email, role) values ($1, $2, 'candidate')",
            *(candidate_id, str(candidate_id)),
        )
        return candidate_id

    async def put_work(self, kind: str, subject_id: UUID, due_in_s: float = 0.0) -> None:
        await self._pool.execute(
            "insert into work (kind, subject_id, due_at) values ($1, $2, now() + $3)",
            *(kind, subject_id, timedelta(seconds=due_in_s)),
        )

    async def listed(self) -> list[Listed]:
        rows = await self._pool.fetch("select * from work order by kind")
        return [
            Listed(row["kind"], row["attempts"], row["failed_at"] is not None, row["last_error"])
            for row in rows
        ]

    async def later(self, seconds: float) -> None:
        await self._pool.execute(
            "update work set due_at = due_at - $1::interval, lease_until = lease_until - $1::interval",
            timedelta(seconds=seconds),
        )

    async def kept_aside(self) -> list[str]:
        return [row["type"] for row in await self._pool.fetch("select type from set_aside order by id")]


@asynccontextmanager
async def postgres_stores(url: str) -> AsyncIterator[PostgresStores]:
    database = await Database.connect(url, max_size=8)
    try:
        yield PostgresStores(database)
    finally:
        await database.close()


async def created(
    stores: Stores, request_id: str = "r", caller: str = "user:1", **fields: object
) -> Interview:
    """Stores a new interview; the one that stands."""
    now = datetime.now(UTC)
    new = interview(candidate_id=await stores.candidate(), created_at=now, **fields)
    decision = machine.create(new, now)
    summary = Summary(decision.interview, {"extra_time_factor": 1.0}, 0, "", "", False)
    standing = await stores.store.create(decision, summary, caller, request_id, None)
    return replace(decision.interview, id=standing)


async def saved(stores: Stores, interview_id: UUID, decision: Decision, **texts: object) -> Decision:
    async with stores.store.locked(interview_id) as unit:
        await unit.save(decision, **texts)  # type: ignore[arg-type]
    return decision


async def begun(stores: Stores, **fields: object) -> Interview:
    """Stored, with its first turn open."""
    new = await created(stores, **fields)
    decision = machine.start(new, PLAN, uuid4(), datetime.now(UTC))
    return (await saved(stores, new.id, decision)).interview


async def questioned(stores: Stores, **fields: object) -> Interview:
    """Stored, with its first question asked."""
    return await ask(stores, await begun(stores, **fields))


async def ask(stores: Stores, asking: Interview, text: str = "What did you do?") -> Interview:
    assert asking.turn is not None
    decision = machine.ask(asking, PLAN, asking.turn.id, datetime.now(UTC))
    assert decision is not None
    question = Question(uuid4(), asking.turn.id, text, "bank", "first#1", ("a passage",))
    return (await saved(stores, asking.id, decision, question=question)).interview
