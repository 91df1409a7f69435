"""Answers on real Postgres and NATS: one for each turn, nothing that was said is lost, time limits hold."""

import asyncio
from typing import Any

import grpc
import pytest
from viva.v1 import interview_pb2 as pb

from services.runtime.errors import FailedPrecondition, NotFound, from_rpc_error
from tests.services.session.spine import Candidate, Spine, until

pytestmark = pytest.mark.integration


async def refusal(attempt: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await attempt
    return from_rpc_error(refused.value)


async def time_is_up(spine: Spine, interview_id: str) -> None:
    """The answer limit of the open turn is reached now."""
    moved = await spine.pool.execute(
        "update work set due_at = now() where kind = 'answer_limit' and interview_id = $1", interview_id
    )
    assert moved == "UPDATE 1"


async def turn_of(candidate: Candidate, interview_id: str, number: int) -> pb.Turn:
    return (await candidate.get(interview_id)).turns[number - 1]


async def test_f05_the_same_answer_many_times_gives_one_answer_and_one_next_question(spine: Spine) -> None:
    async with spine.session() as candidate, spine.session() as other_process:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        callers = [candidate, other_process] * 8
        texts = [f"대답 {number}번입니다." for number in range(len(callers))]
        done = await asyncio.gather(
            *(each.submit(interview_id, turn.id, text) for each, text in zip(callers, texts, strict=True))
        )
        assert [each.duplicate for each in done].count(False) == 1
        assert len({each.answer_id for each in done}) == len({each.next_turn_id for each in done}) == 1
        second = await candidate.asked(interview_id, 2)
        late = await candidate.submit(interview_id, turn.id, "한참 뒤의 대답입니다.")
        assert late.duplicate
        assert (late.answer_id, late.next_turn_id) == (done[0].answer_id, second.id)
        turns = (await candidate.get(interview_id)).turns
        assert [each.stage_id for each in turns] == ["introduction", "introduction_follow_up"]
        winner = next(text for each, text in zip(done, texts, strict=True) if not each.duplicate)
        assert turns[0].answer.text == winner
        events = await spine.pool.fetch("select type from event where interview_id = $1", interview_id)
        types = [row["type"] for row in events]
        assert (types.count("answer.accepted"), types.count("question.asked")) == (1, 2)


async def test_f05_starting_many_times_opens_one_turn(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        await asyncio.gather(*(candidate.start(interview_id) for _ in range(6)))
        assert await spine.pool.fetchval("select count(*) from turn") == 1


async def test_f06_answers_that_come_as_fast_as_questions_are_all_kept(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview(await spine.scenario(stages=6))
        for number in range(1, 7):
            turn = await candidate.asked(interview_id, number)
            assert not (await candidate.submit(interview_id, turn.id, f"{number}번째 대답")).duplicate
        turns = (await candidate.get(interview_id)).turns
        assert [turn.answer.text for turn in turns] == [f"{number}번째 대답" for number in range(1, 7)]
        status = (await candidate.get(interview_id)).interview.status
        assert status == pb.INTERVIEW_STATUS_COMPLETED


async def test_an_answer_needs_a_question_a_turn_and_words(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        empty = await refusal(candidate.submit(interview_id, turn.id, "  "))
        assert (type(empty), empty.reason) == (FailedPrecondition, "ANSWER_EMPTY")
        strange = await refusal(candidate.submit(interview_id, interview_id))
        assert (type(strange), strange.reason) == (NotFound, "TURN_NOT_FOUND")
        assert not (await candidate.submit(interview_id, turn.id)).duplicate


async def test_what_was_said_and_what_was_typed_make_the_answer_together(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        assert await candidate.say(interview_id, turn.id, 0, "먼저 원인을 찾았고,") == 1
        assert await candidate.say(interview_id, turn.id, 1, "다음으로 고쳤습니다.") == 2
        assert await candidate.say(interview_id, turn.id, 1, "다음으로 고쳤습니다.") == 2
        await candidate.submit(interview_id, turn.id, "이상입니다.")
        answer = (await turn_of(candidate, interview_id, 1)).answer
        assert answer.text == "먼저 원인을 찾았고, 다음으로 고쳤습니다. 이상입니다."


async def test_an_utterance_that_comes_after_the_submit_extends_the_answer_and_is_evaluated(
    spine: Spine,
) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        turn = await candidate.asked(interview_id, 1)
        await candidate.say(interview_id, turn.id, 0, "먼저 원인을 찾았습니다.")
        await candidate.submit(interview_id, turn.id, "")
        await watcher.event("evaluation.stored")
        assert await candidate.say(interview_id, turn.id, 1, "그리고 고쳤습니다.") == 2
        assert await candidate.say(interview_id, turn.id, 1, "그리고 고쳤습니다.") == 2
        await watcher.event("evaluation.stored", 2)
        answer = (await turn_of(candidate, interview_id, 1)).answer
        assert answer.text == "먼저 원인을 찾았습니다. 그리고 고쳤습니다."
        assert len(watcher.of_type("answer.extended")) == 1
        versions = await spine.pool.fetch("select version from evaluation order by 1")
        assert [row["version"] for row in versions] == [1, 2]
        assert (await candidate.get(interview_id)).interview.current_turn.number == 2


async def test_a_correction_stands_beside_what_was_heard_and_is_evaluated(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        turn = await candidate.asked(interview_id, 1)
        done = await candidate.submit(interview_id, turn.id, "레디스를 썼습니다.")
        await watcher.event("evaluation.stored")
        await candidate.call(
            "CorrectTranscript", interview_id, answer_id=done.answer_id, text="카프카를 썼습니다."
        )
        await watcher.event("evaluation.stored", 2)
        answer = (await turn_of(candidate, interview_id, 1)).answer
        assert (answer.text, answer.corrected_text) == ("레디스를 썼습니다.", "카프카를 썼습니다.")
        assert len(watcher.of_type("transcript.corrected")) == 1


async def test_when_time_is_up_what_was_said_and_typed_becomes_the_answer(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.say(interview_id, turn.id, 0, "여기까지 말했고")
        await candidate.type_(interview_id, turn.id, "여기까지 적었습니다")
        await time_is_up(spine, interview_id)
        await candidate.asked(interview_id, 2)
        answer = (await turn_of(candidate, interview_id, 1)).answer
        assert answer.text == "여기까지 말했고 여기까지 적었습니다"
        assert answer.ended_by == pb.ANSWER_END_TIME_LIMIT
        late = await candidate.submit(interview_id, turn.id, "늦은 대답")
        assert (late.duplicate, late.answer_id) == (True, answer.id)


async def test_an_absent_candidate_finds_the_interview_paused_and_goes_on_with_it(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        turn = await candidate.asked(interview_id, 1)
        await time_is_up(spine, interview_id)
        await watcher.event("interview.paused")
        paused = (await candidate.get(interview_id)).interview
        assert paused.status == pb.INTERVIEW_STATUS_PAUSED
        assert not paused.current_turn.HasField("answer_due_at")
        assert (await refusal(candidate.submit(interview_id, turn.id))).reason == "INTERVIEW_PAUSED"
        back = (await candidate.call("ResumeInterview", interview_id)).interview
        left = back.current_turn.answer_due_at.ToDatetime() - watcher.events[-1].occurred_at.ToDatetime()
        assert back.current_turn.id == turn.id
        assert 25 < left.total_seconds() < 35
        await time_is_up(spine, interview_id)
        await candidate.asked(interview_id, 2)
        assert (await turn_of(candidate, interview_id, 1)).answer.text == ""


async def test_a_candidate_who_does_not_come_back_is_reported_on_what_was_answered(spine: Spine) -> None:
    async with spine.session() as candidate, spine.hurrying("report"):
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        await candidate.asked(interview_id, 2)
        await candidate.call("PauseInterview", interview_id)
        await spine.pool.execute("update work set due_at = now() where kind = 'return_limit'")
        await watcher.event("interview.ended")
        await watcher.event("report.ready")
        assert (await candidate.get(interview_id)).interview.status == pb.INTERVIEW_STATUS_ENDED
        left = await spine.pool.fetch("select kind from work")
        assert [row["kind"] for row in left] == ["retention"]


async def test_ending_leaves_no_timer_and_no_open_turn(spine: Spine) -> None:
    async with spine.session() as candidate, spine.hurrying("report"):
        interview_id = await candidate.interview()
        await candidate.asked(interview_id, 1)
        watcher = candidate.watch(interview_id)
        await candidate.call("EndInterview", interview_id)
        await watcher.event("report.ready")

        async def only_retention() -> bool:
            return [row["kind"] for row in await spine.pool.fetch("select kind from work")] == ["retention"]

        await until(only_retention)
        assert await spine.pool.fetchval("select count(*) from turn where status <> 'closed'") == 0
