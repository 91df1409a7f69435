"""From a frame to its observation, through the vision service in a process of its own. Knows no media."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from viva.v1 import vision_pb2 as pb
from viva.v1 import vision_pb2_grpc

from deploy.local.environment import free_ports
from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.vision.requests import MAX_FRAME_BYTES
from tests.bench._media_endpoint import ROOT
from tests.conftest import ASSETS_NEXT_TO_CHECKOUT
from tests.services.rooms import TOKEN

STREAMS = (1, 10)
PERIOD_S = 0.2
SETTLE_S = 2.0
START_S = 60.0
KEYS = ("vision_p50_ms", "vision_p95_ms", "vision_cpu_ms")
END_OF_JPEG = b"\xff\xd9"


@dataclass(frozen=True)
class Serving:
    channel: Any
    process: psutil.Process

    def cpu_s(self) -> float:
        return float(sum(self.process.cpu_times()[:2]))


@dataclass(frozen=True)
class Row:
    waits_ms: list[float]
    sent: int
    cpu_ms: float
    """For a frame that was looked at."""


async def vision_part(seconds: float, rounds: int) -> dict[str, Any]:
    """The figures of one stream; the table has those of ten."""
    assets = Path(os.environ.get("VIVA_TEST_ASSETS") or ASSETS_NEXT_TO_CHECKOUT)
    model, video = assets / "models/face_landmarker.task", assets / "assets/face_640x480_30.mjpeg"
    for needed in (model, video):
        if not needed.is_file():
            return _nothing(f"there is no {needed.name}: set VIVA_TEST_ASSETS to a folder with both")
    frames = [each for each in jpegs(video.read_bytes()) if len(each) <= MAX_FRAME_BYTES]
    rows: dict[int, list[Row]] = {count: [] for count in STREAMS}
    async with serving(model) as server:
        info = await vision_pb2_grpc.VisionServiceStub(server.channel).GetInfo(
            pb.VisionServiceGetInfoRequest(), timeout=START_S, wait_for_ready=True
        )
        found = Capability.from_pb(info.capability)
        if found.state is not State.READY:
            return _nothing(f"{found.detail} {found.remedy}")
        await looked_at(server, frames, 1, SETTLE_S)
        for _ in range(rounds):
            for count in STREAMS:
                rows[count].append(await looked_at(server, frames, count, seconds))
    return shown(rows, rounds)


def _nothing(reason: str) -> dict[str, Any]:
    Console(width=120).print(f"vision: null, because {reason}")
    return dict.fromkeys(KEYS)


def jpegs(mjpeg: bytes) -> list[bytes]:
    return [piece + END_OF_JPEG for piece in mjpeg.split(END_OF_JPEG) if piece.startswith(b"\xff\xd8")]


@asynccontextmanager
async def serving(model: Path) -> AsyncIterator[Serving]:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    environment = {
        **os.environ,
        "VIVA_VISION_LISTEN": address,
        "VIVA_VISION_MODEL": str(model),
        "VIVA_MESH_TOKEN": TOKEN,
        "VIVA_LOG_LEVEL": "error",
    }
    command = (sys.executable, "-m", "services.vision")
    child = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    channel = open_channel([address], token=TOKEN)
    try:
        yield Serving(channel, psutil.Process(child.pid))
    finally:
        await channel.close()
        child.terminate()
        await child.wait()


async def looked_at(server: Serving, frames: list[bytes], streams: int, seconds: float) -> Row:
    before = server.cpu_s()
    each = [_stream(server, frames[17 * n :] + frames[: 17 * n], n, seconds) for n in range(streams)]
    told = await asyncio.gather(*each)
    waits = [wait for waits, _ in told for wait in waits]
    cpu_ms = (server.cpu_s() - before) * 1000 / len(waits)
    return Row(waits, sum(sent for _, sent in told), cpu_ms)


async def _stream(
    server: Serving, frames: list[bytes], number: int, seconds: float
) -> tuple[list[float], int]:
    """Milliseconds from a frame to what was seen in it, five frames a second; and how many were sent."""
    await asyncio.sleep(number * 0.037 % PERIOD_S)  # nobody's camera is another's
    call = vision_pb2_grpc.VisionServiceStub(server.channel).Analyze(timeout=seconds + START_S)
    config = pb.AnalyzeConfig(interview_id=f"i{number}", policy=pb.BEHAVIOUR_POLICY_OBSERVE)
    await call.write(pb.AnalyzeRequest(config=config))
    await call.initial_metadata()
    sent_at: dict[int, float] = {}
    waits: list[float] = []

    async def read() -> None:
        async for answer in call:
            at = sent_at[answer.observation.timestamp_ms]
            waits.append((time.perf_counter() - at) * 1000)

    reading, begun = asyncio.create_task(read()), time.perf_counter()
    for count in range(round(seconds / PERIOD_S)):
        await asyncio.sleep(begun + count * PERIOD_S - time.perf_counter())
        timestamp = round(count * PERIOD_S * 1000)
        sent_at[timestamp] = time.perf_counter()
        jpeg = frames[6 * count % len(frames)]  # of a film of thirty a second
        await call.write(pb.AnalyzeRequest(frame=pb.Frame(timestamp_ms=timestamp, jpeg=jpeg)))
    await call.done_writing()
    await reading
    return waits, len(sent_at)


def shown(rows: dict[int, list[Row]], rounds: int) -> dict[str, Any]:
    table = Table(
        "streams", "seen of sent", "p50, ms, best", "median", "p95, ms, best", "median",
        "CPU a frame, ms, best", "median", title=f"frame to observation, {rounds} rounds",
    )  # fmt: skip
    figures: dict[int, list[float]] = {}
    for count, some in rows.items():
        seen, sent = sum(len(row.waits_ms) for row in some), sum(row.sent for row in some)
        values = (
            sorted(percentile(row.waits_ms, 0.5) for row in some),
            sorted(percentile(row.waits_ms, 0.95) for row in some),
            sorted(row.cpu_ms for row in some),
        )
        figures[count] = [percentile(each, 0.5) for each in values]
        cells = (f"{value:.1f}" for each in values for value in (each[0], percentile(each, 0.5)))
        table.add_row(str(count), f"{seen} of {sent}", *cells)
    Console(width=120).print(table)
    return dict(zip(KEYS, figures[STREAMS[0]], strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
