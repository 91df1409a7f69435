"""services.llm against its peers on one GGUF, the same conversations and the same machine, in one run.

    python tests/bench/llm.py [--quick] [--parts turns,long,decode,load,settings]

The model has random weights and a vocabulary of 102,400 tokens: its speed is real, its words mean nothing.
Peers: `python -m llama_cpp.server`, and `llama-server` where LLAMA_SERVER_BIN names it (null elsewhere). Its
sources come with those of llama-cpp-python: `cmake -B build -DLLAMA_USE_PREBUILT_UI=OFF vendor/llama.cpp`,
then `cmake --build build --target llama-server`. The limit of decoding is a bare `llama_decode` loop with
llama.cpp's own drawing of tokens (`_llm_limit.py`). Everybody gets two threads that sleep while they wait
(OMP_WAIT_POLICY=passive): on a busy machine spinning ones measure the machine's other work. The last line is
one JSON object; `--parts` leaves its other values null.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ["OMP_WAIT_POLICY"] = "passive"  # before anything loads OpenMP; children inherit it

import uvloop
from rich.console import Console
from rich.table import Table
from viva.v1 import llm_pb2 as pb

from services.session.domain.prompts import evaluation_schema
from tests.bench._llm_interviews import Measured, PlainInterview, SessionInterview, Words, hold
from tests.bench._llm_servers import (
    Load,
    Messages,
    OurServer,
    Reply,
    Said,
    llama_server,
    our_server,
    packaged_server,
    plain_weights_needed,
)
from tests.fixtures.gguf.library import BENCH, Library

THREADS = 2
NEW_TOKENS = 32
SYSTEM_TOKENS, FIRST_TOKENS, ANSWER_TOKENS = 400, 440, 74  # with markers: about 850, then about 86 a turn
LONG_ANSWER_TOKENS = 300
KEYS = (
    "ttft_warm_vs_packaged", "ttft_warm_vs_llama_server", "ttft_prefilled_vs_llama_server",
    "ttft_prefilled_vs_packaged", "wall_vs_llama_server", "decode_vs_limit_b8",
    "decode_vs_llama_decode_b8", "worst_stall_steps",
    "worst_stall_vs_step", "t0_to_first_token_ms", "interactive_ttft_loaded_vs_idle",
)  # fmt: skip
PARTS = ("turns", "long", "decode", "load")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    interviews: int = 8
    turns: int = 3
    long_interviews: int = 4
    long_turns: int = 15
    packaged_turns: tuple[int, ...] = (2, 8, 15)  # of the long table: it recomputes every prompt anyway
    decode_tokens: int = 96
    batches: tuple[int, ...] = (1, 4, 8, 16)
    long_prompt: int = 4000
    probes: int = 9
    rounds: int = 3


QUICK = Size(4, 2, 2, 3, (2,), 32, (1, 8), 1500, 3)


@dataclass(frozen=True)
class Bench:
    model: Path
    words: Words
    size: Size
    plain: bool
    llama_server_binary: str

    def load(self, slots: int, context: int) -> Load:
        return Load(slots, context, THREADS, self.plain)


# Turns


async def turns_part(bench: Bench) -> dict[str, Any]:
    """Short answers: cold, warm, prefilled while speaking."""
    size, rows = bench.size, {}
    load = bench.load(size.interviews, 2048)
    for prefilled in (False, True):
        async with our_server(bench.model, load) as server:
            name = f"{server.name}{', prefilled' if prefilled else ''}"
            await warmed(server)
            rows[name] = await hold(server, plain_interviews(bench), size.turns, NEW_TOKENS, prefilled)
    for peer in peers(bench, load):
        async with peer as server:
            await warmed(server)
            rows[server.name] = await hold(server, plain_interviews(bench), size.turns, NEW_TOKENS)
    show_turns(f"{size.interviews} interviews, {NEW_TOKENS} new tokens", rows, range(size.turns))
    return second_turn_ratios({name: row[1] for name, row in rows.items()})


def plain_interviews(bench: Bench) -> list[PlainInterview]:
    words = bench.words
    system = words.text(SYSTEM_TOKENS, "job")
    return [
        PlainInterview(f"i{n}", words, system, words.text(FIRST_TOKENS, f"first/{n}"), ANSWER_TOKENS)
        for n in range(bench.size.interviews)
    ]


def second_turn_ratios(rows: dict[str, Measured]) -> dict[str, Any]:
    warm, prefilled = rows[OurServer.name], rows[f"{OurServer.name}, prefilled"]
    packaged, native = rows["llama_cpp.server"], rows.get("llama-server")
    return {
        "ttft_warm_vs_packaged": warm.mean_first_s / packaged.mean_first_s,
        "ttft_prefilled_vs_packaged": prefilled.mean_first_s / packaged.mean_first_s,
        "ttft_warm_vs_llama_server": native and warm.mean_first_s / native.mean_first_s,
        "ttft_prefilled_vs_llama_server": native and prefilled.mean_first_s / native.mean_first_s,
        "wall_vs_llama_server": native and warm.wall_s / native.wall_s,
    }


async def long_part(bench: Bench) -> dict[str, Any]:
    """Whole interviews with the session's own prompts and long answers."""
    size = bench.size
    load = bench.load(size.long_interviews, 1024 * (2 + size.long_turns))
    rows: dict[str, list[Measured | None]] = {}
    for prefilled in (False, True):
        async with our_server(bench.model, load) as server:
            await warmed(server)
            name = f"{server.name}{', prefilled' if prefilled else ''}"
            rows[name] = list(
                await hold(server, session_interviews(bench), size.long_turns, NEW_TOKENS, prefilled)
            )
    async with our_server(bench.model, load) as server:
        await warmed(server)
        alone = await hold(server, session_interviews(bench)[:1], size.long_turns, NEW_TOKENS, prefilled=True)
    for peer in peers(bench, load):
        async with peer as server:
            await warmed(server)
            rows[server.name] = await held_by_peer(bench, server)
    shown = [
        turn - 1 for turn in sorted({1, *size.packaged_turns, size.long_turns}) if turn <= size.long_turns
    ]
    show_turns(f"{size.long_interviews} interviews of the session's prompts, 300-token answers", rows, shown)
    first_ms = statistics.median(each.mean_first_s for each in alone[1:]) * 1000
    Console().print(
        f"one interview alone, prefilled: T0 to first token {first_ms:.0f} ms (median of its turns)"
    )
    return {"t0_to_first_token_ms": first_ms}


