"""Recognition over a real socket, with the fake recogniser behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.media.adapters import hearing as adapter
from services.media.adapters.hearing import ENDLESS, GrpcHearing
from services.media.conversation.ports import (
    EndOfTurn,
    Heard,
    Language,
    Manner,
    Partial,
    Settled,
    SpeechStarted,
    Utterance,
)
from services.runtime.channel import open_channel
from services.runtime.engines import Missing
from services.runtime.errors import FailedPrecondition, InvalidArgument, ResourceExhausted, Unavailable
from services.stt.config import Settings
from services.stt.engine import StreamOptions
from services.stt.engines.fake import FakeEngine, FakeStream
from services.stt.server import build
from tests.services.media.conversation.fakes import silence, speech
from tests.services.rooms import TOKEN, listening

pytestmark = pytest.mark.integration

MANNER = Manner("interview-1", Language.KOREAN, ("Kafka",), patience_ms=1000)


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine(places=1)


@pytest.fixture
async def hearing(engine: FakeEngine) -> AsyncIterator[GrpcHearing]:
    async with listening(build, engine, Settings) as address, hearing_at(address) as hearing:
        yield hearing


@asynccontextmanager
async def hearing_at(address: str) -> AsyncIterator[GrpcHearing]:
    """Recognition by the server at that address."""
    async with open_channel([address], token=TOKEN, endless=ENDLESS, attempts=2) as channel:
        yield GrpcHearing(channel)


async def heard(hearing: GrpcHearing, pcm: bytes, *, start: int = 0, said: str = "") -> list[Heard]:
    async with hearing.listen(MANNER, start, said) as stream:
        for at in range(0, len(pcm), 6400):
            await stream.send(start + at // 2, pcm[at : at + 6400])
        await stream.finish()
        return [each async for each in stream.heard()]


async def test_everything_heard_comes_back_in_order(hearing: GrpcHearing, engine: FakeEngine) -> None:
    events = await heard(hearing, speech(1.0) + silence(1.1), start=160)
    kinds = [type(each) for each in events]
    assert kinds == [SpeechStarted, Partial, Partial, Utterance, Settled, EndOfTurn, Settled]
    assert events[0] == SpeechStarted(160)
    final = events[3]
    assert isinstance(final, Utterance)
    assert (final.text, final.start, final.end, final.metrics.loudness_dbfs) == ("1 2", 160, 16_160, -20.0)
    options = engine.streams[0].options
    assert (options.speech.hotwords, options.patience_ms) == (("Kafka",), 1000)
    assert (options.interview_id, options.start_offset) == ("interview-1", 160)


async def test_f20_a_stream_that_the_server_ended_leaves_no_task_behind(hearing: GrpcHearing) -> None:
    await heard(hearing, speech(1.0))
    await asyncio.sleep(0.1)
    assert not any("_consume_request_iterator" in repr(each) for each in asyncio.all_tasks())


async def test_a_server_that_takes_over_knows_that_a_turn_is_open(hearing: GrpcHearing) -> None:
    assert EndOfTurn in map(type, await heard(hearing, silence(1.1), said="저는 개발자입니다."))
    assert EndOfTurn not in map(type, await heard(hearing, silence(1.1)))


async def test_a_whole_recording_is_recognised_at_once(hearing: GrpcHearing) -> None:
    (said, more) = await hearing.recognise(MANNER, speech(1.0) + silence(0.5) + speech(0.5) + silence(0.5))
    assert (said.text, more.text) == ("1 2", "1")
    assert (said.start, more.start) == (0, 24_000)


async def test_a_full_server_refuses_before_any_audio_is_sent(hearing: GrpcHearing) -> None:
    async with hearing.listen(MANNER, 0, ""):
        with pytest.raises(ResourceExhausted) as refused:
            await heard(hearing, speech(1.0))
    assert refused.value.reason == "STT_FULL"
    await heard(hearing, speech(1.0))


async def test_a_gap_in_the_audio_is_refused_by_name(hearing: GrpcHearing) -> None:
    async with hearing.listen(MANNER, 0, "") as stream:
        await stream.send(0, speech(0.1))
        await stream.send(99, speech(0.1))
        with pytest.raises(InvalidArgument):
            _ = [each async for each in stream.heard()]


async def test_a_server_without_a_model_and_no_server_at_all_are_told_from_lost_ones() -> None:
    missing = Missing("stt", "STT_MODEL_MISSING", "no model", "viva models pull whisper-base")
    async with listening(build, missing, Settings) as address, hearing_at(address) as hearing:
        with pytest.raises(FailedPrecondition) as refused:
            await heard(hearing, speech(0.1))
        assert refused.value.reason == "STT_MODEL_MISSING"
    with pytest.raises(FailedPrecondition) as refused:
        await heard(GrpcHearing(None), speech(0.1))
    assert refused.value.remedy == "set VIVA_STT_ADDRESSES to its host:port"
    async with hearing_at("127.0.0.1:1") as hearing:
        with pytest.raises(Unavailable):
            await heard(hearing, speech(0.1))


async def test_a_stream_that_the_listener_leaves_frees_its_place(
    hearing: GrpcHearing, engine: FakeEngine
) -> None:
    async with hearing.listen(MANNER, 0, "") as stream:
        await stream.send(0, speech(0.1))
        assert engine.open_streams == 1
    async with asyncio.timeout(5):
        while engine.open_streams:
            await asyncio.sleep(0.01)


class Hanging(FakeEngine):
    async def open_stream(self, options: StreamOptions) -> FakeStream:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")


async def test_f21_a_server_that_takes_no_stream_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TAKEN_WITHIN_S", 0.2)
    async with listening(build, Hanging(), Settings) as address, hearing_at(address) as hearing:
        with pytest.raises(Unavailable) as lost:
            await heard(hearing, speech(0.1))
    assert lost.value.reason == "STT_HANGS"
