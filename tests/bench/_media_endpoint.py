"""The endpoint as a process of its own whose conversations only count, and browsers that cost little.

    python -m tests.bench._media_endpoint

Browsers send what was encoded once: many fit into one process beside the endpoint. Knows no mesh.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, Packet, VideoFrame

from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop
from tests.services.media.engines.webrtc.browser import FRAME, RATE_HZ, Browser, tone
from tests.services.media.fakes import FakeConversation, FakeConversations

ROOT = Path(__file__).resolve().parents[2]
FRAMES_PER_S = 10
SIZE = (640, 480)
VIDEO_CLOCK_HZ = 90_000
FIRST_SOUND_S = 60
LONGEST_LINE = 1 << 26


class Counting(FakeConversation):
    def __init__(self) -> None:
        super().__init__()
        self.pieces = self.pictures = 0

    def hear(self, pcm: bytes) -> None:
        self.pieces += 1

    def see(self, jpeg: bytes, at_ms: int) -> None:
        self.pictures += 1


async def serve() -> None:
    conversations = FakeConversations(Counting)
    engine = WebRtcEngine(conversations, places=100, heartbeat_s=24 * 3600)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        if "offer" in asked:
            answer = await engine.negotiate(asked["interview"], asked["offer"])
            print(json.dumps(answer.sdp), flush=True)
        else:
            opened: list[Any] = list(conversations.opened.values())
            told = {"pieces": sum(each.pieces for each in opened)}
            told["pictures"] = sum(each.pictures for each in opened)
            print(json.dumps({"cpu_s": time.process_time(), "at_s": time.monotonic(), **told}), flush=True)
    await engine.aclose()


class Endpoint:
    """A child process that is told things in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self._lock = process, asyncio.Lock()

    @property
    def rss_mb(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6

    async def ask(self, **asked: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        async with self._lock:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def endpoint(*arguments: str, module: str = "tests.bench._media_endpoint") -> AsyncIterator[Endpoint]:
    command = (sys.executable, "-m", module, *arguments)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE
    )
    try:
        yield Endpoint(process)
    finally:
        process.kill()
        await process.wait()


# The browsers


@cache
def spoken_packets() -> list[bytes]:
    """One second of a tone, as Opus."""
    encoder = CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.layout = RATE_HZ, "s16", "mono"
    samples, packets = tone(440, 1, RATE_HZ), []
    for number in range(RATE_HZ // FRAME):
        piece = samples[number * FRAME : (number + 1) * FRAME]
        frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, number * FRAME
        packets += [bytes(each) for each in encoder.encode(frame)]
    return packets


@cache
def seen_packets() -> list[bytes]:
    """Five seconds of somebody moving before a wall, as VP8; the first is a key picture."""
    encoder = CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.bit_rate = "yuv420p", 500_000
    encoder.time_base = Fraction(1, FRAMES_PER_S)
    encoder.options = {"deadline": "realtime", "cpu-used": "5", "g": "50", "lag-in-frames": "0"}
    packets = []
    for number, picture in enumerate(_pictures(5 * FRAMES_PER_S)):
        frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += [bytes(each) for each in encoder.encode(frame)]
    return packets


def _pictures(count: int) -> list[np.ndarray]:
    width, height = SIZE
    noise = np.random.default_rng(0)
    wall = np.linspace(60, 180, width, dtype=np.uint8) + noise.integers(0, 6, (height, width), np.uint8)
    rows, columns = np.ogrid[:height, :width]
    pictures = []
    for number in range(count):
        across = width / 2 + 40 * np.sin(number / 5)
        head = ((columns - across) / 90) ** 2 + ((rows - height / 2) / 120) ** 2 < 1
        picture = np.where(head, 200 - wall // 4, wall) + noise.integers(0, 4, (height, width), np.uint8)
        pictures.append(np.repeat(picture.astype(np.uint8)[:, :, None], 3, axis=2))
    return pictures


class Repeating(MediaStreamTrack):
    """Sends packets over and over, `per_second` of them."""

    def __init__(self, kind: str, packets: Sequence[bytes], per_second: int, clock_hz: int) -> None:
        self.kind = kind
        super().__init__()
        self._packets, self._per_second, self._clock_hz = packets, per_second, clock_hz
        self._sent, self._begun = 0, 0.0

    async def recv(self) -> "Packet[Any]":
        now = asyncio.get_running_loop().time
        self._begun = self._begun or now()
        await asyncio.sleep(self._begun + self._sent / self._per_second - now())
        if self.readyState != "live":
            raise MediaStreamError
        packet: Packet[Any] = Packet(self._packets[self._sent % len(self._packets)])
        packet.time_base, packet.pts = (
            Fraction(1, self._clock_hz),
            self._sent * self._clock_hz // self._per_second,
        )
        self._sent += 1
        return packet


class Timed(Browser):
    """Notes when the first sound of the endpoint is there, and keeps none."""

    def __init__(self, *tracks: MediaStreamTrack) -> None:
        self.first = asyncio.get_running_loop().create_future()
        super().__init__(*tracks)

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                await track.recv()
                if not self.first.done():
                    self.first.set_result(time.monotonic())
        except MediaStreamError:
            return


async def connected(to: Endpoint, name: str) -> tuple[Timed, float]:
    """The browser, and the milliseconds from its offer to its first sound."""
    browser = Timed(
        Repeating("audio", spoken_packets(), RATE_HZ // FRAME, RATE_HZ),
        Repeating("video", seen_packets(), FRAMES_PER_S, VIDEO_CLOCK_HZ),
    )
    offer = await browser.offer()
    begun = time.monotonic()
    await browser.accept(await to.ask(offer=offer, interview=name))
    async with asyncio.timeout(FIRST_SOUND_S):
        return browser, (await browser.first - begun) * 1000


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(0))) as runner:
        runner.run(serve())
