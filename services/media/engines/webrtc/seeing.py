"""What a browser's camera sends: the newest picture, five times a second, as JPEG. Knows no connection."""

import asyncio
from collections.abc import Callable
from fractions import Fraction

from av import CodecContext, VideoFrame

PERIOD_S = 0.2
LONGEST_SIDE = 640
MAX_JPEG_BYTES = 1 << 20
QUALITY = 4  # as MPEG counts it: 2 is best, 31 worst


class Seeing:
    """Every frame is taken and only the newest is kept, however slow the encoder is."""

    def __init__(self, see: Callable[[bytes, int], None], clock: Callable[[], float]) -> None:
        self._see, self._clock, self._begun = see, clock, clock()
        self._newest: tuple[VideoFrame, int] | None = None
        self._arrived = asyncio.Event()

    def take(self, frame: VideoFrame) -> None:
        self._newest = frame, round((self._clock() - self._begun) * 1000)
        self._arrived.set()

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._newest is not None:
                (frame, at_ms), self._newest = self._newest, None
                due = self._clock() + PERIOD_S
                jpeg = await asyncio.to_thread(to_jpeg, frame)
                if len(jpeg) <= MAX_JPEG_BYTES:
                    self._see(jpeg, at_ms)
                await asyncio.sleep(due - self._clock())


def to_jpeg(frame: VideoFrame) -> bytes:
    """At most 640 wide and high."""
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale)) for side in (frame.width, frame.height))
    encoder = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.qmin = encoder.qmax = QUALITY
    encoder.time_base = Fraction(1, 1)
    picture = frame.reformat(width=width, height=height, format="yuvj420p")
    picture.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))
