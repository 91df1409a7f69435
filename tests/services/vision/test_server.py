"""VisionService over a real socket, with the fake engine behind it."""

from collections.abc import AsyncIterator

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import vision_pb2 as pb
from viva.v1 import vision_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument
from services.vision.config import Settings
from services.vision.engines.fake import UNREADABLE, FakeEngine
from services.vision.server import build
from tests.services.rooms import (
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
from tests.services.vision.pictures import jpeg, png
from tests.services.vision.test_requests import OBSERVE, frame

pytestmark = pytest.mark.integration

Stub = vision_pb2_grpc.VisionServiceStub
BEGIN = pb.AnalyzeRequest(config=OBSERVE)


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine(places=2)


@pytest.fixture
async def address(engine: FakeEngine) -> AsyncIterator[str]:
    async with listening(build, engine, Settings) as address:
        yield address


@pytest.fixture
async def stub(address: str) -> AsyncIterator[Stub]:
    channel = open_channel([address], token=TOKEN)
    yield Stub(channel)
    await channel.close()


async def analysed(stub: Stub, *requests: pb.AnalyzeRequest) -> list[pb.AnalyzeResponse]:
    return await collected(stub.Analyze(iter(requests), timeout=10))


async def test_each_frame_read_in_time_gets_its_observation(stub: Stub, engine: FakeEngine) -> None:
    call = stub.Analyze(timeout=10)
    await call.write(BEGIN)
    for at in (0, 200, 400):
        await call.write(frame(at))
        seen = (await call.read()).observation
        assert (seen.timestamp_ms, seen.face_present, seen.faces, seen.expression) == (at, True, 1, "")
    await call.done_writing()
    assert await collected(call) == []
    await until(lambda: engine.watching == 0)


async def test_an_expression_comes_only_when_the_config_asks(stub: Stub) -> None:
    config = pb.AnalyzeConfig(policy=pb.BEHAVIOUR_POLICY_SCORED, emotion=True)
    (answer,) = await analysed(stub, pb.AnalyzeRequest(config=config), frame(0))
    assert answer.observation.expression


async def test_f23_under_load_the_newest_frame_is_seen_and_older_ones_are_dropped(
    stub: Stub, engine: FakeEngine
) -> None:
    engine.frame_s = 0.2
    answers = await analysed(stub, BEGIN, *(frame(at) for at in range(0, 10_000, 200)))
    seen = [each.observation.timestamp_ms for each in answers]
    assert len(seen) <= 4
    assert seen[-1] == 9_800
    assert seen == sorted(seen) == engine.seen


async def test_f23_frames_faster_than_five_a_second_are_not_looked_at(stub: Stub, engine: FakeEngine) -> None:
    call = stub.Analyze(timeout=10)
    await call.write(BEGIN)
    for at in range(0, 1000, 20):
        await call.write(frame(at))
    await call.done_writing()
    await collected(call)
    assert len(engine.seen) <= 7


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [frame(0)],
        [BEGIN, BEGIN],
        [BEGIN, frame(0), frame(0)],
        [BEGIN, frame(0, b"x")],
        [BEGIN, pb.AnalyzeRequest()],
    ],
    ids=["nothing", "no config", "two configs", "same time", "no picture", "empty message"],
)
async def test_a_stream_against_the_rules_is_refused_and_its_place_freed(
    address: str, engine: FakeEngine, requests: list[pb.AnalyzeRequest]
) -> None:
    error = await refusal(streamed(address, Stub, "Analyze", requests))
    assert isinstance(error, InvalidArgument)
    assert error.violations
    await until(lambda: engine.watching == 0)


async def test_a_picture_no_decoder_reads_is_refused(address: str, engine: FakeEngine) -> None:
    error = await refusal(streamed(address, Stub, "Analyze", [BEGIN, frame(0, jpeg(tail=UNREADABLE))]))
    assert isinstance(error, InvalidArgument)
    await until(lambda: engine.watching == 0)


async def test_the_policy_off_is_honoured_by_the_server(address: str, stub: Stub, engine: FakeEngine) -> None:
    off = pb.AnalyzeConfig(policy=pb.BEHAVIOUR_POLICY_OFF)
    for attempt in (
        streamed(address, Stub, "Analyze", [pb.AnalyzeRequest(config=off), frame(0)]),
        stub.AnalyzeImage(pb.AnalyzeImageRequest(config=off, image=jpeg())),
    ):
        error = await refusal(attempt)
        assert isinstance(error, FailedPrecondition)
        assert error.reason == "VISION_POLICY_OFF"
        assert error.remedy
    assert engine.seen == []


async def test_one_image_is_analysed_alone_whatever_its_kind(stub: Stub, engine: FakeEngine) -> None:
    for image in (jpeg(), png(), jpeg() + bytes(4_900_000)):
        answer = await stub.AnalyzeImage(pb.AnalyzeImageRequest(config=OBSERVE, image=image), timeout=10)
        assert answer.observation.faces == 1
    assert engine.watching == 0


async def test_a_silent_client_is_let_go(engine: FakeEngine) -> None:
    async with served(build, engine, Settings, idle_s=0.2) as channel:
        call = Stub(channel).Analyze(timeout=10)
        await call.write(BEGIN)
        assert isinstance(await refusal(call.read()), DeadlineExceeded)
        await until(lambda: engine.watching == 0)


async def test_a_client_that_leaves_frees_its_place(stub: Stub, engine: FakeEngine) -> None:
    engine.frame_s = 5.0
    call = stub.Analyze(timeout=10)
    await call.write(BEGIN)
    await call.write(frame(0))
    await until(lambda: engine.watching == 1)
    call.cancel()
    await until(lambda: engine.watching == 0)


async def test_get_info_says_how_many_frames_are_analysed(stub: Stub) -> None:
    info = await stub.GetInfo(pb.VisionServiceGetInfoRequest())
    assert (info.capability.engine, info.frames_per_s) == ("fake", 5.0)


configs = st.builds(
    pb.AnalyzeConfig,
    policy=mostly(st.integers(1, 3), st.integers(0, 99)),
    emotion=st.booleans(),
    interview_id=mostly(st.text(max_size=9), ANY_TEXT),
)
pictures = mostly(
    st.just(jpeg()),
    st.binary(max_size=99) | st.sampled_from([png(), jpeg(9999, 9999), jpeg(tail=UNREADABLE)]),
)
anything = st.one_of(
    st.builds(
        pb.AnalyzeRequest,
        frame=st.builds(pb.Frame, timestamp_ms=mostly(st.integers(0, 10**6), ANY_INT64), jpeg=pictures),
    ),
    st.builds(pb.AnalyzeRequest, config=configs),
    st.just(pb.AnalyzeRequest()),
)
firsts = mostly(st.builds(pb.AnalyzeRequest, config=configs), anything)
images = st.builds(pb.AnalyzeImageRequest, config=configs, image=pictures)


@FUZZ
@given(first=firsts, rest=st.lists(anything, max_size=6), image=images)
async def test_whatever_is_sent_ends_with_a_clear_status_and_a_free_place(
    address: str,
    stub: Stub,
    engine: FakeEngine,
    first: pb.AnalyzeRequest,
    rest: list[pb.AnalyzeRequest],
    image: pb.AnalyzeImageRequest,
) -> None:
    clear = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
    await clearly(streamed(address, Stub, "Analyze", [first, *rest]), *clear)
    await clearly(stub.AnalyzeImage(image, timeout=10), *clear)
    await until(lambda: engine.watching == 0)
