"""A face analyser for tests: it sees one face in every picture, at a chosen pace.

Nothing in the product names this module.
"""

import asyncio

from services.runtime.capability import Capability, State
from services.runtime.errors import InvalidArgument, ResourceExhausted
from services.vision.engine import Observation, Status

UNREADABLE = b"unreadable"


class FakeEngine:
    """Watches at most `places` people; `frame_s` passes per picture; `seen` holds their timestamps."""

    def __init__(self, *, places: int = 8, frame_s: float = 0.0) -> None:
        self.places = places
        self.frame_s = frame_s
        self.watching = 0
        self.seen: list[int] = []

    def status(self) -> Status:
        return Status(
            Capability(
                name="vision", state=State.READY, engine="fake", model="face", device="cpu", detail="a face"
            )
        )

    async def open(self, *, expressions: bool) -> "FakeWatch":
        if self.watching >= self.places:
            raise ResourceExhausted("VISION_BUSY", "every place is taken", retry_after_s=0.05)
        self.watching += 1
        return FakeWatch(self, expressions)

    async def aclose(self) -> None:
        pass


class FakeWatch:
    def __init__(self, engine: FakeEngine, expressions: bool) -> None:
        self._engine = engine
        self._expressions = expressions
        self._open = True

    async def observe(self, image: bytes, timestamp_ms: int) -> Observation:
        if UNREADABLE in image:
            raise InvalidArgument.of("image", "cannot be decoded")
        await asyncio.sleep(self._engine.frame_s)
        self._engine.seen.append(timestamp_ms)
        expression = "neutral" if self._expressions else ""
        return Observation(timestamp_ms, faces=1, gaze_on_camera=0.9, face_height=0.4, expression=expression)

    async def aclose(self) -> None:
        if self._open:
            self._open = False
            self._engine.watching -= 1
