"""Texts that a model makes shorter: last in line, recorded, erased, and never waited for."""

import asyncio
import re
from uuid import UUID, uuid4

import pytest
from viva.v1 import interview_pb2, llm_pb2
from viva.v1 import resume_pb2 as pb

from services.runtime.errors import Internal, InvalidArgument
from services.session.adapters.postgres.admin import PostgresOperations
from services.session.app.access import Caller, Role
from services.session.app.admin import Operations
from services.session.app.compaction import KEPT_TURNS
from services.session.app.replays import Replays
from services.session.bootstrap import connected
from tests.fixtures.fake_llm import FakeLlm, Reply, fake_llm, tokens_of
from tests.services.session.app.test_resume_in_questions import embedding, uploaded
from tests.services.session.spine import QUESTIONS, Candidate, Spine, until, verdict

pytestmark = pytest.mark.integration
SUMMARY = "지원자는 결제 서버의 지연을 줄인 일과 정산을 옮긴 일을 말했습니다."
DIGEST = "- 한빛소프트 백엔드 개발자\n- 주문 조회 응답 시간을 140ms로 단축"
LOST = Internal("INTERNAL", "A mistake of ours.")


MANY = (
    *QUESTIONS,
    "고객에게서 들은 말 가운데 생각을 바꾸게 한 것은 무엇이었나요?",
    "마감이 앞당겨졌을 때 먼저 덜어 낸 일은 무엇이었나요?",
    "후배에게 코드를 설명하실 때 즐겨 쓰시는 방법을 들려주시겠어요?",
    "장애가 난 밤에 첫 십 분을 어떻게 쓰셨나요?",
    "문서로 남겨 두어서 다행이었던 결정이 있다면 무엇인가요?",
    "앞으로 이 년 동안 더 깊이 파고들고 싶은 분야는 무엇인가요?",
    "입사하시면 처음 한 달을 어디에 쓰실 생각이신가요?",
)


def speak(request: llm_pb2.GenerateRequest) -> Reply:
    """A question that was not asked before, also where the prompt no longer tells of old ones."""
    if request.json_schema:
        return Reply(verdict(request))
    told = str([each.content for each in request.messages if each.role == llm_pb2.CHAT_ROLE_USER])
    stage = int(re.findall(r"\((\d+)/15\)", told)[-1])
    return Reply(MANY[stage - 1])


async def answered(candidate: Candidate, interview_id: str, first: int, last: int) -> None:
    for number in range(first, last + 1):
        turn = await candidate.asked(interview_id, number)
        await candidate.submit(
            interview_id, turn.id, f"답{number}번은 이렇습니다. " + "길게 말했습니다. " * 20
        )


async def spoken_and_read(candidate: Candidate, llm: FakeLlm, interview_id: str, number: int) -> None:
    """An answer that the model has read along with when it ends."""
    turn = await candidate.asked(interview_id, number)
    said = f"답{number}번은 이렇게 말했습니다."
    await candidate.say(interview_id, turn.id, 0, said)
    await until(lambda: llm.prefills and said in llm.prefills[-1].messages[-1].content)
    await candidate.submit(interview_id, turn.id, "")


async def compactions(spine: Spine, least: int = 1) -> list[dict[str, object]] | None:
    rows = await spine.pool.fetch("select * from compaction order by from_turn")
    return [dict(row) for row in rows] if len(rows) >= least else None


def crowded(llm: FakeLlm) -> None:
    """Half of the context is full after a few turns."""
    llm.context_tokens = 3000


