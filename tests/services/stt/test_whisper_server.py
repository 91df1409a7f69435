"""Fixture sentences through the real server and the trained model, over gRPC."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from viva.v1 import common_pb2, stt_pb2_grpc
from viva.v1 import stt_pb2 as pb

from services.runtime.capability import State
from services.runtime.channel import open_channel
from services.runtime.engines import Missing
from services.stt.config import Settings
from services.stt.engine import Speech, StreamOptions
from services.stt.engines import open_engine
from services.stt.engines.ctranslate2.engine import Limits, WhisperEngine
from services.stt.server import build
from tests.fixtures.whisper_ko.spoken import SpokenAnswers
from tests.services.rooms import FUZZ, TOKEN, clearly, listening, served, streamed, until
from tests.services.stt.sound import Sentence, noise, opened, sentences, silence
from tests.services.stt.test_requests import config
from tests.services.stt.test_server import FINISH, anything, firsts, pieces, recognised, recordings, text_of

pytestmark = pytest.mark.model

Stub = stt_pb2_grpc.SttServiceStub
KOREAN = {"language": common_pb2.LANGUAGE_KO}


@pytest.fixture
async def engine(korean_whisper: Path) -> AsyncIterator[WhisperEngine]:
    async with opened(korean_whisper, Limits(streams=8)) as engine:
        yield engine


@pytest.fixture
async def address(engine: WhisperEngine) -> AsyncIterator[str]:
    async with listening(build, engine, Settings) as address:
        yield address


@pytest.fixture
async def stub(address: str) -> AsyncIterator[Stub]:
    channel = open_channel([address], token=TOKEN)
    yield Stub(channel)
    await channel.close()


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def test_every_sentence_comes_back_word_for_word_in_one_voice_or_another(stub: Stub) -> None:
    by_voice = [sentences(voice) for voice in SpokenAnswers.voices]
    said = [by_voice[index % len(by_voice)][index] for index in range(len(by_voice[0]))]
    heard = [
        text_of(
            await recognised(stub, config(**KOREAN), *pieces(silence(0.5) + each.pcm + silence(1)), FINISH)
        )
        for each in said
    ]
    assert heard == [each.text for each in said]


async def test_an_answer_of_several_sentences_comes_back_whole(
    stub: Stub, spoken_answers: SpokenAnswers
) -> None:
    answer = spoken_answers.of("experience", "seoyeon")
    assert len(answer.sentences) > 1
    assert text_of(await recognised(stub, config(**KOREAN), *pieces(answer.pcm()), FINISH)) == answer.text


async def test_f16_a_caption_comes_before_the_end_of_speech(stub: Stub, spoken: list[Sentence]) -> None:
    pcm = max(spoken, key=lambda sentence: sentence.seconds).pcm
    call = stub.StreamingRecognize(timeout=30)
    await call.write(config(**KOREAN))
    sent, captioned_at = 0, asyncio.get_running_loop().create_future()

    async def watch() -> None:
        async for answer in call:
            if answer.HasField("partial") and not captioned_at.done():
                captioned_at.set_result(sent)

    watching = asyncio.create_task(watch())
    for request in pieces(pcm):
        await call.write(request)
        sent += len(request.audio.pcm)
        await asyncio.sleep(len(request.audio.pcm) / 32_000)
    await call.write(FINISH)
    await watching
    assert captioned_at.result() < len(pcm)


async def test_f18_silence_costs_no_encoding_and_noise_says_nothing(stub: Stub) -> None:
    before = counted("viva_stt_encodes_total")
    assert text_of(await recognised(stub, config(**KOREAN), *pieces(silence(30)), FINISH)) == ""
    assert counted("viva_stt_encodes_total") == before
    assert text_of(await recognised(stub, config(**KOREAN), *pieces(noise(10)), FINISH)) == ""


async def test_f20_a_result_that_comes_after_the_end_is_dropped_and_counted(
    engine: WhisperEngine, spoken: list[Sentence]
) -> None:
    before = counted("viva_stt_results_dropped_total")
    stream = await engine.open_stream(StreamOptions(Speech(), patience_ms=600))
    await stream.push(spoken[0].pcm)
    await stream.flush()
    await stream.aclose()
    await engine.aclose()
    await asyncio.sleep(0)
    assert counted("viva_stt_results_dropped_total") == before + 1


async def test_a_stream_cut_in_mid_word_goes_on_at_another_server(
    stub: Stub, korean_whisper: Path, spoken: list[Sentence]
) -> None:
    pcm = b"".join(each.pcm + silence(1) for each in spoken[:3])
    whole = text_of(await recognised(stub, config(**KOREAN), *pieces(pcm), FINISH))
    cut = (len(spoken[0].pcm + silence(1)) + len(spoken[1].pcm) // 2) // 2 * 2
    answers: list[pb.StreamingRecognizeResponse] = []
    call = stub.StreamingRecognize(timeout=30)
    for request in (config(**KOREAN), *pieces(pcm[:cut])):
        await call.write(request)
    while not any(each.HasField("final") for each in answers) or not answers[-1].HasField("ack"):
        answers.append(await call.read())
    call.cancel()
    acked = answers[-1].ack.processed_offset
    async with (
        opened(korean_whisper, Limits(streams=1)) as second,
        served(build, second, Settings) as channel,
    ):
        rest = (config(start_offset=acked, **KOREAN), *pieces(pcm[acked * 2 :], acked), FINISH)
        assert f"{text_of(answers)} {text_of(await recognised(Stub(channel), *rest))}" == whole


@settings(FUZZ, max_examples=40)
@given(first=firsts, rest=st.lists(anything, max_size=8), parts=recordings)
async def test_whatever_is_streamed_ends_with_a_clear_status(
    address: str,
    engine: WhisperEngine,
    first: pb.StreamingRecognizeRequest,
    rest: list[pb.StreamingRecognizeRequest],
    parts: list[pb.RecognizeRequest],
) -> None:
    clear = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
    await clearly(streamed(address, Stub, "StreamingRecognize", [first, *rest]), *clear)
    await clearly(streamed(address, Stub, "Recognize", parts), *clear)
    await until(lambda: engine.status().open_streams == 0)


@pytest.mark.parametrize("content", [b"", b"no model" * 999], ids=["empty", "other bytes"])
def test_a_damaged_model_is_a_named_state(tmp_path: Path, random_folder: Path, content: bytes) -> None:
    folder = tmp_path / "stt" / "damaged"
    folder.mkdir(parents=True)
    for part in random_folder.iterdir():
        (folder / part.name).write_bytes(part.read_bytes() if part.name != "model.bin" else content)
    found = open_engine(Settings(models=tmp_path, device="cpu"))
    assert isinstance(found, Missing)
    assert (found.reason, found.state) == ("STT_MODEL_BROKEN", State.BROKEN)
    assert found.remedy


def test_f14_a_device_that_is_not_there_is_refused_with_the_reason(
    tmp_path: Path, random_folder: Path
) -> None:
    (tmp_path / "stt").mkdir()
    (tmp_path / "stt" / "random").symlink_to(random_folder)
    found = open_engine(Settings(models=tmp_path, device="cuda"))
    assert isinstance(found, Missing)
    assert "VIVA_STT_DEVICE" in found.detail
