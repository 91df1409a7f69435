"""What vision.proto allows and what it does not, at its edges."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import vision_pb2 as pb

from services.runtime.errors import FailedPrecondition, InvalidArgument
from services.vision.images import Header, read_header
from services.vision.newest import Newest
from services.vision.requests import MAX_FRAME_BYTES, Frame, IncomingFrames, read_config, read_image
from tests.services.vision.pictures import jpeg, png

pytestmark = pytest.mark.unit

OBSERVE = pb.AnalyzeConfig(policy=pb.BEHAVIOUR_POLICY_OBSERVE)


def frame(timestamp_ms: int, image: bytes | None = None) -> pb.AnalyzeRequest:
    picture = jpeg() if image is None else image
    return pb.AnalyzeRequest(frame=pb.Frame(timestamp_ms=timestamp_ms, jpeg=picture))


def begun(max_pixels: int = 640 * 480) -> IncomingFrames:
    incoming = IncomingFrames(max_pixels)
    incoming.begin(pb.AnalyzeRequest(config=OBSERVE))
    return incoming


def violated(incoming: IncomingFrames, request: pb.AnalyzeRequest) -> list[str]:
    with pytest.raises(InvalidArgument) as refusal:
        incoming.take(request)
    return list(refusal.value.violations)


def test_frames_follow_a_config_with_rising_timestamps() -> None:
    incoming = begun()
    assert incoming.take(frame(0)).timestamp_ms == 0
    assert incoming.take(frame(1)).timestamp_ms == 1
    for stale in (1, 0, -1):
        assert violated(incoming, frame(stale)) == ["frame.timestamp_ms"]
    with pytest.raises(InvalidArgument):
        IncomingFrames(1).begin(frame(0))
    assert violated(incoming, pb.AnalyzeRequest(config=OBSERVE)) == ["request"]


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"\xff\xd8",
        png(),
        b"GIF89a",
        jpeg(641, 480),
        jpeg(65535, 65535),
        jpeg(0, 480),
        jpeg() + bytes(MAX_FRAME_BYTES),
    ],
    ids=["empty", "cut", "png", "gif", "large", "bomb", "flat", "heavy"],
)
def test_a_frame_that_is_no_small_jpeg_is_refused(image: bytes) -> None:
    assert violated(begun(), frame(0, image)) == ["frame.jpeg"]


def test_an_image_may_be_a_png_too_and_larger() -> None:
    for image in (png(), jpeg(), jpeg() + bytes(MAX_FRAME_BYTES)):
        assert read_image(pb.AnalyzeImageRequest(image=image), 640 * 480) == image
    for image in (png(640, 481), bytes(5 * 1024 * 1024 + 1), jpeg() + bytes(5 * 1024 * 1024)):
        with pytest.raises(InvalidArgument):
            read_image(pb.AnalyzeImageRequest(image=image), 640 * 480)


def test_the_policy_off_is_honoured_and_a_missing_one_is_refused() -> None:
    with pytest.raises(FailedPrecondition) as off:
        read_config(pb.AnalyzeConfig(policy=pb.BEHAVIOUR_POLICY_OFF))
    assert off.value.reason == "VISION_POLICY_OFF"
    for policy in (pb.BEHAVIOUR_POLICY_UNSPECIFIED, 9):
        with pytest.raises(InvalidArgument):
            read_config(pb.AnalyzeConfig(policy=policy))  # type: ignore[arg-type]
    assert read_config(pb.AnalyzeConfig(policy=pb.BEHAVIOUR_POLICY_SCORED, emotion=True)) is True


@given(width=st.integers(1, 65535), height=st.integers(1, 65535))
def test_sizes_are_read_from_headers(width: int, height: int) -> None:
    assert read_header(jpeg(width, height)) == Header("jpeg", width, height)
    assert read_header(png(width, height)) == Header("png", width, height)


@given(
    start=st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]),
    rest=st.binary(max_size=200),
)
def test_reading_a_header_never_fails(start: bytes, rest: bytes) -> None:
    header = read_header(start + rest)
    assert header is None or (header.width > 0 and header.height > 0)


async def test_f23_a_newer_frame_replaces_the_one_that_waits() -> None:
    newest = Newest(frames_per_s=5)
    for at in (0, 200, 400):
        newest.put(Frame(at, b""))
    newest.end()
    assert [await newest.take(), await newest.take()] == [Frame(400, b""), None]


@given(gaps=st.lists(st.integers(1, 500), max_size=100))
async def test_f23_no_more_frames_are_kept_than_five_a_second(gaps: list[int]) -> None:
    newest, at, kept = Newest(frames_per_s=5), 0, []
    for gap in gaps:
        at += gap
        newest.put(Frame(at, b""))
        if newest._frame is not None:
            kept.append((await newest.take()).timestamp_ms)  # type: ignore[union-attr]
    assert all(later - former >= 160 for former, later in pairwise(kept))
    assert len(kept) <= at / 160 + 1
