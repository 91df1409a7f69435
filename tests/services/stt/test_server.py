"""SttService over a real socket, with the fake engine behind it."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import stt_pb2 as pb
from viva.v1 import stt_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.errors import DeadlineExceeded, InvalidArgument, OutOfRange, ResourceExhausted
from services.stt.config import Settings
from services.stt.engines.fake import FakeEngine
from services.stt.server import build
from tests.services.rooms import (
    ANY_INT32,
    ANY_INT64,
    ANY_TEXT,
    FUZZ,
    TOKEN,
    clearly,
    collected,
    listening,
    mostly,
    refusal,
    served,
    streamed,
    until,
)
from tests.services.stt.contract import SILENCE, wav
from tests.services.stt.test_requests import audio, config

pytestmark = pytest.mark.integration

Stub = stt_pb2_grpc.SttServiceStub
FLUSH = pb.StreamingRecognizeRequest(flush=pb.Flush())
FINISH = pb.StreamingRecognizeRequest(finish=pb.Finish())
SPEECH = (b"\xa0\x0f" + b"\x60\xf0") * 16_000
PIECE = 3200


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine(places=2)


@pytest.fixture
async def address(engine: FakeEngine) -> AsyncIterator[str]:
    async with listening(build, engine, Settings, max_stream_s=60.0) as address:
        yield address


@pytest.fixture
async def stub(address: str) -> AsyncIterator[Stub]:
    channel = open_channel([address], token=TOKEN)
    yield Stub(channel)
    await channel.close()


def pieces(pcm: bytes, start: int = 0) -> list[pb.StreamingRecognizeRequest]:
    return [audio(start + at // 2, pcm[at : at + PIECE]) for at in range(0, len(pcm), PIECE)]


async def one_by_one(
    requests: Iterable[pb.StreamingRecognizeRequest],
) -> AsyncIterator[pb.StreamingRecognizeRequest]:
    for request in requests:
        yield request


async def recognised(
    stub: Stub, *requests: pb.StreamingRecognizeRequest
) -> list[pb.StreamingRecognizeResponse]:
    return await collected(stub.StreamingRecognize(one_by_one(requests), timeout=10))


async def recognised_once_admitted(stub: Stub) -> list[pb.StreamingRecognizeResponse]:
    """As a client does that may be refused: no audio before the headers say that there is a place.

    gRPC sends a refused call again only as long as nothing is being written.
    """
    call = stub.StreamingRecognize(timeout=10)
    await call.write(config())
    await call.initial_metadata()
    for request in (*pieces(SPEECH), FINISH):
        await call.write(request)
    await call.done_writing()
    return await collected(call)


def text_of(answers: list[pb.StreamingRecognizeResponse]) -> str:
    return " ".join(each.final.text for each in answers if each.HasField("final"))


async def test_speech_comes_back_as_partials_finals_events_and_acks(stub: Stub) -> None:
    answers = await recognised(stub, config(), *pieces(SPEECH + SILENCE), FINISH)
    kinds = [each.WhichOneof("event") for each in answers]
    assert kinds[0] == "speech_started"
    assert kinds[-1] == "ack"
    assert {"partial", "final", "speech_ended", "end_of_turn"} <= set(kinds)
    assert text_of(answers) == "1 2 3 4"
    assert answers[-1].ack.processed_offset == len(SPEECH + SILENCE) // 2


async def test_partials_come_while_audio_still_flows(stub: Stub) -> None:
    call = stub.StreamingRecognize(timeout=10)
    await call.write(config())
    for piece in pieces(SPEECH):
        await call.write(piece)
    seen = [await call.read() for _ in range(2)]
    assert [each.WhichOneof("event") for each in seen] == ["speech_started", "partial"]
    call.cancel()


async def test_a_closed_sending_side_counts_as_finish(stub: Stub) -> None:
    assert text_of(await recognised(stub, config(), *pieces(SPEECH))) == "1 2 3 4"


async def test_a_client_that_finished_need_not_close_its_side(stub: Stub) -> None:
    call = stub.StreamingRecognize(timeout=10)
    for request in (config(), *pieces(SPEECH), FINISH):
        await call.write(request)
    assert text_of([answer async for answer in call]) == "1 2 3 4"


async def test_a_flush_brings_the_final_at_once(stub: Stub) -> None:
    call = stub.StreamingRecognize(timeout=10)
    for request in (config(), *pieces(SPEECH), FLUSH):
        await call.write(request)
    while not (await call.read()).HasField("final"):
        pass
    call.cancel()


async def test_a_resumed_stream_counts_on_from_its_start_offset(stub: Stub) -> None:
    answers = await recognised(stub, config(start_offset=32_000), *pieces(SPEECH, 32_000), FINISH)
    (final,) = [each.final for each in answers if each.HasField("final")]
    assert final.start_offset == 32_000


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [audio(0)],
        [config(sample_rate_hz=8000)],
        [config(), config()],
        [config(), audio(0, bytes(3))],
        [config(), audio(0), audio(321)],
        [config(), audio(0), audio(0)],
        [config(), pb.StreamingRecognizeRequest()],
    ],
    ids=["nothing", "no config", "rate", "two configs", "odd", "gap", "overlap", "empty message"],
)
async def test_a_stream_against_the_rules_is_refused_and_its_place_freed(
    address: str, engine: FakeEngine, requests: list[pb.StreamingRecognizeRequest]
) -> None:
    error = await refusal(streamed(address, Stub, "StreamingRecognize", requests))
    assert isinstance(error, InvalidArgument)
    assert error.violations
    await until(lambda: engine.open_streams == 0)


async def test_a_stream_that_is_too_long_is_out_of_range(engine: FakeEngine) -> None:
    async with listening(build, engine, Settings, max_stream_s=1.0) as address:
        sent = [config(), *pieces(SILENCE + SILENCE)]
        error = await refusal(streamed(address, Stub, "StreamingRecognize", sent))
    assert isinstance(error, OutOfRange)
    assert error.reason == "STT_STREAM_TOO_LONG"


async def test_a_silent_client_is_let_go(engine: FakeEngine) -> None:
    async with served(build, engine, Settings, idle_s=0.2) as channel:
        call = Stub(channel).StreamingRecognize(timeout=10)
        await call.write(config())
        error = await refusal(call.read())
        assert isinstance(error, DeadlineExceeded)
        assert error.reason == "STREAM_IDLE"
        await until(lambda: engine.open_streams == 0)


async def test_f19_a_stream_beyond_capacity_is_refused_early_and_retried_by_the_channel(
    stub: Stub, engine: FakeEngine
) -> None:
    calls = [stub.StreamingRecognize(timeout=10) for _ in range(2)]
    for call in calls:
        await call.write(config())
    await until(lambda: engine.open_streams == 2)
    third = stub.StreamingRecognize(timeout=10)
    await third.write(config())
    error = await refusal(third.read())
    assert isinstance(error, ResourceExhausted)
    assert error.retry_after_s
    waiting = asyncio.create_task(recognised_once_admitted(stub))
    await asyncio.sleep(0.02)
    calls[0].cancel()
    assert text_of(await waiting) == "1 2 3 4"
    calls[1].cancel()


async def test_f20_a_client_that_leaves_frees_its_place_and_late_results_are_dropped(
    stub: Stub, engine: FakeEngine
) -> None:
    call = stub.StreamingRecognize(timeout=10)
    for request in (config(), *pieces(SPEECH)):
        await call.write(request)
    await call.read()
    call.cancel()
    await until(lambda: engine.open_streams == 0)
    (stream,) = engine.streams
    await stream.push(SPEECH)
    assert text_of(await recognised(stub, config(), *pieces(SPEECH), FINISH)) == "1 2 3 4"


async def test_streams_keep_their_own_words(stub: Stub) -> None:
    long, short = await asyncio.gather(
        recognised(stub, config(), *pieces(SPEECH), FINISH),
        recognised(stub, config(), *pieces(SPEECH[: len(SPEECH) // 2]), FINISH),
    )
    assert (text_of(long), text_of(short)) == ("1 2 3 4", "1 2")


async def recording(file: io.BytesIO, size: int = 65_536) -> AsyncIterator[pb.RecognizeRequest]:
    yield pb.RecognizeRequest(config=pb.RecognizeConfig())
    while data := file.read(size):
        yield pb.RecognizeRequest(data=data)


async def test_a_recording_is_recognised_with_progress(stub: Stub) -> None:
    *progress, last = await collected(stub.Recognize(recording(wav(SPEECH)), timeout=10))
    assert [each.WhichOneof("event") for each in progress] == ["progress"] * len(progress)
    assert last.result.text == "1 2 3 4"
    assert last.result.duration_s == pytest.approx(2.0)


@pytest.mark.parametrize("content", [b"", b"no audio"], ids=["empty", "no audio"])
async def test_a_recording_without_audio_is_refused(stub: Stub, content: bytes) -> None:
    error = await refusal(collected(stub.Recognize(recording(io.BytesIO(content)), timeout=10)))
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == ["data"]


sound = mostly(
    st.integers(0, 400).map(lambda samples: bytes(2 * samples)),
    st.binary(max_size=99) | st.integers(65_537, 70_000).map(bytes),
)
chunks = st.builds(pb.AudioChunk, offset=mostly(st.just(0), ANY_INT64), pcm=sound)
configs = st.builds(
    pb.StreamingConfig,
    language=mostly(st.integers(0, 2), st.integers(0, 99)),
    sample_rate_hz=mostly(st.just(16_000), ANY_INT32),
    hotwords=st.lists(mostly(st.text(min_size=1, max_size=9), ANY_TEXT), max_size=3),
    patience_ms=mostly(st.integers(200, 10_000), ANY_INT32),
    interview_id=mostly(st.text(max_size=9), ANY_TEXT),
    start_offset=mostly(st.just(0), ANY_INT64),
)
anything = st.one_of(
    st.builds(pb.StreamingRecognizeRequest, audio=chunks),
    st.just(FLUSH),
    st.just(FINISH),
    st.builds(pb.StreamingRecognizeRequest, config=configs),
    st.just(pb.StreamingRecognizeRequest()),
)
firsts = mostly(st.builds(pb.StreamingRecognizeRequest, config=configs), anything)
recordings = st.lists(
    st.one_of(
        st.builds(pb.RecognizeRequest, data=st.binary(max_size=99)),
        st.just(pb.RecognizeRequest(config=pb.RecognizeConfig())),
        st.just(pb.RecognizeRequest()),
    ),
    max_size=4,
)


@FUZZ
@given(first=firsts, rest=st.lists(anything, max_size=8), parts=recordings)
async def test_whatever_is_streamed_ends_with_a_clear_status_and_a_free_place(
    address: str,
    engine: FakeEngine,
    first: pb.StreamingRecognizeRequest,
    rest: list[pb.StreamingRecognizeRequest],
    parts: list[pb.RecognizeRequest],
) -> None:
    clear = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
    await clearly(streamed(address, Stub, "StreamingRecognize", [first, *rest]), *clear)
    await clearly(streamed(address, Stub, "Recognize", parts), *clear)
    await until(lambda: engine.open_streams == 0)
