"""Brings concurrent requests together into batches, has them computed, and hands each its vectors.

It knows no transport and no model: an engine, the lanes' rules and asyncio are all it uses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import structlog

from services.embed.engine import EmbeddingEngine, Kind, Prepared, Vectors
from services.embed.errors import (
    ClosedError,
    DeadlinePassedError,
    EngineFailedError,
    QueueFullError,
)
from services.embed.lanes import BatchRules, Job, Lane, Lanes, Piece
from services.runtime.errors import VivaError

log = structlog.get_logger()

__all__ = ["BatchRules", "Batcher", "Counters", "Embedded", "Lane"]

_SHORTEST_RETRY_S, _LONGEST_RETRY_S = 0.05, 5.0
# Weight of the newest batch in the running estimate of speed.
_SPEED_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Embedded:
    """One request's result; vectors have shape (texts, dimensions), times are seconds."""

    vectors: Vectors
    token_counts: list[int]
    truncated: list[int]
    prepare_s: float
    queue_s: float
    compute_s: float


@dataclass(slots=True)
class Counters:
    """What happened since the start, in texts unless the name says otherwise."""

    batches: int = 0
    texts: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    dropped: int = 0
    """Abandoned or expired before they were computed."""
    late: int = 0
    """Computed, but their caller had gone meanwhile."""
    failed: int = 0
    refused_requests: int = 0


@dataclass(eq=False, slots=True)
class _Request(Job):
    prepared: Sequence[Prepared] = ()
    done: asyncio.Future[Embedded] = field(default_factory=asyncio.Future)
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    remaining: int = 0
    prepare_s: float = 0.0
    queued_at: float = 0.0
    started_at: float | None = None

    def result(self, now: float) -> Embedded:
        started = self.started_at if self.started_at is not None else now
        return Embedded(
            vectors=self.vectors,
            token_counts=[prepared.tokens for prepared in self.prepared],
            truncated=[index for index, prepared in enumerate(self.prepared) if prepared.truncated],
            prepare_s=self.prepare_s,
            queue_s=started - self.queued_at,
            compute_s=now - started,
        )