async def held_by_peer(bench: Bench, server: Any) -> list[Measured | None]:
    """All turns, or for the packaged server those it is asked about, each over a whole history."""
    interviews, turns = session_interviews(bench), bench.size.long_turns
    if server.name != "llama_cpp.server":
        return list(await hold(server, interviews, turns, NEW_TOKENS))
    measured: list[Measured | None] = []
    for turn in range(1, turns + 1):
        if turn in bench.size.packaged_turns:
            measured += await hold(server, interviews, 1, NEW_TOKENS)
        else:
            for each in interviews:
                each.heard(bench.words.text(NEW_TOKENS, f"{each.key}/question/{turn}"))
            measured.append(None)
    return measured


def session_interviews(bench: Bench) -> list[SessionInterview]:
    return [
        SessionInterview(f"s{n}", bench.words, LONG_ANSWER_TOKENS, seed=n)
        for n in range(bench.size.long_interviews)
    ]


def peers(bench: Bench, load: Load) -> Iterator[Any]:
    yield packaged_server(bench.model, load)
    if bench.llama_server_binary:
        yield llama_server(bench.llama_server_binary, bench.model, load)


async def warmed(server: Any) -> None:
    await server.ask([Said("user", "시작합니다.")], "warm-up", 4)


def show_turns(title: str, rows: dict[str, Sequence[Measured | None]], turns: Sequence[int]) -> None:
    table = Table(
        "server", *(f"turn {turn + 1}" for turn in turns), title=f"{title}: mean first token / wall, s"
    )
    for name, row in rows.items():
        cells = [row[turn] for turn in turns]
        table.add_row(name, *(f"{c.mean_first_s:.2f} / {c.wall_s:.2f}" if c else "-" for c in cells))
    Console().print(table)


# Decoding


