"""While an answer grows the model reads along: at PREFETCH, in the conversation's sequence, now and then."""

import asyncio

import pytest
from viva.v1 import llm_pb2

from services.runtime.errors import ResourceExhausted
from tests.fixtures.fake_llm import FakeLlm, Reply, fake_llm
from tests.services.session.app.test_resume_in_questions import embedding, uploaded
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


async def test_an_answer_that_is_spoken_fast_is_looked_at_once_in_a_while(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        for seq in range(12):
            await candidate.say(interview_id, turn.id, seq, f"말{seq}.")
        await until(lambda: len(llm.prefills) == 2)
        assert "말11." in llm.prefills[-1].messages[-1].content
        await asyncio.sleep(0.2)
        assert len(llm.prefills) == 2


async def test_what_is_typed_is_looked_at_when_the_typing_pauses(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        for length in range(12):
            await candidate.type_(interview_id, turn.id, "가" * (length + 1))
        assert not llm.prefills
        await until(lambda: llm.prefills)
        assert llm.prefills[0].messages[-1].content.endswith("가" * 12)
        await asyncio.sleep(0.2)
        assert len(llm.prefills) == 1


ANSWERS = (
    "저는 결제 팀에서 정산 시스템을 맡았습니다. Kafka로 옮기면서 처리 시간을 절반으로 줄였습니다.",
    "소비자 지연이 컸기 때문에 파티션을 나누고 재처리 큐를 두었습니다. 장애는 한 번도 없었습니다.",
    "도서관 앱에서는 Flutter 화면을 만들었고, 학생 천이백 명이 쓰도록 예약 화면을 세 번 고쳤습니다.",
)


async def test_at_the_end_of_an_answer_at_most_128_tokens_are_left_to_compute(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        interview_id = await candidate.interview(resume_id=await uploaded(candidate))
        for number, answer in enumerate(ANSWERS, start=1):
            turn = await candidate.asked(interview_id, number)
            for seq, said in enumerate(answer.split(". ")):
                await candidate.say(interview_id, turn.id, seq, said)
            await until(lambda said=said: said in _read_so_far(llm))  # type: ignore[misc]
            await candidate.submit(interview_id, turn.id, "")
        await candidate.asked(interview_id, 4)
        rows = await spine.pool.fetch(
            "select prompt_tokens - cached_tokens as left, prompt_tokens, q.passages"
            " from llm_call c join question q on q.turn_id = c.turn_id"
            " where purpose = 'question' order by c.created_at offset 1"
        )
    assert len(rows) == 3
    assert all(row["passages"] for row in rows), "each question had passages of the résumé"
    assert max(row["left"] for row in rows) <= 128
    assert min(row["prompt_tokens"] for row in rows) > 800


def _read_so_far(llm: FakeLlm) -> str:
    return llm.prefills[-1].messages[-1].content if llm.prefills else ""


async def test_passages_are_chosen_anew_when_twice_as_much_was_said(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        interview_id = await candidate.interview(resume_id=await uploaded(candidate))
        turn = await candidate.asked(interview_id, 1)
        heard = "select heard from prepared_passages"
        for seq, (said, expected) in enumerate(
            [("열 글자쯤 말했습니다", 11), ("조금 더", 11), ("그리고 훨씬 더 길게 말했습니다", 34)]
        ):
            await candidate.say(interview_id, turn.id, seq, said)
            await until(lambda said=said: said in _read_so_far(llm))  # type: ignore[misc]
            assert await spine.pool.fetchval(heard) == expected
        await candidate.submit(interview_id, turn.id, "")
        second = await candidate.asked(interview_id, 2)
        prepared = await spine.pool.fetchval("select passages from prepared_passages")
        asked_with = await spine.pool.fetchval("select passages from question where turn_id = $1", second.id)
        assert asked_with == prepared


async def test_a_blind_company_s_model_reads_no_name_in_a_passage(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        interview_id = await candidate.interview(
            resume_id=await uploaded(
                candidate, "김민수\n\n경력\n한빛소프트에서 김민수는 Kafka 정산을 맡았습니다."
            )
        )
        turn = await candidate.asked(interview_id, 1)
        await spine.pool.execute("update account set display_name = '김민수'")
        await spine.pool.execute(
            "with c as (insert into company (id, name, blind)"
            " values (gen_random_uuid(), 'c', true) returning id)"
            " update interview set company_id = c.id from c"
        )
        await candidate.say(interview_id, turn.id, 0, "Kafka 정산을 맡았습니다.")
        await until(lambda: llm.prefills)
        await candidate.submit(interview_id, turn.id, "")
        await candidate.asked(interview_id, 2)
        read = llm.questions[1].messages[-1][1]
        assert "Kafka" in read.partition("<passages>")[2]
        assert "김민수" not in str(llm.questions[1].messages)
        assert llm.questions[1].messages[-1][1].startswith(_read_so_far(llm))


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
