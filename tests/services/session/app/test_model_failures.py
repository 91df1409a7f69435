"""A model that is late, lost or gone: the interview goes on, and every question is asked once."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from viva.v1 import interview_pb2 as pb
from viva.v1 import llm_pb2

from deploy.local.environment import free_ports
from services.runtime.errors import (
    FailedPrecondition,
    Internal,
    ResourceExhausted,
    VivaError,
)
from services.session.app.ports import Claim, WorkQueue
from services.session.domain.interview import WorkKind
from tests.fixtures.fake_llm import FakeLlm, Reply, fake_llm
from tests.services.session.spine import (
    NOBODY,
    Candidate,
    Spine,
    asked_so_far,
    counted,
    question,
    until,
    verdict,
)

pytestmark = pytest.mark.integration

DEADLINE_S = 1.0
LATE_S = 0.6  # of a busy machine, beyond the deadline itself
OUT_OF_MEMORY = ResourceExhausted("OUT_OF_MEMORY", "The model does not fit.")
LOST = Internal("INTERNAL", "A mistake of ours.")
MISSING = FailedPrecondition("MODEL_MISSING", "There are no weights.", remedy="viva models pull")
TROUBLE = {
    "out of memory": Reply(error=OUT_OF_MEMORY),
    "out of memory in mid-sentence": Reply(question(1), error=OUT_OF_MEMORY, before_error=3),
    "a mistake in mid-sentence": Reply(question(1), error=LOST, before_error=4),
    "hanging": Reply(hangs=True),
    "hanging in mid-sentence": Reply("말씀하신 결제 시스템을 옮기신 일이 인상 깊었는데요,", hangs=True),
    "no model": Reply(error=MISSING),
    "an empty answer": Reply(""),
}


async def waited_s(candidate: Candidate, interview_id: str, number: int = 1) -> float:
    """Seconds between the opening of a turn and its question, by the server's own stamps."""
    watcher = candidate.watch(interview_id)
    opened = await watcher.event("turn.opened", number)
    asked = await watcher.event("question.asked", number)
    taken = asked.occurred_at.ToDatetime() - opened.occurred_at.ToDatetime()
    return taken.total_seconds()


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_f22_whatever_ails_the_model_the_bank_asks_inside_the_stages_deadline(
    spine: Spine, trouble: str
) -> None:
    scenario = await spine.scenario(deadline_s=DEADLINE_S)
    async with fake_llm(lambda _: TROUBLE[trouble]) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview(scenario)
        assert await waited_s(candidate, interview_id) < DEADLINE_S + LATE_S
        turn = await candidate.asked(interview_id, 1)
        assert turn.question.source == pb.QUESTION_SOURCE_BANK
        assert await spine.pool.fetchval("select count(*) from question") == 1


async def test_f22_where_nothing_listens_the_bank_asks_inside_the_stages_deadline(spine: Spine) -> None:
    scenario = await spine.scenario(deadline_s=DEADLINE_S)
    async with spine.session([NOBODY]) as candidate:
        assert await waited_s(candidate, await candidate.interview(scenario)) < DEADLINE_S + LATE_S


async def test_f22_a_model_that_hangs_is_soon_left_alone_and_questions_come_at_once(spine: Spine) -> None:
    scenario = await spine.scenario(deadline_s=DEADLINE_S)
    hanging = Reply(hangs=True)
    async with fake_llm(lambda _: hanging) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview(scenario)
        for number in (1, 2, 3):
            turn = await candidate.asked(interview_id, number)
            await candidate.submit(interview_id, turn.id)
        assert await waited_s(candidate, interview_id, 4) < DEADLINE_S / 2
        assert len(llm.questions) == 3
        await until(lambda: all(call.left for call in llm.questions))


async def test_f22_when_the_worker_itself_hangs_the_deadline_asks(spine: Spine) -> None:
    async def hang(claim: Claim) -> None:
        await asyncio.Event().wait()

    scenario = await spine.scenario(deadline_s=DEADLINE_S)
    async with spine.workers(handlers={WorkKind.QUESTION: hang}, question_places=1) as interviewing:
        ids = [await spine.begin(interviewing, scenario) for _ in range(3)]
        await until(lambda: _questions(spine, 3))
    rows = await spine.pool.fetch(
        "select asked_at - opened_at as waited, q.source from turn t join question q on q.turn_id = t.id"
    )
    assert len(rows) == len(ids)
    assert {row["source"] for row in rows} == {"bank"}
    assert max(row["waited"].total_seconds() for row in rows) < DEADLINE_S + LATE_S


async def _questions(spine: Spine, least: int) -> bool:
    return int(await spine.pool.fetchval("select count(*) from question")) >= least


@dataclass
class NeverRenews:
    """The list of work as a process sees it that stands still for longer than its lease."""

    queue: WorkQueue

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        return None

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)


