"""Messages between the parts of one process. Nothing is kept for who does not listen."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from services.session.app.ports import NewEvents, QuestionDelta

Message = QuestionDelta | NewEvents


class MemoryLive:
    """`Live`; a listener may be `buffered` messages behind."""

    def __init__(self, buffered: int = 256) -> None:
        self._buffered = buffered
        self._listeners: dict[UUID, list[asyncio.Queue[Message]]] = defaultdict(list)
        self._on_work: list[Callable[[], None]] = []

    def on_work(self, wake: Callable[[], None]) -> None:
        self._on_work.append(wake)

    async def announce(self, message: Message) -> None:
        for queue in self._listeners[message.interview_id]:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)

    async def wake_workers(self) -> None:
        for wake in self._on_work:
            wake()

    @asynccontextmanager
    async def listen(self, interview_id: UUID) -> AsyncIterator[AsyncIterator[Message]]:
        queue: asyncio.Queue[Message] = asyncio.Queue(self._buffered)
        self._listeners[interview_id].append(queue)
        try:
            yield _drain(queue)
        finally:
            self._listeners[interview_id].remove(queue)


async def _drain(queue: asyncio.Queue[Message]) -> AsyncIterator[Message]:
    while True:
        yield await queue.get()
