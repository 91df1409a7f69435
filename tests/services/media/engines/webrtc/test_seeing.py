"""Pictures become JPEG, the newest first."""

import asyncio
import io

import av
import numpy as np
import pytest
from av import VideoFrame

from services.media.engines.webrtc.seeing import Seeing, to_jpeg
from tests.services.rooms import until

pytestmark = pytest.mark.unit


def picture(width: int, height: int, grey: int = 128) -> VideoFrame:
    return VideoFrame.from_ndarray(np.full((height, width, 3), grey, dtype=np.uint8), format="rgb24")


def opened(jpeg: bytes) -> VideoFrame:
    with av.open(io.BytesIO(jpeg), format="mjpeg") as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((640, 480), (640, 480)),
        ((320, 240), (320, 240)),
        ((1920, 1080), (640, 360)),
        ((1080, 1920), (360, 640)),
        ((4000, 20), (640, 3)),
    ],
)
def test_a_picture_keeps_its_shape_and_is_at_most_640_wide_and_high(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    seen = opened(to_jpeg(picture(*size, grey=90)))
    assert (seen.width, seen.height) == shown
    assert abs(float(seen.to_ndarray(format="rgb24").mean()) - 90) < 3


def test_a_picture_of_noise_is_small_enough() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert len(to_jpeg(VideoFrame.from_ndarray(noise, format="rgb24"))) < 1 << 20


async def test_f23_of_many_pictures_only_the_newest_is_looked_at() -> None:
    now, seen = 0.0, []
    seeing = Seeing(lambda jpeg, at_ms: seen.append((jpeg, at_ms)), lambda: now)
    running = asyncio.create_task(seeing.run())
    for number in range(30):
        now = number / 30
        seeing.take(picture(64, 64, grey=5 * number))
    await until(lambda: bool(seen))
    running.cancel()
    ((jpeg, at_ms),) = seen
    assert at_ms == round(29 / 30 * 1000)
    assert abs(float(opened(jpeg).to_ndarray(format="rgb24").mean()) - 145) < 3