async def test_old_turns_are_told_shorter_before_they_outgrow_the_context(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        crowded(llm)
        llm.shorten = lambda _: Reply(SUMMARY)
        interview_id = await candidate.interview()
        turn = 0
        while not await compactions(spine):
            turn += 1
            await answered(candidate, interview_id, turn, turn)
            await candidate.asked(interview_id, turn + 1)
            await asyncio.sleep(0.1)
        (row,) = await compactions(spine) or []
        assert (row["text"], row["source"]) == (SUMMARY, "llm")
        for number in range(turn + 1, turn + 4):
            await spoken_and_read(candidate, llm, interview_id, number)
        await candidate.asked(interview_id, turn + 4)
        left = await spine.pool.fetch(
            "select prompt_tokens - cached_tokens as left from llm_call where purpose = 'question'"
            " order by created_at desc limit 3"
        )
        assert max(each["left"] for each in left) <= 128, "also where old turns have just given way"
        request = llm.about("compaction")[0].request
        assert request.priority == llm_pb2.PRIORITY_BATCH
        assert "답1번은" in request.messages[-1].content
        assert f"compaction:{interview_id}" in llm.forgotten, "nothing of it stays warm"
        assert all(call.completed for call in llm.questions)
        prompts = {asked: str(call.messages) for asked, call in enumerate(llm.questions, start=1)}
    before = [n for n, prompt in prompts.items() if SUMMARY not in prompt]
    after = [n for n, prompt in prompts.items() if SUMMARY in prompt]
    assert after == list(range(int(str(row["from_turn"])), turn + 5)), "from the next turn on"
    assert before == list(range(1, after[0]))
    assert "답1번은" in prompts[before[-1]]
    upto = int(str(row["upto"]))
    for number in range(1, upto + 1):
        assert f"답{number}번은" not in prompts[after[0]]
    for number in range(upto + 1, after[0]):
        assert f"답{number}번은" in prompts[after[0]]
    assert after[0] - 1 - upto >= KEPT_TURNS


async def test_a_compaction_that_takes_for_ever_delays_no_question_and_failing_gives_way_to_an_extract(
    spine: Spine,
) -> None:
    gate = asyncio.Event()
    async with (
        fake_llm(speak) as llm,
        spine.session([llm.address]) as candidate,
        spine.hurrying("compaction"),
    ):
        crowded(llm)
        llm.shorten = lambda _: Reply(SUMMARY, going=gate, error=LOST, before_error=1)
        interview_id = await candidate.interview()
        await answered(candidate, interview_id, 1, 8)
        await candidate.asked(interview_id, 9)
        assert llm.about("compaction")
        assert not await compactions(spine)
        gate.set()
        (row, *_) = await until(lambda: compactions(spine))
        assert row["source"] == "extractive"
        assert "답1번은 이렇습니다." in str(row["text"])
        verdicts = await spine.pool.fetch("select verdict from llm_call where purpose = 'compaction'")
        assert {each["verdict"] for each in verdicts} >= {"failed:ModelLost"}


async def test_a_conversation_that_outgrew_the_model_is_asked_by_the_bank_and_made_shorter(
    spine: Spine,
) -> None:
    too_long = InvalidArgument.of("messages", "are longer than the model's context")

    def full(request: llm_pb2.GenerateRequest) -> Reply:
        long = len(tokens_of(request.messages)) > 2600 and not request.json_schema
        return Reply(error=too_long) if long else speak(request)

    async with fake_llm(full) as llm, spine.session([llm.address]) as candidate:
        llm.context_tokens = 0  # it does not tell
        llm.shorten = lambda _: Reply(SUMMARY)
        interview_id = await candidate.interview()
        sources = []
        for number in range(1, 12):
            turn = await candidate.asked(interview_id, number)
            sources.append(turn.question.source)
            if sources[-1] == interview_pb2.QUESTION_SOURCE_BANK:
                await until(lambda: compactions(spine))
            await candidate.submit(
                interview_id, turn.id, f"답{number}번은 이렇습니다. " + "길게 말했습니다. " * 5
            )
    first = sources.index(interview_pb2.QUESTION_SOURCE_BANK)
    assert first >= 4
    assert set(sources[:first]) == {interview_pb2.QUESTION_SOURCE_LLM}
    assert interview_pb2.QUESTION_SOURCE_LLM in sources[first:]


async def test_erasure_takes_summaries_and_chosen_passages_along(spine: Spine) -> None:
    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        crowded(llm)
        llm.shorten = lambda _: Reply(SUMMARY)
        interview_id = await candidate.interview()
        await answered(candidate, interview_id, 1, 7)
        await until(lambda: compactions(spine))
        turn = await candidate.asked(interview_id, 8)
        await candidate.say(interview_id, turn.id, 0, "아직 말하는 중입니다.")
        await until(lambda: spine.pool.fetchval("select count(*) from prepared_passages"))
        llm.forgotten.clear()
        await candidate.call("WithdrawConsent", interview_id, erase=True)
        await until(lambda: f"compaction:{interview_id}" in llm.forgotten)
        for table in ("compaction", "prepared_passages"):
            assert await spine.pool.fetchval(f"select count(*) from {table}") == 0
        kept = "select count(*) from llm_call where request is not null or output <> ''"
        assert await spine.pool.fetchval(kept) == 0


# Digests of résumés


async def digested(spine: Spine) -> str:
    return str(await spine.pool.fetchval("select model_digest from resume"))


def opening(llm: FakeLlm, call: int) -> str:
    return llm.questions[call].messages[1][1]


async def test_a_model_s_digest_takes_the_extract_s_place_for_interviews_that_begin_later(
    spine: Spine,
) -> None:
    gate = asyncio.Event()
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        llm.shorten = lambda _: Reply(DIGEST, going=gate)
        resume_id = await uploaded(candidate)
        early = await candidate.interview(resume_id=resume_id)
        await candidate.asked(early, 1)
        gate.set()
        assert await until(lambda: digested(spine)) == DIGEST
        await answered(candidate, early, 1, 1)
        await candidate.asked(early, 2)
        assert opening(llm, 1) == opening(llm, 0), "a prompt's beginning never changes"
        assert DIGEST not in opening(llm, 0)
        late = await candidate.interview(resume_id=resume_id)
        await candidate.asked(late, 1)
        assert DIGEST in opening(llm, 2)
        (call,) = llm.about("digest")
        assert call.request.priority == llm_pb2.PRIORITY_BATCH
        shown = await candidate.resumes.GetResume(pb.GetResumeRequest(resume_id=resume_id))
        assert shown.resume.digest == DIGEST


async def test_the_model_digests_a_masked_resume(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        llm.shorten = lambda _: Reply(DIGEST)
        await spine.pool.execute("update account set display_name = '김민수'")
        await uploaded(candidate)
        await until(lambda: digested(spine))
        said = str(llm.about("digest")[0].messages)
    assert "Kafka 기반 비동기 정산 시스템" in said
    assert "김민수" not in said


async def test_a_digest_of_a_deleted_resume_is_gone_with_the_call_that_made_it(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        llm.shorten = lambda _: Reply(DIGEST)
        resume_id = await uploaded(candidate)
        await until(lambda: digested(spine))
        assert await spine.pool.fetchval("select verdict from llm_call where resume_id is not null")
        llm.forgotten.clear()
        await candidate.resumes.DeleteResume(
            pb.DeleteResumeRequest(request_id=uuid4().hex, resume_id=resume_id)
        )
        await until(lambda: f"digest:{resume_id}" in llm.forgotten)
    assert await spine.pool.fetchval("select count(*) from llm_call") == 0


@pytest.mark.parametrize("says", ["", "<think>무엇을 쓸까</think>"])
async def test_a_digest_that_says_nothing_leaves_the_extract(spine: Spine, says: str) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
        spine.hurrying("resume_digest"),
    ):
        llm.shorten = lambda _: Reply(says)
        await uploaded(candidate)
        await until(lambda: _no_digest_waits(spine))
        assert len(llm.about("digest")) == 3
        assert await digested(spine) == ""
        assert "Kafka" in str(await spine.pool.fetchval("select digest from resume"))
        verdicts = await spine.pool.fetch("select verdict from llm_call")
        assert [row["verdict"] for row in verdicts] == ["refused:empty"] * 3


async def _no_digest_waits(spine: Spine) -> bool:
    return not await spine.pool.fetchval("select count(*) from work where kind = 'resume_digest'")


async def test_without_a_model_no_digest_waits_for_one(spine: Spine) -> None:
    async with embedding() as embed, spine.session(embed_addresses=(embed,)) as candidate:
        await uploaded(candidate)
        await until(lambda: _no_digest_waits(spine))


# Replays


async def test_every_kind_of_call_can_be_replayed_word_for_word(spine: Spine) -> None:
    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        crowded(llm)
        llm.shorten = lambda each: Reply(DIGEST if each.cache_key.startswith("digest") else SUMMARY)
        interview_id = await candidate.interview(resume_id=await uploaded(candidate))
        await until(lambda: digested(spine))
        await answered(candidate, interview_id, 1, 7)
        await until(lambda: compactions(spine))
        await until(lambda: spine.pool.fetchval("select count(*) from evaluation"))
        rows = await spine.pool.fetch(
            "select distinct on (purpose) id, purpose, template_id, output from llm_call"
            " where verdict = 'accepted' order by purpose, created_at"
        )
        assert [row["purpose"] for row in rows] == ["compaction", "digest", "evaluation", "question"]
        async with connected(spine.settings([llm.address])) as outside:
            operations = Operations(PostgresOperations(outside.database), None, outside.live.wake_workers)  # type: ignore[arg-type]
            replays = Replays(operations, outside.model)
            for row in rows:
                first = next(call for call in llm.calls if "".join(call.sent) == row["output"])
                llm.speak = lambda _: Reply("다시 말한 것")
                output, finished = await replays.replay(Caller(Role.ADMIN, uuid4()), UUID(str(row["id"])))
                assert (output, finished.model) == ("다시 말한 것", "told-what-to-say")
                assert llm.about("replay")[-1].messages == first.messages
                assert row["template_id"] == f"{row['purpose']}.ko"
