"""A place for one frame: a newer one replaces it, so that load drops the oldest (f23). Knows no camera."""

import asyncio

from services.vision.requests import Frame


class Newest:
    """One task puts, another takes. A frame too soon after the last one kept is dropped."""

    def __init__(self, frames_per_s: float) -> None:
        # A camera's clock trembles: a frame a fifth of an interval early is still on time.
        self._interval_ms = 0.8 * 1000 / frames_per_s
        self._kept_ms = float("-inf")
        self._frame: Frame | None = None
        self._ended = False
        self._changed = asyncio.Event()

    def put(self, frame: Frame) -> None:
        if frame.timestamp_ms - self._kept_ms < self._interval_ms:
            return
        self._kept_ms = frame.timestamp_ms
        self._frame = frame
        self._changed.set()

    def end(self) -> None:
        """The frame that waits is still taken; none comes after it."""
        self._ended = True
        self._changed.set()

    async def take(self) -> Frame | None:
        """The newest frame not taken yet; None at the end."""
        while self._frame is None and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        frame, self._frame = self._frame, None
        return frame
