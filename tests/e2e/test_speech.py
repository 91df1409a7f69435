"""A whole interview's answers, spoken to the recogniser of a real mesh. Its model is the trained fixture."""

import asyncio

import pytest
from viva.v1 import common_pb2, stt_pb2_grpc
from viva.v1 import stt_pb2 as pb

from deploy.local.environment import LocalMesh
from deploy.local.mesh import first_addresses
from services.runtime.channel import open_channel
from tests.e2e.people import mesh_token
from tests.fixtures.whisper_ko.spoken import SpokenAnswers
from tests.services.stt.test_requests import config
from tests.services.stt.test_server import FINISH, pieces, text_of

pytestmark = pytest.mark.model
TAKEN_AT_ONCE = 2


async def test_every_answer_of_an_interview_is_understood_word_for_word(
    hearing_mesh: LocalMesh, spoken_answers: SpokenAnswers
) -> None:
    async with open_channel(
        [first_addresses(hearing_mesh)["stt"]], token=mesh_token(hearing_mesh)
    ) as channel:
        stub, places = stt_pb2_grpc.SttServiceStub(channel), asyncio.Semaphore(TAKEN_AT_ONCE)
        info = await stub.GetInfo(pb.SttServiceGetInfoRequest(), timeout=10)
        assert info.max_streams >= TAKEN_AT_ONCE

        async def heard(pcm: bytes) -> str:
            async with places:
                call = stub.StreamingRecognize(timeout=60)
                await call.write(config(language=common_pb2.LANGUAGE_KO))
                await call.initial_metadata()
                for request in (*pieces(pcm), FINISH):
                    await call.write(request)
                return text_of([answer async for answer in call])

        interview = spoken_answers.interview("seoyeon")
        texts = await asyncio.gather(*(heard(answer.pcm()) for answer in interview.values()))
    assert dict(zip(interview, texts, strict=True)) == {stage: each.text for stage, each in interview.items()}
