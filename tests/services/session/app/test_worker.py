"""Workers on a list of work in memory: who does what, when, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import pytest

from services.runtime import logs
from services.session.adapters.memory.work import MemoryWork
from services.session.app.ports import Claim, StaleClaim
from services.session.app.worker import Handler, Lane, WorkerPool
from services.session.domain.interview import Work, WorkKind
from tests.services.session.adapters.stores import Clock
from tests.services.session.spine import counted, until

pytestmark = pytest.mark.unit

QUESTIONS = Lane("questions", ("question",), 2, lease_s=10)
GRADES = Lane("grades", ("evaluation",), 1, lease_s=10, max_attempts=2)


@pytest.fixture
def queue() -> MemoryWork:
    return MemoryWork(Clock())


def put(queue: MemoryWork, kind: str, times: int = 1) -> None:
    now = Clock().now()
    queue.put([Work(WorkKind(kind), uuid4(), now) for _ in range(times)], None)


def unknown(queue: MemoryWork, kind: str) -> None:
    queue.put([Work(kind, uuid4(), Clock().now())], None)  # type: ignore[arg-type]


@asynccontextmanager
async def working(
    queue: MemoryWork, handlers: dict[str, Handler], lanes: Sequence[Lane], poll_s: float = 30.0
) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(queue, handlers, lanes, poll_s)
    task = asyncio.create_task(pool.run())
    await asyncio.sleep(0)
    try:
        yield pool
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Done:
    """A handler that finishes what it is given, once it may."""

    def __init__(self, queue: MemoryWork) -> None:
        self.queue = queue
        self.claims: list[Claim] = []
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, claim: Claim) -> None:
        self.claims.append(claim)
        await self.may.wait()
        await self.queue.finish(claim)


async def test_work_begins_at_once_when_woken(queue: MemoryWork) -> None:
    done = Done(queue)
    async with working(queue, {"question": done}, [QUESTIONS]) as pool:
        await asyncio.sleep(0.01)
        put(queue, "question")
        pool.wake()
        await until(lambda: not queue.rows)
    assert len(done.claims) == 1


async def test_a_lost_wake_up_is_made_up_for_by_the_next_look(queue: MemoryWork) -> None:
    done = Done(queue)
    async with working(queue, {"question": done}, [QUESTIONS], poll_s=0.05):
        await asyncio.sleep(0.01)
        put(queue, "question")
        await until(lambda: not queue.rows)


async def test_no_more_is_taken_than_there_are_places_and_the_rest_follows(queue: MemoryWork) -> None:
    done = Done(queue)
    done.may.clear()
    put(queue, "question", 5)
    async with working(queue, {"question": done}, [QUESTIONS]):
        await until(lambda: len(done.claims) == 2)
        await asyncio.sleep(0.02)
        assert len(done.claims) == 2
        done.may.set()
        await until(lambda: not queue.rows)
    assert len(done.claims) == 5


async def test_places_that_come_free_while_work_is_claimed_are_filled_without_waiting_for_the_next_look(
    queue: MemoryWork,
) -> None:
    lane = Lane("grades", ("evaluation",), 4, lease_s=10, poll_s=30)
    done: list[Claim] = []
    seconds = iter([0.03, 0.01, 0.01, 0.01, *[0.02] * 16])

    class SlowToClaim:
        """Long enough for several pieces of work to end meanwhile."""

        def __getattr__(self, name: str) -> object:
            return getattr(queue, name)

        async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]:
            await asyncio.sleep(0.02)
            return await queue.claim(kinds, limit, lease_s)

    async def handle(claim: Claim) -> None:
        await asyncio.sleep(next(seconds))
        await queue.finish(claim)
        done.append(claim)

    put(queue, "evaluation", 20)
    async with working(SlowToClaim(), {"evaluation": handle}, [lane]):  # type: ignore[arg-type]
        await until(lambda: len(done) == 20)


async def test_f02_a_lane_that_is_full_holds_up_no_other(queue: MemoryWork) -> None:
    questions, grades = Done(queue), Done(queue)
    grades.may.clear()
    put(queue, "evaluation", 3)
    async with working(queue, {"question": questions, "evaluation": grades}, [QUESTIONS, GRADES]) as pool:
        await until(lambda: grades.claims)
        put(queue, "question", 4)
        pool.wake()
        await until(lambda: len(questions.claims) == 4)
    assert len(grades.claims) == 1


async def test_work_that_fails_comes_back_later_and_is_given_up_in_the_end(queue: MemoryWork) -> None:
    async def fails(claim: Claim) -> None:
        raise ZeroDivisionError

    put(queue, "evaluation")
    (row,) = queue.rows.values()
    async with working(queue, {"evaluation": fails}, [GRADES]) as pool:
        await until(lambda: row.last_error)
        assert (row.attempts, row.failed, row.lease_until) == (1, False, None)
        assert 0.5 < (row.due_at - Clock().now()).total_seconds() <= 1.0
        row.due_at = Clock().now()
        pool.wake()
        await until(lambda: row.failed)
    assert (row.attempts, row.last_error) == (2, "ZeroDivisionError")


async def test_f20_a_result_that_comes_too_late_is_counted_and_not_tried_again(queue: MemoryWork) -> None:
    async def too_late(claim: Claim) -> None:
        raise StaleClaim

    before = counted("viva_session_late_results", kind="question")
    put(queue, "question")
    (row,) = queue.rows.values()
    async with working(queue, {"question": too_late}, [QUESTIONS]):
        await until(lambda: counted("viva_session_late_results", kind="question") == before + 1)
    assert (row.attempts, row.last_error) == (1, "")


async def test_a_lease_is_renewed_while_its_work_goes_on(queue: MemoryWork) -> None:
    done = Done(queue)
    done.may.clear()
    put(queue, "question")
    (row,) = queue.rows.values()
    async with working(queue, {"question": done}, [Lane("questions", ("question",), 1, lease_s=0.06)]):
        await until(lambda: row.lease_until)
        first = row.lease_until
        await until(lambda: row.lease_until and first and row.lease_until > first)
        done.may.set()
        await until(lambda: not queue.rows)
    assert len(done.claims) == 1


async def test_a_pool_that_stops_hands_its_work_over(queue: MemoryWork) -> None:
    done = Done(queue)
    done.may.clear()
    put(queue, "question", 2)
    async with working(queue, {"question": done}, [QUESTIONS]):
        await until(lambda: len(done.claims) == 2)
    assert {(row.lease_until, row.last_error) for row in queue.rows.values()} == {(None, "stopped")}
    assert len(await queue.claim(("question",), 5, 10)) == 2


class SlowToClaim(MemoryWork):
    """Gives work out only after a while, as a database far away."""

    async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]:
        claims = await super().claim(kinds, limit, lease_s)
        await asyncio.sleep(0.05)
        return claims


async def test_a_pool_that_stops_while_it_claims_hands_that_over_too() -> None:
    queue = SlowToClaim(Clock())
    put(queue, "question")
    (row,) = queue.rows.values()
    async with working(queue, {"question": Done(queue)}, [QUESTIONS]):
        await until(lambda: row.lease_until)
    assert (row.lease_until, row.last_error) == (None, "stopped")


async def test_a_pool_that_stops_while_it_claims_hands_over_what_it_was_at_as_well() -> None:
    queue = SlowToClaim(Clock())
    put(queue, "question")
    (row,) = queue.rows.values()
    done = Done(queue)
    done.may.clear()
    async with working(queue, {"question": done}, [QUESTIONS]) as pool:
        await until(lambda: done.claims)
        pool.wake()
        await asyncio.sleep(0.02)
    assert (row.lease_until, row.last_error) == (None, "stopped")


class Unreachable(MemoryWork):
    """Fails a few times, as a database that is being restarted."""

    failures = 3

    async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return await super().claim(kinds, limit, lease_s)


async def test_workers_outlive_a_database_that_goes_away_for_a_while() -> None:
    queue = Unreachable(Clock())
    put(queue, "question")
    async with working(queue, {"question": Done(queue)}, [QUESTIONS], poll_s=0.01):
        await until(lambda: not queue.rows)


async def test_f09_work_of_a_renamed_kind_is_told_of_counted_and_kept(
    queue: MemoryWork, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("session")
    before = counted("viva_session_set_aside", source="work")
    unknown(queue, "ask_question_v0")
    put(queue, "question")
    done = Done(queue)
    async with working(queue, {"question": done}, [QUESTIONS], poll_s=0.01):
        await until(lambda: queue.aside and len(queue.rows) == 1)
    assert queue.aside == ["ask_question_v0"]
    assert counted("viva_session_set_aside", source="work") == before + 1
    assert len(done.claims) == 1
    assert "ask_question_v0" in capsys.readouterr().err


async def test_f09_a_lane_without_a_handler_does_not_start(queue: MemoryWork) -> None:
    with pytest.raises(ValueError, match="evaluation"):
        WorkerPool(queue, {"question": Done(queue)}, [QUESTIONS, GRADES])
