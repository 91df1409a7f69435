"""`Captions` over NATS, for whoever listens. What nobody takes in time is gone; nothing is stored."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress

import nats
import structlog
from nats.aio.client import Client

log = structlog.get_logger()
SUBJECT = "viva.captions"  # .<interview id>
WAITING = 256


class NatsCaptions:
    """Publishes while `run` runs; connects by itself, whenever the server is there."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING)

    def publish(self, interview_id: str, caption: Mapping[str, object]) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        data = json.dumps(caption, ensure_ascii=False).encode()
        self._waiting.put_nowait((f"{SUBJECT}.{interview_id}", data))

    async def run(self) -> None:
        client = await _connect(self._url)
        try:
            while True:
                subject, data = await self._waiting.get()
                with suppress(nats.errors.Error):
                    await client.publish(subject, data)
        finally:
            await client.close()


class NoCaptions:
    """`Captions` where there is no NATS: browsers have them over the data channel all the same."""

    def publish(self, interview_id: str, caption: Mapping[str, object]) -> None:
        pass


async def _connect(url: str) -> Client:
    """Connects, and from then on reconnects for ever."""

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def failed(error: Exception) -> None:
        log.warning("nats.error", error=type(error).__name__)

    return await nats.connect(
        url,
        name="viva-media",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        disconnected_cb=disconnected,
        error_cb=failed,
    )
