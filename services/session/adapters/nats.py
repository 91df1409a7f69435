"""Live messages and durable events over NATS. Loses nothing that matters: Postgres holds the truth."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from services.session.app.ports import NewEvents, QuestionDelta

log = structlog.get_logger()

WORK_SUBJECT = "viva.work"
LIVE_SUBJECT = "viva.live"  # .<interview id>
EVENTS_SUBJECT = "viva.events"  # .<interview id>
STREAM = "VIVA_EVENTS"
STREAM_MAX_AGE_S = 7 * 86_400
DUPLICATE_WINDOW_S = 600
BUFFERED = 256  # messages a slow listener may be behind

SetAside = Callable[[str, str, str, bytes], None]
"""Keeps a message that cannot be understood: source, type, reason, payload."""


async def connect(url: str, *, reconnect: bool = True) -> Client:
    """Connects, and from then on reconnects for ever; what is published meanwhile is kept or lost."""

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def reconnected() -> None:
        log.info("nats.reconnected")

    async def failed(error: Exception) -> None:
        log.warning("nats.error", error=type(error).__name__)

    return await nats.connect(
        url,
        name="viva-session",
        allow_reconnect=reconnect,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        disconnected_cb=disconnected,
        reconnected_cb=reconnected,
        error_cb=failed,
    )


def encode(message: QuestionDelta | NewEvents) -> bytes:
    if isinstance(message, NewEvents):
        body: dict[str, Any] = {"type": "events", "seq": message.seq}
    else:
        body = {
            "type": "question.delta",
            "turn_id": str(message.turn_id),
            "generation": message.generation,
            "index": message.index,
            "text": message.text,
        }
    return json.dumps(body, ensure_ascii=False).encode()


def decode(interview_id: UUID, data: bytes) -> QuestionDelta | NewEvents:
    """Raises ValueError for a message of unknown type or shape; unknown fields are ignored."""
    try:
        body = json.loads(data)
        if body["type"] == "events":
            return NewEvents(interview_id, int(body["seq"]))
        if body["type"] == "question.delta":
            place = UUID(body["turn_id"]), int(body["generation"]), int(body["index"])
            return QuestionDelta(interview_id, *place, str(body["text"]))
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"malformed: {type(error).__name__}") from None
    raise ValueError("unknown type")


class NatsLive:
    """`Live` over core NATS. In the same process a wake-up does not wait for the network."""

    def __init__(self, client: Client, set_aside: SetAside) -> None:
        self._client = client
        self._set_aside = set_aside
        self._on_work: list[Callable[[], None]] = []
        self._on_events: list[Callable[[], None]] = []

    def on_work(self, wake: Callable[[], None]) -> None:
        self._on_work.append(wake)

    def on_events(self, wake: Callable[[], None]) -> None:
        self._on_events.append(wake)

    async def start(self) -> None:
        """Listens for work announced by other processes."""
        await self._client.subscribe(WORK_SUBJECT, cb=self._work_announced)
        await self._settled()

    async def _work_announced(self, message: Msg) -> None:
        if message.data not in (b"", b"1"):
            self._set_aside("nats", message.subject, "unknown wake-up", message.data)
        for wake in self._on_work:
            wake()

    async def announce(self, message: QuestionDelta | NewEvents) -> None:
        if isinstance(message, NewEvents):
            for wake in self._on_events:
                wake()
        await self._publish(f"{LIVE_SUBJECT}.{message.interview_id}", encode(message))

    async def wake_workers(self) -> None:
        for wake in self._on_work:
            wake()
        await self._publish(WORK_SUBJECT, b"1")

    async def _publish(self, subject: str, data: bytes) -> None:
        with suppress(nats.errors.Error):  # passing messages: polls and snapshots make up for them
            await self._client.publish(subject, data)

    async def _settled(self) -> None:
        """The server knows of a subscription: what is published from now on arrives.

        A ping overtakes what nats-py has not written yet; the second one follows it.
        """
        with suppress(nats.errors.Error, TimeoutError):
            for _ in range(2 if self._client.is_connected else 0):
                await self._client.flush(timeout=1)

    @asynccontextmanager
    async def listen(self, interview_id: UUID) -> AsyncIterator[AsyncIterator[QuestionDelta | NewEvents]]:
        queue: asyncio.Queue[QuestionDelta | NewEvents] = asyncio.Queue(BUFFERED)

        async def receive(message: Msg) -> None:
            try:
                decoded = decode(interview_id, message.data)
            except ValueError as error:
                self._set_aside("nats", message.subject, str(error), message.data)  # erased by its subject
                return
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(decoded)

        subscription = await self._client.subscribe(f"{LIVE_SUBJECT}.{interview_id}", cb=receive)
        await self._settled()
        try:
            yield _drain(queue)
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()


async def _drain(
    queue: asyncio.Queue[QuestionDelta | NewEvents],
) -> AsyncIterator[QuestionDelta | NewEvents]:
    while True:
        yield await queue.get()


class JetStreamEvents:
    """Durable events on one stream. A wiped stream is made again and reported as new."""

    def __init__(self, client: Client) -> None:
        self._jetstream = client.jetstream(timeout=5, publish_async_max_pending=2000)

    async def ensure(self) -> str:
        """The stream's birth mark: another one means that what was published before is gone."""
        try:
            info = await self._jetstream.stream_info(STREAM)
        except NotFoundError:
            info = await self._jetstream.add_stream(_stream())
        return str(info.created)

    async def publish(self, events: list[tuple[UUID, int, bytes]]) -> None:
        """Publishes (interview id, seq, payload) in order; returns when all are acknowledged."""
        pending = [
            await self._jetstream.publish_async(
                f"{EVENTS_SUBJECT}.{interview_id}",
                payload,
                headers={"Nats-Msg-Id": f"{interview_id}:{seq}"},
            )
            for interview_id, seq, payload in events
        ]
        async with asyncio.timeout(10):
            await asyncio.gather(*pending)

    async def purge(self, interview_id: UUID) -> None:
        """Removes an interview's events from the stream."""
        await self._jetstream.purge_stream(STREAM, subject=f"{EVENTS_SUBJECT}.{interview_id}")


def _stream() -> StreamConfig:
    return StreamConfig(
        name=STREAM,
        subjects=[f"{EVENTS_SUBJECT}.*"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=STREAM_MAX_AGE_S,
        duplicate_window=DUPLICATE_WINDOW_S,
    )
