"""Questions that a model writes: over the wire, through the guard, to everybody who watches."""

import asyncio
from itertools import pairwise

import pytest
from viva.v1 import interview_pb2 as pb
from viva.v1 import llm_pb2

from tests.fixtures.fake_llm import Reply, fake_llm
from tests.services.session.spine import Spine, asked_so_far, question, until, verdict

pytestmark = pytest.mark.integration


def speak(request: llm_pb2.GenerateRequest) -> Reply:
    if request.json_schema:
        return Reply(verdict(request))
    return Reply(question(asked_so_far(request) + 1), piece_s=0.005)


async def test_f04_one_call_writes_a_question_and_what_streams_is_what_is_asked(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        for number in (1, 2, 3):
            asked = (await watcher.event("question.asked", number)).turn
            assert asked.question.text == question(number)
            assert asked.question.source == pb.QUESTION_SOURCE_LLM
            if number > 1:  # the first may have been written before anybody watched
                assert watcher.streamed(asked.id) == asked.question.text
                assert len([each for each in watcher.deltas if each.turn_id == asked.id]) >= 1
            await candidate.submit(interview_id, asked.id)
        await watcher.event("question.asked", 4)
        assert len(llm.questions) == 4
        assert all(call.completed for call in llm.questions)


async def test_what_is_sent_to_the_model_keeps_its_sequence_warm(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        for number in (1, 2, 3):
            turn = await candidate.asked(interview_id, number)
            await candidate.submit(interview_id, turn.id, f"대답 {number}번에서는 캐시를 고쳤습니다.")
        await candidate.asked(interview_id, 4)
        first, *_, last = calls = llm.questions
        assert {call.request.cache_key for call in calls} == {f"interview:{interview_id}"}
        assert {call.request.priority for call in calls} == {llm_pb2.PRIORITY_INTERACTIVE}
        assert {call.request.shared_prefix_messages for call in calls} == {1}
        for before, after in pairwise(calls):
            assert after.messages[: len(before.messages)] == before.messages
            assert len(after.messages) == len(before.messages) + 2
        assert "대답 3번에서는 캐시를 고쳤습니다." in last.messages[-1][1]
        assert first.timeout_s is not None
        assert first.timeout_s < 5.0


async def test_every_call_leaves_a_record_with_verdict_tokens_and_times(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        rows = await until(lambda: _calls(spine, 3))
    by_purpose = {row["purpose"]: row for row in rows}
    assert set(by_purpose) == {"question", "evaluation"}
    row = by_purpose["question"]
    assert (row["verdict"], row["model"], row["replica"]) == ("accepted", "told-what-to-say", llm.address)
    assert row["prompt_tokens"] > row["cached_tokens"] > 0
    assert row["completion_tokens"] == len(Reply(row["output"]).pieces)
    assert 0 < row["first_token_ms"] <= row["total_ms"]
    assert row["template_id"] == "question.ko"
    assert str(row["interview_id"]) == interview_id
    assert by_purpose["evaluation"]["verdict"] == "accepted"


async def _calls(spine: Spine, least: int) -> list[dict[str, object]] | None:
    rows = await spine.pool.fetch("select * from llm_call order by created_at")
    return rows if len(rows) >= least else None


FORBIDDEN = (
    "말씀 잘 들었습니다. 그런데 혹시 결혼은 언제쯤 하실 생각이신가요, "
    "배우자분은 무슨 일을 하시는지 궁금합니다."
)
FORBIDDEN_WORDS = ("결혼", "언제쯤", "배우자", "무슨 일을")


async def test_a_forbidden_topic_is_streamed_and_not_one_of_its_words_reaches_a_watcher(spine: Spine) -> None:
    gate = asyncio.Event()

    def forbidden(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(FORBIDDEN, piece_s=0.002, going=gate)

    async with fake_llm(forbidden) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        watchers = [candidate.watch(interview_id), candidate.watch(interview_id, durable_only=True)]
        await until(lambda: llm.questions)
        watchers.append(candidate.watch(interview_id))
        await until(lambda: all(watcher.messages for watcher in watchers))
        gate.set()
        asked = [(await watcher.event("question.asked")).turn.question for watcher in watchers]
        late = candidate.watch(interview_id)
        await late.event("question.asked")
        everything = "\n".join(watcher.words for watcher in [*watchers, late])
        assert {each.source for each in asked} == {pb.QUESTION_SOURCE_BANK}
        assert asked[0].text in everything
        assert not [word for word in FORBIDDEN_WORDS if word in everything]
        assert any("결혼" in piece for call in llm.questions for piece in call.sent), "it was said"
        turns = str((await candidate.get(interview_id)).turns)
        assert not [word for word in FORBIDDEN_WORDS if word in turns]
        records = await spine.pool.fetch("select verdict from llm_call")
        assert {row["verdict"].partition(":")[0] for row in records} == {"refused"}


async def test_a_second_call_is_made_only_after_the_guard_refused(spine: Spine) -> None:
    def second_is_better(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply("결혼은 하셨나요?" if len(llm.questions) == 1 else question(1))

    async with fake_llm(second_is_better) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        assert turn.question.text == question(1)
        assert len(llm.questions) == 2
        rows = await until(lambda: _calls(spine, 2))
        assert [row["verdict"].partition(":")[0] for row in rows] == ["refused", "accepted"]


async def test_with_too_little_time_left_a_refused_question_is_not_tried_again(spine: Spine) -> None:
    def refused(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply("결혼은 하셨나요?", first_s=0.1)

    scenario = await spine.scenario(deadline_s=1.5)
    async with fake_llm(refused) as llm, spine.session([llm.address]) as candidate:
        turn = await candidate.asked(await candidate.interview(scenario), 1)
        assert turn.question.source == pb.QUESTION_SOURCE_BANK
        assert len(llm.questions) == 1


async def test_a_watcher_who_joins_in_mid_question_sees_its_beginning_once(spine: Spine) -> None:
    long = "말씀하신 결제 시스템을 옮기신 일이 인상 깊었는데요, " + question(1)

    def slow(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(long, piece_s=0.02)

    async with fake_llm(slow) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        early = candidate.watch(interview_id)
        await until(lambda: early.deltas)
        late = candidate.watch(interview_id)
        asked = (await late.event("question.asked")).turn
        await early.event("question.asked")
        assert late.snapshot.current_turn.partial_question
        assert early.streamed(asked.id) == late.streamed(asked.id) == asked.question.text == long
        assert len(llm.questions) == 1
