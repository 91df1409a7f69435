"""What an embedding engine is, and the values that pass through it.

The port knows nothing of queues, lanes, requests or gRPC; those who batch know nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Kind(Enum):
    """What a text is to the search; some models embed a query and a passage differently."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine runs on. Vectors of two engines compare only if `name` and `model` are equal."""

    name: str
    model: str
    device: str
    dimensions: int
    max_tokens: int
    """Tokens of one text that enter its vector; 0 = no limit."""
    licence: str = ""
    batch_overhead_tokens: int = 0
    """What a batch costs beside its tokens, in tokens."""
    batch_tokens: int = 16384
    """The size, in tokens with padding, from which a larger batch gains nothing."""
    parallel_batches: int = 1
    """Batches that it computes well side by side."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready by `prepare`: only the engine that made it can read `content`."""

    content: Any
    tokens: int
    truncated: bool = False


class EmbeddingEngine(Protocol):
    """`prepare` is called by one thread, `encode` by at most `info.parallel_batches` others at a time."""

    @property
    def info(self) -> EngineInfo: ...

    def prepare(self, texts: Sequence[str], kind: Kind) -> list[Prepared]:
        """One `Prepared` for each text, in order. `texts` hold at least one visible character each."""
        ...

    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Float32 of shape (len(batch), dimensions), rows of length 1, in order of the batch.

        A row depends on its own text alone: never on its neighbours in the batch (within 1e-5).
        Raises EngineFailedError when the model cannot compute.
        """
        ...

    def close(self) -> None: ...


def unit_rows(rows: npt.NDArray[Any]) -> Vectors:
    """The rows, float32 and scaled to length 1. Raises ValueError for a zero or non-finite row."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or not np.all(norms > 0):
        raise ValueError("a vector is zero or not finite")
    return np.ascontiguousarray(rows / norms, dtype=np.float32)
