"""Stores what was said, utterance by utterance and in order, however long the session is away.

Knows no audio. Holds what the session has not taken yet, and nothing else.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import structlog

from services.media.conversation.ports import Interviews, Utterance
from services.media.conversation.retries import persistently
from services.runtime.errors import VivaError

log = structlog.get_logger()


class _Said(NamedTuple):
    turn_id: str
    number: int
    utterance: Utterance


class Segments:
    """`stored` and `refused` are told a turn and the number of its utterance; `waiting` counts the others."""

    def __init__(
        self,
        interviews: Interviews,
        interview_id: str,
        stored: Callable[[str, int], None],
        refused: Callable[[str, int], None],
    ) -> None:
        self._interviews, self._interview_id = interviews, interview_id
        self._stored, self._refused = stored, refused
        self._next: dict[str, int] = {}
        self._queue: asyncio.Queue[_Said] = asyncio.Queue()
        self.waiting = 0

    def begin(self, turn_id: str, number: int) -> None:
        """A turn whose next utterance has that number, unless this process has stored more."""
        self._next.setdefault(turn_id, number)

    def add(self, turn_id: str, utterance: Utterance) -> None:
        number = self._next[turn_id]
        self._next[turn_id] = number + 1
        self._queue.put_nowait(_Said(turn_id, number, utterance))
        self.waiting += 1

    async def all_stored(self) -> None:
        await self._queue.join()

    async def run(self) -> None:
        while True:
            await self._store(await self._queue.get())
            self.waiting -= 1
            self._queue.task_done()

    async def _store(self, said: _Said) -> None:
        try:
            await persistently(lambda: self._interviews.append(self._interview_id, *said))
        except VivaError as error:
            log.warning("segment.refused", interview_id=self._interview_id, reason=error.reason)
            self._refused(said.turn_id, said.number)
        else:
            self._stored(said.turn_id, said.number)
