"""32 concurrent callers over gRPC against one-by-one `SentenceTransformer.encode`: same model, same run.

    python tests/bench/embed.py [--rounds 5] [--texts 192] [--callers 32] [--layers 6 --hidden 384]

The model is an XLM-R with random weights that this program makes: its speed is real, its vectors mean
nothing. The peer is what a naive server does for each request: the stock library, in-process, without any
transport, with torch's own thread setting. Ours is the product's server as a process of its own, with its
default settings. Rounds alternate, and the best round of each counts: a neighbour's load hurts both, but not
alike (the medians are printed too). The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import uvloop
from viva.v1 import embed_pb2 as pb
from viva.v1 import embed_pb2_grpc

from services.embed.engine import Kind
from services.runtime.channel import open_channel
from tests.services.embed.tiny_xlmr import Shape, build, sentences

TOKEN = "bench"
# Sentences per text: what was just said, a whole answer, a passage of a résumé as the product cuts it
# (about 300 characters).
LENGTHS = {"sentence": (1, 1), "answer": (2, 4), "passage": (4, 5)}
# So many pieces give about 1.9 characters a token, as XLM-R's own tokenizer does on Korean.
TOKENIZER_PIECES = 295


@dataclass
class Row:
    """One way of embedding the same texts; seconds per round, milliseconds per call."""

    name: str
    seconds: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    vectors: Any = None

    def add(self, seconds: float, latencies_ms: list[float], vectors: list[Any]) -> None:
        self.seconds.append(seconds)
        self.latencies_ms += latencies_ms
        self.vectors = np.stack(vectors)


def texts_of(length: str, count: int, seed: int) -> list[str]:
    choose, source = random.Random(seed), sentences(seed)
    return [" ".join(itertools.islice(source, choose.randint(*LENGTHS[length]))) for _ in range(count)]


def mixed(count: int, seed: int) -> list[str]:
    """Equal thirds of the three lengths, shuffled."""
    each = -(-count // len(LENGTHS))
    found = [text for length in LENGTHS for text in texts_of(length, each, seed)][:count]
    random.Random(seed).shuffle(found)
    return found


def one_by_one(row: Row, texts: list[str], encode: Callable[[str], Any]) -> None:
    vectors, latencies = [], []
    started = time.perf_counter()
    for text in texts:
        before = time.perf_counter()
        vectors.append(encode(text))
        latencies.append((time.perf_counter() - before) * 1000)
    row.add(time.perf_counter() - started, latencies, vectors)


async def concurrently(row: Row, texts: list[str], encode: Callable[[str], Any], callers: int) -> None:
    vectors: list[Any] = [None] * len(texts)
    latencies: list[float] = []
    todo = iter(enumerate(texts))

    async def caller() -> None:
        for index, text in todo:
            before = time.perf_counter()
            vectors[index] = await encode(text)
            latencies.append((time.perf_counter() - before) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    row.add(time.perf_counter() - started, latencies, vectors)


@contextmanager
def server(model: Path, dimensions: int) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{found.getsockname()[1]}"
    own = {
        "VIVA_EMBED_LISTEN": address,
        "VIVA_EMBED_MODEL": str(model),
        "VIVA_EMBED_DIMENSIONS": str(dimensions),
        "VIVA_MESH_TOKEN": TOKEN,
        "VIVA_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.embed"], env=os.environ | own)
    try:
        yield address
    finally:
        process.terminate()
        process.wait(20)


def library(model: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model), device="cpu", local_files_only=True)


def our_engine(model: Path) -> Any:
    from services.embed.engines.sentence_transformers import ModelOptions, SentenceTransformersEngine

    return SentenceTransformersEngine(ModelOptions(model, "bench", device="cpu"))


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    shape = Shape(options.layers, options.hidden, options.hidden // 32, 32000, TOKENIZER_PIECES, 512)
    model = build(folder, shape)
    stock, engine = library(model), our_engine(model)

    def alone(text: str) -> Any:
        return engine.encode(engine.prepare([text], Kind.PASSAGE))[0]

    def peer(text: str) -> Any:
        return stock.encode(text, show_progress_bar=False)

    results: dict[str, Any] = {}
    with server(model, options.hidden) as address:
        async with open_channel([address], token=TOKEN) as channel:
            stub = embed_pb2_grpc.EmbedServiceStub(channel)
            await stub.GetInfo(pb.EmbedServiceGetInfoRequest(), wait_for_ready=True, timeout=120)

            async def over_grpc(text: str) -> Any:
                request = pb.EmbedRequest(texts=[text], kind=pb.EMBED_KIND_PASSAGE)
                return np.frombuffer((await stub.Embed(request, timeout=120)).vectors, "<f4")

            for length in options.lengths.split(","):
                texts = mixed(options.texts, 5) if length == "mixed" else texts_of(length, options.texts, 6)
                rows = [
                    Row("SentenceTransformer.encode, one by one"),
                    Row("our engine's encode, one by one"),
                    Row(f"our server, {options.callers} callers over gRPC"),
                ]
                one_by_one(Row("warm-up"), texts[:16], peer)
                one_by_one(Row("warm-up"), texts[:16], alone)
                await concurrently(Row("warm-up"), texts[:64], over_grpc, options.callers)
                for _ in range(options.rounds):
                    one_by_one(rows[0], texts, peer)
                    one_by_one(rows[1], texts, alone)
                    await concurrently(rows[2], texts, over_grpc, options.callers)
                results[length] = report(length, texts, rows, stock)
    return results


def report(length: str, texts: list[str], rows: list[Row], stock: Any) -> dict[str, float]:
    tokens = sorted(len(ids) for ids in stock.tokenizer(texts)["input_ids"])
    difference = max(float(np.abs(row.vectors - rows[0].vectors).max()) for row in rows)
    if difference > 1e-4:
        raise SystemExit(f"the vectors differ by {difference}: there is nothing to compare")
    middle, longest = tokens[len(tokens) // 2], tokens[-1]
    print(
        f"\n{length}: {len(texts)} texts of {tokens[0]} to {longest} tokens (median {middle}), "
        f"{sum(map(len, texts)) / sum(tokens):.2f} characters a token; largest difference {difference:.1e}"
    )
    print(f"{'':44}{'texts/s':>9}{'ratio':>8}{'by medians':>12}{'p50 ms':>9}{'p95 ms':>9}")
    for row in rows:
        ratio, by_medians = min(rows[0].seconds) / min(row.seconds), median(rows[0]) / median(row)
        p50, p95 = (float(np.percentile(row.latencies_ms, at)) for at in (50, 95))
        speed = len(texts) / min(row.seconds)
        print(f"{row.name:44}{speed:9.1f}{ratio:8.2f}{by_medians:12.2f}{p50:9.1f}{p95:9.1f}")
    peer, alone, ours = rows
    return {
        "against_library": min(peer.seconds) / min(ours.seconds),
        "against_library_by_medians": median(peer) / median(ours),
        "against_same_kernels": min(alone.seconds) / min(ours.seconds),
        "texts_per_s": len(texts) / min(ours.seconds),
        "p50_ms": float(np.percentile(ours.latencies_ms, 50)),
        "p95_ms": float(np.percentile(ours.latencies_ms, 95)),
    }


def median(row: Row) -> float:
    return statistics.median(row.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("rounds", 5), ("texts", 192), ("callers", 32), ("layers", 6), ("hidden", 384)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--lengths", default=",".join(("mixed", *LENGTHS)), help="mixed must be among them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        results = uvloop.run(measure(options, Path(folder)))
    headline = results["mixed"]
    found = {
        "speedup_32": headline["against_library"],
        "speedup_32_by_medians": headline["against_library_by_medians"],
        "speedup_32_same_kernels": headline["against_same_kernels"],
        **{
            f"speedup_32_{length}": results[length]["against_library"]
            for length in LENGTHS
            if length in results
        },
        "texts_per_s": headline["texts_per_s"],
        "p50_ms": headline["p50_ms"],
        "p95_ms": headline["p95_ms"],
    }
    print()
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))


if __name__ == "__main__":
    main()