async def decode_part(bench: Bench) -> dict[str, Any]:
    """Tokens per second while so many decode, and what a loop without a server makes; taken in turns."""
    table = Table(
        "batch", "ours, tokens/s", "llama_decode and drawing", "llama_decode alone", "share", "of alone",
        title="decoding, medians of rounds",
    )  # fmt: skip
    shares = {}
    for batch in bench.size.batches:
        rounds = []
        async with our_server(bench.model, bench.load(batch, 512)) as server:
            await warmed(server)
            for number in range(bench.size.rounds):
                alone, drawing = await asyncio.to_thread(limits_tokens_per_s, bench, batch)
                ours = await decoding_tokens_per_s(bench, server, batch, number)
                rounds.append((ours, drawing, alone, ours / drawing, ours / alone))
        *speeds, share, of_alone = map(statistics.median, zip(*rounds, strict=True))
        shares[batch] = share, of_alone
        table.add_row(str(batch), *(f"{each:.1f}" for each in speeds), f"{share:.2f}", f"{of_alone:.2f}")
    Console().print(table)
    return {"decode_vs_limit_b8": shares[8][0], "decode_vs_llama_decode_b8": shares[8][1]}


async def decoding_tokens_per_s(bench: Bench, server: OurServer, batch: int, number: int) -> float:
    """Counted from when the last has begun until the first ends."""
    asked = [[Said("user", bench.words.text(64, f"decode/{number}/{n}"))] for n in range(batch)]
    replies = await asyncio.gather(
        *(server.ask(each, f"d{number}/{n}", bench.size.decode_tokens) for n, each in enumerate(asked))
    )
    began, ended = max(r.arrivals[0] for r in replies), min(r.arrivals[-1] for r in replies)
    counted = sum(1 for r in replies for at in r.arrivals if began < at <= ended)
    return counted / (ended - began)