class Batcher:
    """One engine shared by all callers. Use as an async context manager; closing closes the engine."""

    def __init__(self, engine: EmbeddingEngine, rules: BatchRules, max_queued_texts: int) -> None:
        self.engine = engine
        self.counters = Counters()
        self._lanes = Lanes[_Request](rules)
        self._max_queued_texts = max_queued_texts
        self._held_texts = 0
        self._seconds_per_token = 0.0
        self._wake = asyncio.Event()
        self._preparer = ThreadPoolExecutor(1, "embed-prepare")
        self._places = engine.info.parallel_batches
        self._encoder = ThreadPoolExecutor(self._places, "embed-encode")
        self._requests: set[_Request] = set()
        self._worker: asyncio.Task[None] | None = None
        self._running: dict[asyncio.Task[None], float] = {}

    async def __aenter__(self) -> Batcher:
        self._worker = asyncio.create_task(self._run(), name="embed-batcher")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Lets running batches end, fails every waiting request with ClosedError, closes the engine."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
        await asyncio.gather(*self._running)
        for request in list(self._requests):
            self._fail(request, ClosedError())
        self._preparer.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._encoder.shutdown)
        self.engine.close()

    @property
    def queued_requests(self) -> int:
        """Requests that wait; those in a running batch do not count."""
        return sum(request.started_at is None for request in self._requests)

    @property
    def busy_s(self) -> float:
        """For how long the oldest running batch has been computing; 0 when none is."""
        return asyncio.get_running_loop().time() - min(self._running.values()) if self._running else 0.0

    async def embed(
        self, texts: Sequence[str], kind: Kind, lane: Lane, timeout_s: float | None = None
    ) -> Embedded:
        """Vectors of the texts, in order. `timeout_s` is the time its caller still has; None = no deadline.

        Raises QueueFullError, DeadlinePassedError, EngineFailedError, ClosedError. When the calling task is
        cancelled, texts not yet in a batch are never computed.
        """
        if self._worker is None:
            raise ClosedError()
        self._admit(len(texts), lane, timeout_s)
        self._held_texts += len(texts)
        try:
            return await self._embed_admitted(texts, kind, lane, timeout_s)
        finally:
            self._held_texts -= len(texts)

    def _admit(self, texts: int, lane: Lane, timeout_s: float | None) -> None:
        """A lone request always has a place; the wait must be shorter than the deadline."""
        wait_s = self._seconds_per_token * self._lanes.waiting_tokens(lane) / self._places
        is_full = self._held_texts > 0 and self._held_texts + texts > self._max_queued_texts
        if not is_full and (timeout_s is None or wait_s < timeout_s):
            return
        self.counters.refused_requests += 1
        reason = f"{self._held_texts} texts are held" if is_full else f"the wait is about {wait_s:.1f} s"
        retry_after_s = min(max(wait_s, _SHORTEST_RETRY_S), _LONGEST_RETRY_S)
        raise QueueFullError(f"the embedding queue is full: {reason}", retry_after_s)

    async def _embed_admitted(
        self, texts: Sequence[str], kind: Kind, lane: Lane, timeout_s: float | None
    ) -> Embedded:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        prepared = await loop.run_in_executor(self._preparer, self.engine.prepare, texts, kind)
        request = _Request(
            lane=lane,
            tokens=[text.tokens for text in prepared],
            deadline=None if timeout_s is None else asked_at + timeout_s,
            prepared=prepared,
            vectors=np.empty((len(prepared), self.engine.info.dimensions), np.float32),
            remaining=len(prepared),
            prepare_s=loop.time() - asked_at,
            queued_at=loop.time(),
        )
        return await self._wait_for(request)

    async def _wait_for(self, request: _Request) -> Embedded:
        if self._worker is None:
            raise ClosedError()
        self._requests.add(request)
        self._lanes.add(request)
        self._wake.set()
        try:
            return await request.done
        finally:
            request.abandoned = True
            self._requests.discard(request)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            if len(self._running) < self._places and (pieces := self._take(loop.time())):
                batch = loop.create_task(self._compute(pieces))
                self._running[batch] = loop.time()
                batch.add_done_callback(self._after_batch)
            else:
                await self._wake.wait()

    def _take(self, now: float) -> list[Piece[_Request]]:
        taken = self._lanes.take(now)
        self.counters.dropped += taken.dropped_texts
        for request in taken.expired:
            self._fail(request, DeadlinePassedError())
        return taken.pieces

    def _after_batch(self, batch: asyncio.Task[None]) -> None:
        del self._running[batch]
        self._wake.set()

    async def _compute(self, pieces: Sequence[Piece[_Request]]) -> None:
        """Runs one batch. A batch that fails is halved until only the texts that fail alone are left."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for request in {piece.job for piece in pieces}:
            request.started_at = request.started_at if request.started_at is not None else started
        prepared = [piece.job.prepared[piece.index] for piece in pieces]
        try:
            vectors = await loop.run_in_executor(self._encoder, self.engine.encode, prepared)
        except EngineFailedError as error:
            await self._after_failure(pieces, error)
        except Exception as error:
            await self._after_failure(pieces, EngineFailedError(f"{type(error).__name__} in the engine"))
        else:
            self._count(pieces, loop.time() - started)
            self._hand_out(pieces, vectors, loop.time())

    async def _after_failure(self, pieces: Sequence[Piece[_Request]], error: EngineFailedError) -> None:
        alive = [piece for piece in pieces if not piece.job.abandoned]
        if len(pieces) > 1:
            middle = len(alive) // 2
            for half in (alive[:middle], alive[middle:]):
                if half:
                    await self._compute(half)
            return
        self.counters.failed += 1
        log.error("embed.engine_failed", tokens=pieces[0].tokens, error=str(error))
        self._fail(pieces[0].job, error)

    def _hand_out(self, pieces: Sequence[Piece[_Request]], vectors: Vectors, now: float) -> None:
        for piece, vector in zip(pieces, vectors, strict=True):
            request = piece.job
            if request.abandoned:
                self.counters.late += 1
                continue
            request.vectors[piece.index] = vector
            request.remaining -= 1
            if not request.remaining and not request.done.done():
                request.done.set_result(request.result(now))

    def _count(self, pieces: Sequence[Piece[_Request]], seconds: float) -> None:
        padded = len(pieces) * max(piece.tokens for piece in pieces)
        self.counters.batches += 1
        self.counters.texts += len(pieces)
        self.counters.tokens += sum(piece.tokens for piece in pieces)
        self.counters.padded_tokens += padded
        newest = seconds / max(padded, 1)
        change = (newest - self._seconds_per_token) * _SPEED_WEIGHT
        self._seconds_per_token = self._seconds_per_token + change if self._seconds_per_token else newest

    def _fail(self, request: _Request, error: VivaError) -> None:
        request.abandoned = True
        if not request.done.done():
            request.done.set_exception(error)
