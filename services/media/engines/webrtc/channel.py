"""The data channel: JSON objects both ways, with limits. Does not know what they mean, but for heartbeats."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from prometheus_client import Counter

log = structlog.get_logger()

LABEL = "viva"
HEARTBEAT = "heartbeat"
MAX_MESSAGE_BYTES = 16 << 10
MAX_BUFFERED_BYTES = 1 << 20
MOST_A_SECOND = 50
DROPPED = Counter("viva_media_messages_dropped", "Messages of data channels that were dropped", ["reason"])


class Channel:
    """`told` gets each message but heartbeats, which are answered; what breaks the limits is dropped."""

    def __init__(
        self, channel: Any, clock: Callable[[], float], told: Callable[[Mapping[str, object]], None]
    ) -> None:
        self._channel, self._clock, self._told = channel, clock, told
        self._second, self._in_second = 0, 0
        self.last_heartbeat = clock()
        channel.on("message", self._on_message)

    def tell(self, message: Mapping[str, object]) -> None:
        text = json.dumps(message, ensure_ascii=False)
        if self._channel.readyState != "open":
            return
        if len(text.encode()) > MAX_MESSAGE_BYTES or self._channel.bufferedAmount > MAX_BUFFERED_BYTES:
            DROPPED.labels("out").inc()
            return
        self._channel.send(text)

    def _on_message(self, text: str | bytes) -> None:
        message = self._read(text)
        if message is None:
            DROPPED.labels("in").inc()
        elif message.get("type") == HEARTBEAT:
            self.last_heartbeat = self._clock()
            self.tell({"type": HEARTBEAT})
        else:
            self._told(message)

    def _read(self, text: str | bytes) -> Mapping[str, object] | None:
        if self._too_many() or isinstance(text, bytes) or len(text.encode()) > MAX_MESSAGE_BYTES:
            return None
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    def _too_many(self) -> bool:
        second = int(self._clock())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > MOST_A_SECOND
