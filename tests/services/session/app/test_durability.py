"""What is stored is told, in order and once, whoever stops or loses a connection meanwhile."""

import asyncio
from functools import partial

import pytest
from viva.v1 import interview_pb2 as pb
from viva.v1 import llm_pb2

from tests.fixtures.fake_llm import Reply, fake_llm
from tests.services.session.spine import Candidate, Spine, Watcher, asked_so_far, counted, question, until

pytestmark = pytest.mark.integration


async def played(candidate: Candidate, spine: Spine, stages: int) -> tuple[str, Watcher]:
    """An interview from beginning to end, and who watched it."""
    interview_id = await candidate.interview(await spine.scenario(stages=stages))
    watcher = candidate.watch(interview_id)
    for number in range(1, stages + 1):
        turn = await candidate.asked(interview_id, number)
        await candidate.submit(interview_id, turn.id)
    async with spine.hurrying("report"):
        await watcher.event("report.ready")
    return interview_id, watcher


async def test_f07_a_question_is_stored_and_announced_in_one_transaction(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        await candidate.asked(interview_id, 1)
        rows = await spine.pool.fetch(
            "select q.xmin::text as question, t.xmin::text as turn,"
            " (e.xid::text::bigint % 4294967296)::text as event"
            " from question q join turn t on t.id = q.turn_id"
            " join event e on e.turn_id = t.id and e.type = 'question.asked'"
        )
        assert len(rows) == 1
        assert rows[0]["question"] == rows[0]["turn"] == rows[0]["event"]


async def test_f07_a_page_that_was_away_while_the_question_came_gets_it_when_it_returns(
    spine: Spine,
) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        page = candidate.watch(interview_id)
        seen = (await page.event("question.asked")).seq
        await candidate.leave()
        await candidate.submit(interview_id, turn.id)
        second = await candidate.asked(interview_id, 2)
        returned = candidate.watch(interview_id, after_seq=seen)
        event = await returned.event("question.asked")
        assert event.turn.question.text == second.question.text
        assert returned.snapshot.current_turn.question.text == second.question.text
        assert returned.events[0].seq == seen + 1


async def test_f08_order_is_the_number_even_where_all_times_are_the_same(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id, _ = await played(candidate, spine, 2)
        await spine.pool.execute("update event set occurred_at = '2026-01-01'")
        again = candidate.watch(interview_id)
        await again.event("report.ready")
        assert len({event.occurred_at.ToNanoseconds() for event in again.events}) == 1
        assert [event.seq for event in again.events] == list(range(1, len(again.events) + 1))
        asked = [event.turn.number for event in again.of_type("question.asked")]
        assert asked == [1, 2]


async def test_a_watcher_who_returns_at_any_number_gets_the_rest_once_and_in_order(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id, whole = await played(candidate, spine, 3)
        last = whole.events[-1].seq
        assert [event.seq for event in whole.events] == list(range(1, last + 1))
        types = [event.type for event in whole.events]
        for seq in range(last):
            returned = candidate.watch(interview_id, after_seq=seq)
            await until(lambda returned=returned: returned.events and returned.events[-1].seq == last)  # type: ignore[misc]
            assert [event.seq for event in returned.events] == list(range(seq + 1, last + 1))
            assert [event.type for event in returned.events] == types[seq:]


async def test_a_watcher_who_reads_slowly_gets_every_event_once_and_holds_nobody_up(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview(await spine.scenario(stages=12))
        slow = candidate.stub.WatchInterview(pb.WatchInterviewRequest(interview_id=interview_id))
        await slow.read()
        quick = candidate.watch(interview_id)
        for number in range(1, 13):
            turn = await candidate.asked(interview_id, number)
            await candidate.submit(interview_id, turn.id)
        await quick.event("interview.completed")
        seqs: list[int] = []
        types: list[str] = []
        while "interview.completed" not in types:
            message = await slow.read()
            if message.HasField("event"):
                seqs.append(message.event.seq)
                types.append(message.event.type)
        slow.cancel()
        assert seqs == list(range(1, len(seqs) + 1))
        assert types.count("question.asked") == 12


async def test_f20_late_pieces_of_a_question_are_dropped_and_counted(spine: Spine) -> None:
    """By whatever process they are sent: of an older attempt, or after the question itself."""
    gate = asyncio.Event()

    def speak(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(question(asked_so_far(request) + 1), going=gate)

    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        opened = await watcher.event("turn.opened")
        await until(lambda: llm.questions)
        before = counted("viva_session_late_deltas")
        publish = partial(spine.announce, interview_id, opened.turn_id)
        await publish(2, 0, "둘째 시도의 ")
        await publish(1, 5, "첫 시도의 ")
        await publish(2, 1, "말입니다.")
        await until(lambda: len(watcher.deltas) == 2)
        assert watcher.streamed(opened.turn_id) == "둘째 시도의 말입니다."
        gate.set()
        await watcher.event("question.asked")
        await publish(3, 0, "너무 늦은 말")
        await until(lambda: counted("viva_session_late_deltas") >= before + 2)
        assert "첫 시도의" not in watcher.words
        assert "너무 늦은" not in watcher.words


async def test_f25_an_interview_goes_on_in_another_process_wherever_the_first_one_stopped(
    spine: Spine,
) -> None:
    never = asyncio.Event()

    def hangs(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply("말씀하신 결제 시스템을 옮기신 일이 인상 깊었는데요, 그 일은", resumes=never)

    scenario = await spine.scenario(deadline_s=8, stages=3)
    async with fake_llm(hangs) as llm:
        async with spine.session([llm.address]) as candidate:  # stops while the first question is written
            interview_id = await candidate.interview(scenario)
            await until(lambda: llm.questions and llm.questions[0].sent)
        await until(lambda: llm.questions[0].left)
    async with spine.session() as candidate:  # stops while the first answer is given
        first = await candidate.asked(interview_id, 1)
        await candidate.say(interview_id, first.id, 0, "첫 문장을 말했습니다.")
        await candidate.type_(interview_id, first.id, "둘째 문장을 적었습니다.")
    async with spine.session() as candidate:  # stops right after the answer
        again = await candidate.asked(interview_id, 1)
        assert (again.question.text, again.draft, again.segments) == (
            first.question.text,
            "둘째 문장을 적었습니다.",
            1,
        )
        await candidate.submit(interview_id, first.id, "")
    async with spine.session() as candidate, spine.hurrying("report", "evaluation"):
        watcher = candidate.watch(interview_id)
        for number in (2, 3):
            turn = await candidate.asked(interview_id, number)
            await candidate.submit(interview_id, turn.id)
        await watcher.event("report.ready")
        turns = (await candidate.get(interview_id)).turns
    assert [event.seq for event in watcher.events] == list(range(1, len(watcher.events) + 1))
    assert len(watcher.of_type("question.asked")) == len(watcher.of_type("answer.accepted")) == 3
    assert len({event.turn_id for event in watcher.of_type("evaluation.stored")}) == 3
    assert [turn.number for turn in turns] == [1, 2, 3]
    assert turns[0].answer.text == "첫 문장을 말했습니다. 둘째 문장을 적었습니다."
