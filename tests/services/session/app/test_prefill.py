"""While an answer grows the model reads along: at PREFETCH, in the conversation's sequence, now and then."""

import asyncio

import pytest
from viva.v1 import llm_pb2

from services.runtime.errors import ResourceExhausted
from tests.fixtures.fake_llm import Reply, fake_llm
from tests.services.session.spine import Spine, asked_so_far, question, until, verdict

pytestmark = pytest.mark.integration


def speak(request: llm_pb2.GenerateRequest) -> Reply:
    return Reply(verdict(request)) if request.json_schema else Reply(question(asked_so_far(request) + 1))


def contents(messages: object) -> list[tuple[int, str]]:
    return [(each.role, each.content) for each in messages]  # type: ignore[attr-defined]


async def test_what_is_prefilled_is_the_beginning_of_what_is_generated(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.say(interview_id, turn.id, 0, "처음에는 로그를 모았습니다.")
        await until(lambda: llm.prefills)
        await candidate.say(interview_id, turn.id, 1, "그리고 느린 질의를 찾았습니다.")
        await candidate.type_(interview_id, turn.id, "마지막으로 색인을 바꿨")
        await until(lambda: len(llm.prefills) >= 2)
        await candidate.submit(interview_id, turn.id, "마지막으로 색인을 바꿨습니다.")
        await candidate.asked(interview_id, 2)
        sent = llm.questions[1].request
        assert len(llm.prefills) <= 4
        for prefill in llm.prefills:
            assert prefill.open_last_message
            assert prefill.cache_key == sent.cache_key == f"interview:{interview_id}"
            assert prefill.shared_prefix_messages == sent.shared_prefix_messages
            *settled, (role, growing) = contents(prefill.messages)
            assert contents(sent.messages)[: len(settled)] == settled
            final_role, final = contents(sent.messages)[len(settled)]
            assert role == final_role == llm_pb2.CHAT_ROLE_USER
            assert final.startswith(growing)
        assert "처음에는 로그를 모았습니다." in llm.prefills[0].messages[-1].content
        assert (
            llm.prefills[-1]
            .messages[-1]
            .content.endswith(
                "처음에는 로그를 모았습니다. 그리고 느린 질의를 찾았습니다. 마지막으로 색인을 바꿨"
            )
        )


async def test_an_answer_that_grows_fast_is_looked_at_once_in_a_while(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        for length in range(30):
            await candidate.type_(interview_id, turn.id, "가" * (length + 1))
        await until(lambda: len(llm.prefills) == 2)
        assert llm.prefills[-1].messages[-1].content.endswith("가" * 30)
        await asyncio.sleep(0.2)
        assert len(llm.prefills) == 2


async def test_prefill_that_fails_costs_nobody_anything(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        llm.prefill_error = ResourceExhausted("QUEUE_FULL", "Come back later.", retry_after_s=0.01)
        interview_id = await candidate.interview()
        for number in (1, 2, 3, 4):
            turn = await candidate.asked(interview_id, number)
            assert turn.question.text == question(number)
            before = len(llm.prefills)
            await candidate.type_(interview_id, turn.id, "처음에는")
            await until(lambda before=before: len(llm.prefills) > before)  # type: ignore[misc]
            await candidate.submit(interview_id, turn.id)
        assert (await candidate.asked(interview_id, 5)).question.text == question(5)
