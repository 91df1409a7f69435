"""Shares the workers of one model between all streams. Knows no audio; all but `decode` runs on one loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from services.stt.engine import Speech
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency

Decode = Callable[[Task, Speech], Hypothesis]
BUSY = 0.7
"""Captions keep workers busy for no more than this share of the time: finals and other work need the rest."""


class Client(Protocol):
    """A stream: at most one of its tasks is under way."""

    @property
    def speech(self) -> Speech: ...

    @property
    def urgency(self) -> Urgency | None:
        """Of what it would ask now."""
        ...

    def next_task(self) -> Task: ...

    def deliver(self, answer: Hypothesis | BaseException) -> None:
        """The answer to its task, or why there is none."""
        ...


class Scheduler:
    """Finals go before partials, then who has waited longest; a task is made only when a worker is free.

    So a partial is always the newest: a stream that must wait skips those between. After a partial there is
    room for one less until the share BUSY is kept, however long it took: captions get rarer, not later.
    """

    def __init__(self, decode: Decode, workers: int) -> None:
        self._decode = decode
        self._free = workers
        self._room = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="stt")
        self._waiting: dict[Client, None] = {}

    def offer(self, client: Client) -> None:
        """The client may want something; to say so again keeps its place."""
        if client.urgency is None:
            self._waiting.pop(client, None)
            return
        self._waiting.setdefault(client)
        self._dispatch()

    def withdraw(self, client: Client) -> None:
        self._waiting.pop(client, None)

    async def aclose(self) -> None:
        """What is under way ends first: a model must not go while it is used."""
        self._waiting.clear()
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    def _dispatch(self) -> None:
        while self._free and (client := self._most_urgent()):
            del self._waiting[client]
            self._start(client)

    def _start(self, client: Client) -> None:
        loop, task = asyncio.get_running_loop(), client.next_task()
        self._free -= 1
        future = loop.run_in_executor(self._pool, self._decode, task, client.speech)
        future.add_done_callback(partial(self._done, client))
        if task.urgency is Urgency.PARTIAL:
            self._room -= 1
            future.add_done_callback(partial(self._rest, loop.time()))

    def _rest(self, begun: float, _: object) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later((loop.time() - begun) * (1 / BUSY - 1), self._go_on)

    def _go_on(self) -> None:
        self._room += 1
        self._dispatch()

    def _most_urgent(self) -> Client | None:
        """A dict keeps the order of arrival, and `min` takes the first among equals."""
        return min(filter(self._has_room, self._waiting), key=_urgency, default=None)

    def _has_room(self, client: Client) -> bool:
        return self._room > 0 or client.urgency is not Urgency.PARTIAL

    def _done(self, client: Client, future: "asyncio.Future[Hypothesis]") -> None:
        self._free += 1
        if not future.cancelled():
            client.deliver(future.exception() or future.result())
        self._dispatch()


def _urgency(client: Client) -> Urgency:
    return client.urgency or Urgency.FINAL
