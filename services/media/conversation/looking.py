"""Looks at the candidate where that is allowed, and keeps what was seen by turn. Knows no face.

An interview does without: what cannot be looked at or kept is logged, and tried again later.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from services.media.conversation.ports import Eyes, Frame, Interviews, Observation, Terms
from services.runtime.errors import VivaError

log = structlog.get_logger()
BATCH = 64
EVERY_S = 5.0
AGAIN_S = 5.0


@dataclass(slots=True)
class _Watched:
    """A turn while its answer is awaited, and what was seen of it and is not kept yet."""

    turn_id: str
    began_ms: int
    next_batch: int
    seen: list[Observation] = field(default_factory=list)


class Looker:
    """`now` gives seconds and never goes back."""

    def __init__(
        self, eyes: Eyes, interviews: Interviews, interview_id: str, now: Callable[[], float]
    ) -> None:
        self._eyes, self._interviews, self._interview_id = eyes, interviews, interview_id
        self._now = now
        self._started = now()
        self._newest: Frame | None = None
        self._arrived = asyncio.Event()
        self._watched: _Watched | None = None

    def see(self, jpeg: bytes) -> None:
        """Replaces a frame that nobody has looked at yet."""
        last_ms = self._newest.at_ms if self._newest else -1
        self._newest = Frame(jpeg, max(self._now_ms(), last_ms + 1))
        self._arrived.set()

    def begin(self, turn_id: str, answering_s: float) -> None:
        """An answer is awaited, since `answering_s` seconds; only now is there something to keep.

        Batches are numbered from there too: another process that watched the turn before used lower numbers.
        """
        began_ms = self._now_ms() - round(answering_s * 1000)
        self._watched = _Watched(turn_id, began_ms, round(answering_s))

    def end(self) -> Callable[[], Awaitable[None]]:
        """The turn is over; calling what comes back keeps what was seen of it."""
        watched, self._watched = self._watched, None
        return partial(self._keep, watched)

    async def keep(self) -> None:
        """What was seen of the turn since the last time."""
        await self._keep(self._watched)

    async def keep_regularly(self, *, every_s: float = EVERY_S) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self.keep()

    async def run(self, terms: Terms, *, again_s: float = AGAIN_S) -> None:
        """Until it is cancelled."""
        while True:
            try:
                async with aclosing(self._eyes.look(self._interview_id, terms, self._frames())) as seen:
                    async for each in seen:
                        await self._take(each)
            except VivaError as error:
                log.info("vision.lost", interview_id=self._interview_id, reason=error.reason)
            await asyncio.sleep(again_s)

    async def _frames(self) -> AsyncGenerator[Frame, None]:
        """The newest whenever there is one; what nobody took in time is gone."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._newest is not None:
                yield self._newest

    async def _take(self, seen: Observation) -> None:
        watched = self._watched
        if watched is None or seen.at_ms < watched.began_ms:
            return
        watched.seen.append(replace(seen, at_ms=seen.at_ms - watched.began_ms))
        if len(watched.seen) >= BATCH:
            await self._keep(watched)

    async def _keep(self, watched: _Watched | None) -> None:
        """What is refused is dropped."""
        if watched is None or not watched.seen:
            return
        number, seen = watched.next_batch, watched.seen[:BATCH]
        watched.next_batch += 1
        del watched.seen[: len(seen)]
        try:
            await self._interviews.observe(self._interview_id, watched.turn_id, number, seen)
        except VivaError as error:
            log.info("observations.dropped", interview_id=self._interview_id, reason=error.reason)

    def _now_ms(self) -> int:
        return round((self._now() - self._started) * 1000)
