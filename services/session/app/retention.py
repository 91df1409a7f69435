"""Erasure that comes later: when the time to keep has passed, and where the database does not reach.

Does not know what is erased inside the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from services.runtime.errors import NotFound
from services.session.app.model import LanguageModel
from services.session.app.model_evaluations import evaluation_key
from services.session.app.model_questions import question_key
from services.session.app.ports import Claim, Clock, WorkQueue
from services.session.app.summaries import compaction_key, digest_key

log = structlog.get_logger()

TRY_NOW_S = 5.0  # of a caller's time
SHORTEST_S, LONGEST_S = 2.0, 600.0  # between attempts

Eraser = Callable[[UUID], Awaitable[bool]]
"""Takes away what one place keeps of an interview or a résumé; False when it could not be reached."""


def replay_key(subject_id: UUID) -> str:
    """The sequence that a replayed call of an interview or a résumé is computed under."""
    return f"replay:{subject_id}"


class ErasureList(Protocol):
    """What erasure has still to reach outside the database."""

    async def pending(self, subject_ids: Sequence[UUID]) -> Mapping[tuple[str, UUID], datetime]:
        """By (place, subject): since when."""

    async def reached(self, places: Iterable[str], subject_id: UUID) -> None:
        """Takes them off the list."""


class ModelMemory:
    """`Eraser` of what language models keep warm of an interview or a résumé."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def __call__(self, subject_id: UUID) -> bool:
        makers = question_key, evaluation_key, replay_key, compaction_key, digest_key
        return all(await asyncio.gather(*(self._model.forget(make(subject_id)) for make in makers)))


class EraseOutside:
    """Handler of erasure work. `places` by name, such as "llm".

    A call that ran while its interview was erased may leave its words in a cache afterwards: each
    place is erased again `settle_s` seconds later, which must be longer than the longest call.
    """

    def __init__(
        self,
        erasures: ErasureList,
        places: Mapping[str, Eraser],
        queue: WorkQueue,
        clock: Clock,
        settle_s: float = 180.0,
    ) -> None:
        self._erasures = erasures
        self._places = places
        self._queue = queue
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)

    async def __call__(self, claim: Claim) -> None:
        """Never gives up, whatever happens."""
        try:
            await self._erase(claim)
        except Exception as error:
            log.warning("erasure.interrupted", error=type(error).__name__)
            await self._queue.postpone(claim, LONGEST_S / 10, type(error).__name__)

    async def _erase(self, claim: Claim) -> None:
        pending = await self._erasures.pending([claim.subject_id])
        left = await self._left(pending)
        if left:
            delay_s = min(LONGEST_S, SHORTEST_S * 2 ** min(claim.attempts, 10))
            await self._queue.postpone(claim, delay_s, f"not reached: {', '.join(left)}")
            return
        now = self._clock.now()
        settled = max(pending.values(), default=now - self._settle) + self._settle
        if now < settled:
            await self._queue.postpone(claim, (settled - now).total_seconds(), "")
            return
        await self._erasures.reached([place for place, _ in pending], claim.subject_id)
        await self._queue.finish(claim)

    async def try_now(self, subject_ids: Sequence[UUID]) -> list[str]:
        """One attempt of a few seconds; the names of places that were not reached. The work goes on."""
        pending = await self._erasures.pending(subject_ids)
        try:
            async with asyncio.timeout(TRY_NOW_S):
                return await self._left(pending)
        except TimeoutError:
            return sorted({place for place, _ in pending})

    async def _left(self, pending: Iterable[tuple[str, UUID]]) -> list[str]:
        asked = list(pending)
        done = await asyncio.gather(*(self._reach(place, subject_id) for place, subject_id in asked))
        return sorted({place for (place, _), reached in zip(asked, done, strict=True) if not reached})

    async def _reach(self, place: str, subject_id: UUID) -> bool:
        """A place that only a newer release knows waits for it."""
        eraser = self._places.get(place)
        try:
            return eraser is not None and await eraser(subject_id)
        except Exception as error:
            log.warning("erasure.failed", place=place, error=type(error).__name__)
            return False


class EraseInterview(Protocol):
    async def __call__(self, interview_id: UUID, *, reason: str, claim: Claim) -> None:
        """Raises NotFound or StaleClaim."""


class Retention:
    """Handler of the retention timer, which is set when an interview ends."""

    def __init__(self, erase: EraseInterview, queue: WorkQueue) -> None:
        self._erase = erase
        self._queue = queue

    async def __call__(self, claim: Claim) -> None:
        with suppress(NotFound):
            await self._erase(claim.subject_id, reason="retention", claim=claim)
        await self._queue.finish(claim)
