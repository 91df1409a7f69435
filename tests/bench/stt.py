"""Recognition of many speakers at once, in real time, on this machine, beside plainer ways of doing it.

    python tests/bench/stt.py [--quick] [--sizes base,small] [--seconds 30]

Speech is the fixture's: sentences in four voices, with 0.7 to 1.3 s between them. Each stream is sent through
gRPC to a server in a process of its own, 20 ms at a time, as fast as it is spoken. The text is the trained
model's; for the cost of a real model every encoding and decoding is also made by one of exactly that shape
with random weights, in as many tokens as OpenAI's vocabulary needs for the text (`_stt_server.py`).

`ours` is the engine as it is, `padded` the same with Whisper's own 30 seconds for every decoding, `naive`
decodes every two seconds by themselves (`_stt_naive.py`). Measured is, at the client:

first partial    from the start of a sentence to the first text about it; the median
lag of a word    from its end in the audio (as espeak-ng told when it was spoken) to when the caption shows
                 it at its place and keeps it there; words that come out other than offline have none. A model
                 that knows few sentences can show a word before it has ended: the lag is then negative
committed lag    the same, to when it is promised never to change
final            from the end of a sentence to its final; the silence that ends an utterance is in it: 0.5 s,
                 after a whole sentence 0.35 s
CPU              of the server's process, for a second of audio, silence included
errors added     characters other than in an offline decoding, for a character of that

Real time is as many streams of those tried as have a lag p90 and a final p95 of at most one second.

`own cores` is the engine without the server on a clock of CPU seconds (`_stt_clock.py`): what two cores would
do that do nothing else. Where others compute on the same cores, only this tells of the engine.

Beside that, in the engine's rules alone (`_stt_long.py`): what a second of an answer costs that never pauses
for so long that an utterance ends, and what it would if captions always decoded utterances whole.
The last line is one JSON object: four streams of the size of Whisper's base model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy, and for children, as the service's own entry does

import grpc
import psutil
import uvloop
from rich.console import Console
from rich.table import Table
from viva.v1 import common_pb2, stt_pb2_grpc
from viva.v1 import stt_pb2 as pb

from services.runtime.channel import open_channel
from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.evaluation.errors import total
from services.stt.listening.listener import Tuning
from tests.bench._stt_clock import told_in_cpu_time
from tests.bench._stt_long import cpu_s_per_audio_s
from tests.bench._stt_server import engine_of
from tests.bench._stt_speech import Script, Told, errors, finals_s, first_captions_s, lags_s, script
from tests.services.rooms import TOKEN
from tests.services.stt import random_whisper

KINDS = ("ours", "padded", "naive")
OWN_CORES = {"ours, own cores": "ours", "padded, own cores": "padded"}
LIMITS = {
    "ours": "",
    "padded": "_padded",
    "ours, own cores": "_own_cores",
    "padded, own cores": "_padded_own_cores",
}
SHAPES = {"base": random_whisper.BASE, "small": random_whisper.SMALL}
STREAMS = (1, 2, 4, 6, 8, 12, 16)
HEADLINE = 4
PIECE = 320
REAL_TIME_S = 1.0
SHORT_PAUSES_S = (0.25, 0.42)


@dataclass(frozen=True)
class Measured:
    first_partial_s: float
    lag_mean_s: float
    lag_p90_s: float
    committed_lag_p90_s: float
    final_p50_s: float
    final_p95_s: float
    cpu_s_per_audio_s: float
    errors_added: float

    @property
    def is_real_time(self) -> bool:
        return max(self.lag_p90_s, self.final_p95_s) <= REAL_TIME_S


@dataclass(frozen=True)
class Server:
    """`said_streams` is what it would take by itself."""

    channel: grpc.aio.Channel
    process: psutil.Process
    said_streams: int

    def cpu_s(self) -> float:
        return sum(self.process.cpu_times()[:2])


@asynccontextmanager
async def serving(kind: str, costly: Path) -> AsyncIterator[Server]:
    command = [sys.executable, "-m", "tests.bench._stt_server", kind, str(costly)]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert child.stdin
    assert child.stdout
    said, port = int(await child.stdout.readline()), int(await child.stdout.readline())
    channel = open_channel([f"127.0.0.1:{port}"], token=TOKEN)
    try:
        yield Server(channel, psutil.Process(child.pid), said)
    finally:
        await channel.close()
        child.stdin.close()
        await child.wait()


# One stream


async def spoken(channel: grpc.aio.Channel, script: Script, wait_s: float) -> Told:
    """Sends the script as it would be spoken, and listens."""
    await asyncio.sleep(wait_s)
    call = stt_pb2_grpc.SttServiceStub(channel).StreamingRecognize(timeout=600)
    config = pb.StreamingConfig(
        sample_rate_hz=SAMPLE_RATE_HZ, patience_ms=800, language=common_pb2.LANGUAGE_KO
    )
    await call.write(pb.StreamingRecognizeRequest(config=config))
    begun = time.perf_counter()
    listening = asyncio.create_task(heard(call, begun))
    for offset in range(0, len(script.pcm) // 2, PIECE):
        await asyncio.sleep(begun + (offset + PIECE) / SAMPLE_RATE_HZ - time.perf_counter())
        piece = pb.AudioChunk(offset=offset, pcm=script.pcm[2 * offset : 2 * (offset + PIECE)])
        await call.write(pb.StreamingRecognizeRequest(audio=piece))
    await call.write(pb.StreamingRecognizeRequest(finish=pb.Finish()))
    await call.done_writing()
    return await listening


async def heard(call: grpc.aio.StreamStreamCall, begun: float) -> Told:
    told = Told()
    async for answer in call:
        at = time.perf_counter() - begun
        if answer.HasField("partial"):
            partial = answer.partial
            decoded_s = partial.decoded_offset / SAMPLE_RATE_HZ
            told.hear_partial(at, partial.committed, partial.unstable, decoded_s)
        elif answer.HasField("final"):
            told.hear_final(at, answer.final.text, answer.final.end_offset / SAMPLE_RATE_HZ)
    return told


# Many


async def measured(server: Server, scripts: Sequence[Script]) -> Measured:
    before = server.cpu_s()
    starts = [number * 0.37 % 2 for number in range(len(scripts))]  # nobody begins with another
    told = await asyncio.gather(
        *(spoken(server.channel, *each) for each in zip(scripts, starts, strict=True))
    )
    return scored(scripts, told, server.cpu_s() - before)


def scored(scripts: Sequence[Script], told: Sequence[Told], cpu_s: float) -> Measured:
    pairs = list(zip(scripts, told, strict=True))
    lags = [lag for pair in pairs for lag in lags_s(*pair)]
    committed = [lag for pair in pairs for lag in lags_s(*pair, committed=True)]
    finals = [wait for pair in pairs for wait in finals_s(*pair)]
    return Measured(
        first_partial_s=statistics.median(wait for pair in pairs for wait in first_captions_s(*pair)),
        lag_mean_s=statistics.mean(lags),
        lag_p90_s=share_of(lags, 0.9),
        committed_lag_p90_s=share_of(committed, 0.9),
        final_p50_s=share_of(finals, 0.5),
        final_p95_s=share_of(finals, 0.95),
        cpu_s_per_audio_s=cpu_s / sum(each.seconds for each in scripts),
        errors_added=total(errors(*pair) for pair in pairs).characters.rate,
    )


def share_of(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def row_of(
    kind: str, costly: Path, streams: Sequence[int], scripts: Sequence[Script]
) -> dict[int, Measured]:
    """Up to the first that falls behind, but as far as the headline."""
    found: dict[int, Measured] = {}
    async with serving(kind, costly) as server:
        print(
            f"({kind}: takes {server.said_streams} streams; load average {os.getloadavg()[0]:.1f})",
            flush=True,
        )
        for count in streams:
            found[count] = await measured(server, scripts[:count])
            if count >= HEADLINE and not found[count].is_real_time:
                break
    return found


def row_in_cpu_time(
    kind: str, costly: Path, streams: Sequence[int], scripts: Sequence[Script]
) -> dict[int, Measured]:
    """The same, told by a clock that only decoding moves."""
    found: dict[int, Measured] = {}
    engine = engine_of(kind, costly, streams=max(streams))
    for count in streams:
        before = time.process_time()
        told = told_in_cpu_time(engine, scripts[:count])
        found[count] = scored(scripts[:count], told, time.process_time() - before)
        if count >= HEADLINE and not found[count].is_real_time:
            break
    return found


def show(size: str, rows: dict[str, dict[int, Measured]]) -> None:
    heads = ("first", "lag mean", "p90", "committed p90", "final p50", "p95", "CPU", "errors")
    table = Table(
        "", "streams", *heads, title=f"size of Whisper {size}: seconds; CPU seconds and errors as shares"
    )
    for kind, row in rows.items():
        for count, one in row.items():
            table.add_row(kind, str(count), *(f"{value:.2f}" for value in asdict(one).values()))
    Console(width=120).print(table)


def real_time_streams(row: dict[int, Measured]) -> int:
    return max((count for count, one in row.items() if one.is_real_time), default=0)


def headline(rows: dict[str, dict[int, Measured]]) -> dict[str, object]:
    ours, padded, naive, *own = (
        {name: round(value, 3) for name, value in asdict(rows[kind][HEADLINE]).items()}
        for kind in (*KINDS, *OWN_CORES)
    )
    limits = {f"max_realtime_streams{name}": real_time_streams(rows[kind]) for kind, name in LIMITS.items()}
    beside = {"naive_2s": naive, "padded": padded, "own_cores": own[0], "padded_own_cores": own[1]}
    return {**ours, **limits, **beside}


async def measure(options: argparse.Namespace) -> dict[str, object]:
    streams = (1, HEADLINE) if options.quick else STREAMS
    scripts = [script(number, options.seconds) for number in range(max(streams))]
    found: dict[str, object] = {}
    for size in options.sizes.split(","):
        costly = options.folder / size
        if not (costly / "model.bin").exists():
            random_whisper.write(costly, SHAPES[size])
        rows = {kind: await row_of(kind, costly, streams, scripts) for kind in KINDS}
        for name, kind in OWN_CORES.items():
            rows[name] = await asyncio.to_thread(row_in_cpu_time, kind, costly, streams, scripts)
        show(size, rows)
        found = found or headline(rows) | long(costly, options.seconds)
    return found


def long(costly: Path, seconds: float) -> dict[str, float]:
    answer = script(0, seconds, SHORT_PAUSES_S)
    trimmed, whole = (
        cpu_s_per_audio_s(answer, costly, tuning) for tuning in (Tuning(), Tuning(captioned_s=seconds))
    )
    print(f"an answer without an endpoint: {trimmed:.2f} CPU seconds a second; decoded whole: {whole:.2f}")
    return {"cpu_s_per_audio_s_long": round(trimmed, 3), "cpu_s_per_audio_s_long_whole": round(whole, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one and four streams only, half as long")
    parser.add_argument("--sizes", default="base", help="base, small; the first is the headline's")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each stream")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "viva-bench-whisper")
    options = parser.parse_args()
    if options.quick:
        options.seconds /= 2
    print(json.dumps(uvloop.run(measure(options))))


if __name__ == "__main__":
    main()
