"""An engine for tests: it counts what it computes, can be slow, can fail. It knows no language."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.embed.engine import EngineInfo, Kind, Prepared, Vectors, unit_rows
from services.embed.errors import EngineFailedError


@dataclass
class FakeEngine:
    """One token a character. `poison` is a text on which every batch that holds it fails."""

    dimensions: int = 8
    max_tokens: int = 512
    seconds_per_batch: float = 0.0
    poison: str | None = None
    before_batch: Callable[[list[str]], None] | None = None
    overhead_tokens: int = 16
    parallel_batches: int = 1
    batches: list[list[str]] = field(default_factory=list)
    closed: bool = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            name="fake",
            model="fake-v1",
            device="cpu",
            dimensions=self.dimensions,
            max_tokens=self.max_tokens,
            batch_overhead_tokens=self.overhead_tokens,
            parallel_batches=self.parallel_batches,
        )

    def prepare(self, texts: Sequence[str], kind: Kind) -> list[Prepared]:
        return [
            Prepared(t[: self.max_tokens], min(len(t), self.max_tokens), len(t) > self.max_tokens)
            for t in texts
        ]

    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        texts = [prepared.content for prepared in batch]
        if self.before_batch:
            self.before_batch(texts)
        if self.poison in texts:
            raise EngineFailedError("the fake was told to fail")
        time.sleep(self.seconds_per_batch)
        self.batches.append(texts)
        return np.concatenate([self.vector_of(text) for text in texts])

    def vector_of(self, text: str) -> Vectors:
        """The (1, dimensions) vector that `encode` gives this text."""
        generator = np.random.default_rng(zlib.crc32(text.encode()))
        return unit_rows(generator.standard_normal((1, self.dimensions)))

    def close(self) -> None:
        self.closed = True