def limits_tokens_per_s(bench: Bench, batch: int) -> tuple[float, float]:
    numbers = (batch, bench.size.decode_tokens, 64, 512, THREADS, int(bench.plain), 0)
    command = [sys.executable, "-m", "tests.bench._llm_limit", str(bench.model), *map(str, numbers)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return batch * 1000 / float(told[0]), batch * 1000 / float(told[1])


# Load


async def load_part(bench: Bench) -> dict[str, Any]:
    """What a running question and a new one feel of a long prompt and of evaluations."""
    async with our_server(bench.model, bench.load(12, bench.size.long_prompt + 1024)) as server:
        await warmed(server)
        step_s = await batch_step_s(bench, server)
        alone, under = await stalled(bench, server)
        steps = await server.worst_steps()
        idle, loaded = await interactive_first_s(bench, server)
    worst = max(under.gaps_s)
    table = Table("under load", "ms", title=f"{bench.size.long_prompt} tokens and 8 evaluations arrive")
    for name, seconds in (
        ("a running question: worst gap between two tokens", worst),
        ("its median gap meanwhile", statistics.median(under.gaps_s)),
        ("its median gap alone", statistics.median(alone.gaps_s)),
        ("a step of eight", step_s),
        ("a new question's first token, idle", idle),
        ("the same beside 8 evaluations", loaded),
    ):
        table.add_row(name, f"{seconds * 1000:.0f}")
    Console().print(table)
    Console().print(f"most steps between two tokens of any question so far, as the engine counts: {steps}")
    return {
        "worst_stall_vs_step": worst / step_s,
        "worst_stall_steps": steps,
        "interactive_ttft_loaded_vs_idle": loaded / idle,
    }


async def batch_step_s(bench: Bench, server: OurServer) -> float:
    """The median time between a sequence's tokens while eight decode."""
    asked = [[Said("user", bench.words.text(64, f"step/{n}"))] for n in range(8)]
    replies = await asyncio.gather(*(server.ask(each, f"t{n}", 48) for n, each in enumerate(asked)))
    return statistics.median(gap for reply in replies for gap in reply.gaps_s[4:-4])


async def stalled(bench: Bench, server: OurServer) -> tuple[Reply, Reply]:
    """The same question twice: alone, and while everything else arrives."""
    asked = [Said("user", bench.words.text(200, "running"))]
    # Composed beforehand: it keeps this process so busy that it would hear tokens late.
    long = [Said("user", bench.words.text(bench.size.long_prompt, "long"))]
    answers = [an_evaluation(bench, number) for number in range(8)]
    alone = await server.ask(asked, "running-alone", 64)
    running = asyncio.create_task(server.ask(asked, "running", 160))
    await asyncio.sleep(0.3 + alone.first_s)
    others = [server.ask(long, "long", 16), *(evaluated(server, n, each) for n, each in enumerate(answers))]
    under, *_ = await asyncio.gather(running, *others)
    return alone, under


def an_evaluation(bench: Bench, number: int) -> Messages:
    rubric, answer = bench.words.text(500, "rubric"), bench.words.text(200, f"answer/{number}")
    return [Said("system", rubric), Said("user", answer)]


async def evaluated(server: OurServer, number: int, asked: Messages, tokens: int = 64) -> Reply:
    schema = json.dumps(evaluation_schema(["job_fit", "communication"]))
    return await server.ask(asked, f"evaluation/{number}", tokens, priority=pb.PRIORITY_BATCH, schema=schema)


async def interactive_first_s(bench: Bench, server: OurServer) -> tuple[float, float]:
    """Medians: nobody else there, and beside eight evaluations that decode."""
    idle = [await _first_s(bench, server, f"idle/{n}") for n in range(bench.size.probes)]
    asked = [an_evaluation(bench, 100 + n) for n in range(8)]
    running = [
        asyncio.create_task(evaluated(server, 100 + n, each, tokens=400)) for n, each in enumerate(asked)
    ]
    await asyncio.sleep(20 * statistics.median(idle))  # their prompts are read by then
    loaded = [await _first_s(bench, server, f"loaded/{n}") for n in range(bench.size.probes)]
    if all(task.done() for task in running):
        Console().print("[red]the evaluations ended before the questions did: the second figure is too good")
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return statistics.median(idle), statistics.median(loaded)


async def _first_s(bench: Bench, server: OurServer, name: str) -> float:
    return (await server.ask([Said("user", bench.words.text(200, name))], name, 4, shared=0)).first_s


# Settings


async def settings_part(bench: Bench) -> dict[str, Any]:
    """What the layout of the KV cache, the size of a step and the threads cost or save."""
    table = Table(
        "KV cache", "step, tokens", "threads", "turn 1", "turn 2", "8 decode, tokens/s",
        title="settings: mean first token / wall, s",
    )  # fmt: skip
    load = bench.load(8, 2048)
    for tried in (
        load, replace(load, unified=True), replace(load, step=64), replace(load, step=128),
        replace(load, step=2048), replace(load, threads=1), load,
    ):  # fmt: skip
        async with our_server(bench.model, tried) as server:
            await warmed(server)
            turns = await hold(server, plain_interviews(bench), 2, NEW_TOKENS)
            speed = await decoding_tokens_per_s(bench, server, 8, 0)
        cells = (f"{turn.mean_first_s:.2f} / {turn.wall_s:.2f}" for turn in turns)
        layout = "unified" if tried.unified else "split"
        table.add_row(layout, str(tried.step), str(tried.threads), *cells, f"{speed:.1f}")
    Console().print(table)
    return {}


# All together


async def measure(bench: Bench, parts: Sequence[str]) -> dict[str, Any]:
    todo: dict[str, Callable[[Bench], Any]] = {
        "turns": turns_part, "long": long_part, "decode": decode_part, "load": load_part,
        "settings": settings_part,
    }  # fmt: skip
    found: dict[str, Any] = dict.fromkeys(KEYS)
    for part in parts:
        started = time.monotonic()
        found |= await todo[part](bench)
        print(f"({part}: {time.monotonic() - started:.0f} s; load average {os.getloadavg()[0]:.1f})")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smaller model and fewer of everything")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of them, by commas")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "viva-bench-gguf")
    options = parser.parse_args()
    library = Library(options.folder)
    recipe = BENCH
    if options.quick:
        recipe = replace(BENCH, name="bench-random-quick", shape=replace(BENCH.shape, layers=2, width=512))
    model = library.model(recipe)
    size, binary = QUICK if options.quick else Size(), os.environ.get("LLAMA_SERVER_BIN", "")
    bench = Bench(model, Words(library.vocabulary), size, plain_weights_needed(model), binary)
    if bench.plain:
        print("llama.cpp's own weight layout ends a process on this machine: everybody uses plain weights.")
    found = uvloop.run(measure(bench, options.parts.split(",")))
    print(json.dumps({key: found[key] if found[key] is None else round(found[key], 3) for key in KEYS}))


if __name__ == "__main__":
    main()