async def test_f20_a_model_slower_than_its_lease_gives_one_question_and_no_late_word(spine: Spine) -> None:
    slow_goes_on = asyncio.Event()
    slow_words = f"말씀하신 느린 모델의 낱말이 인상 깊었는데요, 특히 {question(1)}"

    def slow(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(slow_words, resumes=slow_goes_on)

    def quick(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(question(2))

    scenario = await spine.scenario(deadline_s=8)
    before = counted("viva_session_late_results", kind="question")
    stalling: Callable[[WorkQueue], WorkQueue] = NeverRenews  # type: ignore[assignment]
    async with (
        fake_llm(slow) as slow_llm,
        fake_llm(quick) as quick_llm,
        spine.workers([slow_llm.address], stalling, lease_s=0.5, question_places=1) as interviewing,
    ):
        interview_id = await spine.begin(interviewing, scenario)
        await until(lambda: slow_llm.questions and slow_llm.questions[0].sent)
        async with spine.session([quick_llm.address], lease_s=5.0) as candidate:
            watcher = candidate.watch(interview_id)
            asked = await watcher.event("question.asked")
            assert asked.turn.question.text == question(2)
            slow_goes_on.set()
            await until(lambda: counted("viva_session_late_results", kind="question") == before + 1)
            await until(lambda: slow_llm.questions[0].left or slow_llm.questions[0].completed)
            assert "느린" not in watcher.words
            assert [event.type for event in watcher.events].count("question.asked") == 1
            turns = (await candidate.get(interview_id)).turns
            assert [turn.question.text for turn in turns] == [question(2)]
    assert len(slow_llm.questions) == len(quick_llm.questions) == 1
    records = await spine.pool.fetch("select verdict from llm_call where purpose = 'question' order by 1")
    assert [row["verdict"] for row in records] == ["accepted", "failed:StaleClaim"]


async def test_f20_an_evaluation_that_ends_after_withdrawal_is_dropped_and_never_done_again(
    spine: Spine,
) -> None:
    gate = asyncio.Event()

    def grading_waits(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request), going=gate) if request.json_schema else Reply(question(1))

    async with fake_llm(grading_waits) as llm, spine.session([llm.address], lease_s=0.5) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        await until(lambda: llm.evaluations)
        await candidate.call("WithdrawConsent", interview_id)
        gate.set()
        await until(lambda: _no_evaluation_waits(spine))
        assert len(llm.evaluations) == 1
        assert await spine.pool.fetchval("select count(*) from evaluation") == 0
        assert await spine.pool.fetchval("select count(*) from report") == 0


async def _no_evaluation_waits(spine: Spine) -> bool:
    return not await spine.pool.fetchval("select count(*) from work where kind in ('evaluation', 'report')")


async def test_an_interview_stays_with_one_replica_and_moves_once_when_it_is_lost(spine: Spine) -> None:
    def speak(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request)) if request.json_schema else Reply(question(asked_so_far(request) + 1))

    failing: list[FakeLlm] = []

    def unless_lost(replica: list[FakeLlm]) -> Callable[[llm_pb2.GenerateRequest], Reply]:
        def answer(request: llm_pb2.GenerateRequest) -> Reply:
            lost: VivaError | None = LOST if replica[0] in failing else None
            return Reply(error=lost) if lost else speak(request)

        return answer

    first: list[FakeLlm] = []
    second: list[FakeLlm] = []
    async with fake_llm(unless_lost(first)) as a, fake_llm(unless_lost(second)) as b:
        first.append(a)
        second.append(b)
        async with spine.session([a.address, b.address]) as candidate:
            interview_id = await candidate.interview()
            for number in (1, 2):
                turn = await candidate.asked(interview_id, number)
                await candidate.submit(interview_id, turn.id)
            await candidate.asked(interview_id, 3)
            home, other = (a, b) if a.questions else (b, a)
            assert (len(home.questions), len(other.questions)) == (3, 0)
            failing.append(home)
            turn = await candidate.asked(interview_id, 3)
            await candidate.submit(interview_id, turn.id)
            moved = await candidate.asked(interview_id, 4)
            assert moved.question.source == pb.QUESTION_SOURCE_LLM
            assert moved.question.text == question(4)
            assert len(other.questions) == 1
    assert await spine.pool.fetchval("select count(*) from question") == 4


@asynccontextmanager
async def model_process(text: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A model server that speaks slowly, and can be killed; its address."""
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fixtures.llm_process", str(port), "0.2", text),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"serving\n"
        yield f"127.0.0.1:{port}", process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def begun(process: asyncio.subprocess.Process) -> asyncio.subprocess.Process:
    assert process.stdout
    assert await process.stdout.readline() == b"begun\n"
    return process


async def test_a_replica_killed_in_mid_sentence_gives_way_to_the_next_and_one_question_is_asked(
    spine: Spine,
) -> None:
    scenario = await spine.scenario(deadline_s=8.0)
    async with (
        model_process(question(1)) as (first, one),
        model_process(question(1)) as (second, other),
        spine.session([first, second]) as candidate,
    ):
        interview_id = await candidate.interview(scenario)
        watcher = candidate.watch(interview_id)
        speaking = [asyncio.create_task(begun(each)) for each in (one, other)]
        (done, _) = await asyncio.wait(speaking, return_when=asyncio.FIRST_COMPLETED)
        done.pop().result().send_signal(signal.SIGKILL)
        asked = (await watcher.event("question.asked")).turn.question
        assert (asked.text, asked.source) == (question(1), pb.QUESTION_SOURCE_LLM)
        await asyncio.gather(*speaking)
        assert len(watcher.of_type("question.asked")) == 1
        records = await spine.pool.fetch("select verdict from llm_call order by created_at")
        assert [row["verdict"] for row in records] == ["failed:ModelLost", "accepted"]
    assert await spine.pool.fetchval("select count(*) from question") == 1


async def test_a_replica_lost_after_words_were_shown_is_not_begun_again(spine: Spine) -> None:
    words = f"말씀하신 결제 시스템을 옮기신 일이 특히 인상 깊었는데요, 그래서 여쭙겠습니다. {question(1)}"
    lost = Reply(words, error=LOST, before_error=16, piece_s=0.01)
    assert len(lost.pieces) > 16
    async with (
        fake_llm(lambda _: lost) as a,
        fake_llm(lambda _: lost) as b,
        spine.session([a.address, b.address]) as candidate,
    ):
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        asked = (await watcher.event("question.asked")).turn.question
        assert asked.source == pb.QUESTION_SOURCE_BANK
        assert len(a.questions) + len(b.questions) == 1
        assert await spine.pool.fetchval("select count(*) from question") == 1
