"""A candidate's microphone and ear on a WebRTC connection. Knows no interview."""

import asyncio
import time
from collections import deque
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from deploy.demo.speech import RATE_HZ

PIECE_S = 0.02
PIECE_SAMPLES = round(RATE_HZ * PIECE_S)
LOUD = 200  # mean of absolute samples, of 32767
SILENT_FOR_S = 0.7  # between two utterances of the interviewer


class Microphone(MediaStreamTrack):
    """Silence, or what it was given to say, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[bytes] = deque()
        self._said = asyncio.Event()
        self._began = 0.0
        self._sent = 0

    async def say(self, pcm: bytes) -> None:
        """Returns when the last of it went out."""
        size = 2 * PIECE_SAMPLES
        padded = pcm + bytes(-len(pcm) % size)
        self._said.clear()
        self._pieces.extend(padded[at : at + size] for at in range(0, len(padded), size))
        await self._said.wait()

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._began = self._began or time.monotonic()
        await asyncio.sleep(self._began + self._sent * PIECE_S - time.monotonic())
        frame = av.AudioFrame(format="s16", layout="mono", samples=PIECE_SAMPLES)
        frame.planes[0].update(self._pieces.popleft() if self._pieces else bytes(2 * PIECE_SAMPLES))
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = self._sent * PIECE_SAMPLES
        self._sent += 1
        if not self._pieces:
            self._said.set()
        return frame


class Ear:
    """Notes when the interviewer's voice begins: `onsets`, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.onsets: list[float] = []
        self.last = 0.0

    async def listen(self, track: MediaStreamTrack) -> None:
        """To the end of the track, which must be read or it fills memory."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, av.AudioFrame)  # noqa: S101
            if np.abs(frame.to_ndarray().astype(np.int32)).mean() >= LOUD:
                now = time.monotonic()
                if now - self.last > SILENT_FOR_S:
                    self.onsets.append(now)
                self.last = now

    def first_after(self, moment: float) -> float | None:
        return next((onset for onset in self.onsets if onset >= moment), None)
