"""One stream: audio to its listener, tasks to the scheduler, events to whoever reads. Knows no model."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from prometheus_client import Counter

from services.runtime.errors import Unavailable
from services.stt.engine import SAMPLE_RATE_HZ, Speech, StreamEvent
from services.stt.engines.ctranslate2.scheduler import Scheduler
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency
from services.stt.listening.listener import Listener

# Audio that waits for its final; a client that sends faster than that is slowed down.
MAX_BACKLOG = 60 * SAMPLE_RATE_HZ
DROPPED = Counter("viva_stt_results_dropped", "Decodings that came back after their stream had closed")


class LiveStream:
    """A `Stream` of the port, and a client of the scheduler."""

    def __init__(
        self,
        listener: Listener,
        scheduler: Scheduler,
        speech: Speech,
        on_close: Callable[["LiveStream"], None],
        *,
        is_live: bool = True,
    ) -> None:
        self.speech = speech
        self._listener = listener
        self._scheduler = scheduler
        self._on_close = on_close
        self._is_live = is_live
        self._is_closed = False
        self._room = asyncio.Event()
        self._events: asyncio.Queue[StreamEvent | BaseException | None] = asyncio.Queue()

    # For the speaker

    async def push(self, pcm: bytes) -> None:
        if self._is_closed:
            return
        self._listener.hear(pcm)
        self._advance()
        await asyncio.sleep(0)  # answers come in on the same loop as audio, however fast that is sent
        while self._listener.backlog > MAX_BACKLOG and not self._is_closed:
            self._room.clear()
            await self._room.wait()

    async def flush(self) -> None:
        if not self._is_closed:
            self._listener.flush()
            self._advance()

    async def finish(self) -> None:
        if not self._is_closed:
            self._listener.finish()
            self._advance()

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event

    def waiting_events(self) -> list[StreamEvent]:
        """Those that can be had without waiting."""
        found: list[StreamEvent] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event is None or isinstance(event, BaseException):
                self._events.put_nowait(event)
                break
            found.append(event)
        return found

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._scheduler.withdraw(self)
        self._room.set()
        self._events.put_nowait(None)
        self._on_close(self)

    # For the scheduler

    @property
    def urgency(self) -> Urgency | None:
        urgency = None if self._is_closed else self._listener.urgency
        return urgency if urgency is None or self._is_live else Urgency.RECORDING

    def next_task(self) -> Task:
        return self._listener.next_task()

    def deliver(self, answer: Hypothesis | BaseException) -> None:
        if self._is_closed:
            DROPPED.inc()
        elif isinstance(answer, BaseException):
            self._events.put_nowait(_failure(answer))
        else:
            self._listener.answer(answer)
            self._advance()

    def _advance(self) -> None:
        for event in self._listener.take_events():
            self._events.put_nowait(event)
        if self._listener.is_done:
            self._events.put_nowait(None)
        if self._listener.backlog <= MAX_BACKLOG:
            self._room.set()
        self._scheduler.offer(self)


def _failure(cause: BaseException) -> Unavailable:
    text = "The model failed on this audio; send it again from the last acknowledged offset."
    error = Unavailable("STT_DECODING_FAILED", text)
    error.__cause__ = cause
    return error
