"""A résumé from upload to the prompt of a follow-up question, with a real embedding server between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from viva.v1 import llm_pb2
from viva.v1 import resume_pb2 as pb

from services.embed.config import Settings as EmbedSettings
from services.embed.engines.hashing import HashingEngine
from services.embed.server import build
from tests.fixtures.fake_llm import Reply, fake_llm
from tests.services.session.spine import Candidate, Spine, asked_so_far, question, verdict

pytestmark = pytest.mark.integration

RESUME = """김민수

경력
(주)한빛소프트 | 백엔드 개발자 | 2021.03 ~ 현재
- Redis 캐시를 도입해 주문 조회 API의 응답 시간을 820ms에서 140ms로 줄였습니다.
- Kafka 기반 비동기 정산 시스템을 구축하여 정산 처리 시간을 단축했습니다.

프로젝트
도서관 좌석 예약 앱
- Flutter로 화면을 만들고 학생 1,200명이 쓰는 서비스를 운영했습니다.

기술
Python, Kafka, Redis, PostgreSQL, Flutter
"""


@asynccontextmanager
async def embedding() -> AsyncIterator[str]:
    """The address of a real embedding server, without weights."""
    settings = EmbedSettings(listen="127.0.0.1:0", mesh_token="the-mesh", drain_s=0.0, log_level="error")
    async with build(HashingEngine(), settings) as server:
        await server.start()
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            await server.stop()


async def uploaded(candidate: Candidate, text: str = RESUME) -> str:
    """A résumé that is indexed."""

    async def pieces() -> AsyncIterator[pb.UploadResumeRequest]:
        yield pb.UploadResumeRequest(meta=pb.ResumeMeta(request_id="u1", file_name="이력서.txt"))
        yield pb.UploadResumeRequest(data=text.encode())

    resume = (await candidate.resumes.UploadResume(pieces())).resume
    async for seen in candidate.resumes.WatchResume(pb.WatchResumeRequest(resume_id=resume.id)):
        if seen.resume.status == pb.RESUME_STATUS_READY:
            break
    return str(resume.id)


async def test_f27_a_follow_up_s_prompt_holds_the_last_answer_and_passages_of_the_resume(
    spine: Spine,
) -> None:
    def speak(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request)) if request.json_schema else Reply(question(asked_so_far(request) + 1))

    async with (
        embedding() as embed,
        fake_llm(speak) as llm,
        spine.session([llm.address], embed_addresses=(embed,)) as candidate,
    ):
        interview_id = await candidate.interview(resume_id=await uploaded(candidate))
        first = await candidate.asked(interview_id, 1)
        answer = "저는 Kafka 정산 시스템에서 소비자 지연을 찾아 처리 시간을 줄였습니다."
        await candidate.submit(interview_id, first.id, answer)
        second = await candidate.asked(interview_id, 2)
        assert second.stage_id == "introduction_follow_up"
        opening, follow_up = (call.messages for call in llm.questions)
        assert "Kafka" in opening[1][1], "the digest of the résumé stands at the beginning"
        tail = follow_up[-1][1]
        assert answer in tail
        passages = tail.partition("<passages>")[2].partition("</passages>")[0]
        assert "Kafka 기반 비동기 정산 시스템을 구축" in passages
        assert follow_up[: len(opening)] == opening
        stored = await spine.pool.fetchval("select passages from question where turn_id = $1", second.id)
        assert "Kafka" in stored


async def test_f27_a_question_does_not_wait_for_an_embedding_server_that_is_gone(spine: Spine) -> None:
    async with fake_llm(lambda _: Reply(question(1))) as llm:
        async with embedding() as embed, spine.session(embed_addresses=(embed,)) as candidate:
            resume_id = await uploaded(candidate)
        async with spine.session([llm.address]) as candidate:
            interview_id = await candidate.interview(resume_id=resume_id)
            turn = await candidate.asked(interview_id, 1)
            assert turn.question.text == question(1)
            assert "<passages>" not in llm.questions[0].messages[-1][1]
            assert "Kafka" in llm.questions[0].messages[-1][1]
