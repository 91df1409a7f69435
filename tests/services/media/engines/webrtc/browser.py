"""A browser as the endpoint sees one: an aiortc client with a tone for a voice and a picture of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

RATE_HZ = 48_000
FRAME = 960


def tone(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    """16-bit samples, half as loud as can be."""
    return (16_000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype("<i2")


class Microphone(MediaStreamTrack):
    """`speaks` is repeated without end; frames whose number is in `lost` are never sent."""

    kind = "audio"

    def __init__(self, speaks: np.ndarray, lost: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self._speaks, self._lost, self._next, self._begun = speaks, lost, 0, 0.0

    async def recv(self) -> AudioFrame:
        now = asyncio.get_running_loop().time
        self._begun = self._begun or now()
        while self._next in self._lost:
            self._next += 1
        await asyncio.sleep(self._begun + self._next * 0.02 - now())
        if self.readyState != "live":
            raise MediaStreamError
        samples = self._speaks.take(range(self._next * FRAME, (self._next + 1) * FRAME), mode="wrap")
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), self._next * FRAME
        self._next += 1
        return frame


class Camera(MediaStreamTrack):
    """Grey pictures, each a little lighter than the one before."""

    kind = "video"

    def __init__(self, per_second: int = 30, size: tuple[int, int] = (640, 480)) -> None:
        super().__init__()
        self.per_second, self.size, self.sent, self._begun = per_second, size, 0, 0.0

    async def recv(self) -> VideoFrame:
        now = asyncio.get_running_loop().time
        self._begun = self._begun or now()
        await asyncio.sleep(self._begun + self.sent / self.per_second - now())
        if self.readyState != "live":
            raise MediaStreamError
        width, height = self.size
        picture = np.full((height, width, 3), 30 + self.sent % 200, dtype=np.uint8)
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.time_base, frame.pts = Fraction(1, 90_000), self.sent * 90_000 // self.per_second
        self.sent += 1
        return frame


class Browser:
    """Bundles as browsers do. `heard` is what came over the incoming track, 48 kHz mono."""

    def __init__(self, *tracks: MediaStreamTrack, ice_servers: tuple[RTCIceServer, ...] = ()) -> None:
        configuration = RTCConfiguration(list(ice_servers), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.connection = RTCPeerConnection(configuration)
        self.messages: list[Any] = []
        self.opened = asyncio.Event()
        self._pieces: list[np.ndarray] = []
        self._tasks: list[asyncio.Task[None]] = []
        for track in tracks:
            self.connection.addTrack(track)
        self.channel = self.connection.createDataChannel("viva")
        self.channel.on("open", self.opened.set)
        self.channel.on("message", lambda text: self.messages.append(json.loads(text)))
        self.connection.on("track", self._on_track)

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate([np.zeros(0, "<i2"), *self._pieces])

    async def offer(self) -> str:
        await self.connection.setLocalDescription()
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    def send(self, message: Mapping[str, object]) -> None:
        self.channel.send(json.dumps(message))

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                self._pieces.append(frame.to_ndarray().reshape(-1, 2)[:, 0])
        except MediaStreamError:
            return

    async def aclose(self) -> None:
        await self.connection.close()
        await asyncio.gather(*self._tasks)


@asynccontextmanager
async def browsing(
    negotiate: Callable[[str], Any], *tracks: MediaStreamTrack, **more: Any
) -> AsyncIterator[Browser]:
    """A browser whose offer `negotiate` has answered, with its data channel open."""
    browser = Browser(*(tracks or (Microphone(tone(440, 1, RATE_HZ)),)), **more)
    try:
        await browser.accept((await negotiate(await browser.offer())).sdp)
        async with asyncio.timeout(15):
            await browser.opened.wait()
        yield browser
    finally:
        await browser.aclose()
