"""Captions from media to sockets over NATS. Nothing is stored; what nobody listens to is gone."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

log = structlog.get_logger()
# Not viva.live.<id>, which the session reads: it would keep every caption aside as a message of unknown type.
SUBJECT = "viva.captions"  # .<interview id>
LARGEST = 16 << 10  # bytes of one caption

Deliver = Callable[[str], None]
"""Takes one caption as JSON text; must not block."""


class Captions(Protocol):
    """Where captions come from."""

    def listen(self, interview_id: str, deliver: Deliver) -> AbstractAsyncContextManager[None]:
        """A context in which `deliver` gets each caption of the interview."""


def as_message(data: bytes) -> str | None:
    """A caption as the socket sends it, or None for what is none."""
    try:
        body = json.loads(data) if len(data) <= LARGEST else None
    except ValueError:
        return None
    return data.decode() if isinstance(body, dict) and body.get("type") == "caption" else None


class NatsCaptions:
    """One subscription per interview, however many sockets listen."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._listeners: dict[str, list[Deliver]] = {}
        self._subscriptions: dict[str, Subscription] = {}

    @asynccontextmanager
    async def listen(self, interview_id: str, deliver: Deliver) -> AsyncIterator[None]:
        listeners = self._listeners.setdefault(interview_id, [])
        listeners.append(deliver)
        try:
            if len(listeners) == 1:
                await self._subscribe(interview_id, listeners)
            yield
        finally:
            listeners.remove(deliver)
            if not listeners:
                await self._unsubscribe(interview_id)

    async def _subscribe(self, interview_id: str, listeners: list[Deliver]) -> None:
        async def receive(message: Msg) -> None:
            if (text := as_message(message.data)) is None:
                log.warning("caption.refused", bytes=len(message.data))
                return
            for deliver in tuple(listeners):
                deliver(text)

        subject = f"{SUBJECT}.{interview_id}"
        self._subscriptions[interview_id] = await self._client.subscribe(subject, cb=receive)

    async def _unsubscribe(self, interview_id: str) -> None:
        self._listeners.pop(interview_id, None)
        subscription = self._subscriptions.pop(interview_id, None)
        with suppress(nats.errors.Error):
            if subscription is not None:
                await subscription.unsubscribe()


class NoCaptions:
    """`Captions` where there is no NATS."""

    @asynccontextmanager
    async def listen(self, interview_id: str, deliver: Deliver) -> AsyncIterator[None]:
        yield


class LocalCaptions:
    """`Captions` inside one process, for tests."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Deliver]] = {}

    @asynccontextmanager
    async def listen(self, interview_id: str, deliver: Deliver) -> AsyncIterator[None]:
        listeners = self._listeners.setdefault(interview_id, [])
        listeners.append(deliver)
        try:
            yield
        finally:
            listeners.remove(deliver)

    def publish(self, interview_id: str, data: bytes) -> None:
        for deliver in tuple(self._listeners.get(interview_id, ())):
            if text := as_message(data):
                deliver(text)


async def connect(url: str) -> Client:
    """Connects, and from then on reconnects for ever."""

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def failed(error: Exception) -> None:
        log.warning("nats.error", error=type(error).__name__)

    return await nats.connect(
        url,
        name="viva-edge",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        disconnected_cb=disconnected,
        error_cb=failed,
    )
