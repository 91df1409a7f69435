"""Uvicorn's WebSocket, which can say farewell to a peer that reads nothing. Knows no interview."""

import socket
from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_S = 15.0  # for a peer to read what it was sent before the farewell
KERNEL = 64 << 10  # bytes that wait in the kernel; by itself it takes megabytes for a peer that reads nothing


class SocketProtocol(WebSocketsSansIOProtocol):
    """Sends wait while the peer is behind. The close code must not: it is the answer to being behind.

    It stands in line after what was written before, and a peer that does not even read that is dropped.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL)
        super().connection_made(transport)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(LINGER_S, self._drop)
        await super().send(message)

    def _drop(self) -> None:
        if not self.disconnected:
            self.transport.abort()
