"""One interview's socket: a watch of the session and its captions, relayed through a bounded queue."""

import asyncio
import json
from contextlib import aclosing, suppress
from typing import Any, cast

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState
from viva.v1 import interview_pb2

from edge_api import problems, throttles
from edge_api.contract import rpc
from edge_api.socket_messages import PONG, text_of
from services.runtime.errors import Unauthenticated, VivaError

log = structlog.get_logger()
QUEUED = 256  # messages a slow reader may be behind
LARGEST = 1024  # bytes of what a page says here
CLOSE_S = 2.0
# Close codes of ours; the page's reaction is in README.md.
TICKET_REFUSED, ACCESS_ENDED, TOO_SLOW, UPSTREAM_LOST, TOO_MANY = 4401, 4403, 4429, 4503, 4508
GOING_AWAY, ORIGIN_REFUSED = 1001, 4400


class Closing(Exception):
    """The socket is to be closed with this code and these words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


async def serve(socket: WebSocket, interview_id: str, ticket: str, after_seq: int) -> None:
    """Runs until either side ends it. Refusals are close codes: a browser is told nothing else."""
    state = socket.app.state
    await socket.accept()
    try:
        if not throttles.of(socket).is_own_origin(socket):
            raise Closing(ORIGIN_REFUSED, "another site's page")
        if len(state.sockets) >= state.settings.sockets:
            raise Closing(TOO_MANY, "too many sockets")
        token = state.tickets.redeem(ticket, interview_id)
        await _Relay(socket, interview_id, token, after_seq).run()
    except Unauthenticated:
        await _close(socket, Closing(TICKET_REFUSED, "get a new ticket"))
    except Closing as closing:
        await _close(socket, closing)


async def _close(socket: WebSocket, closing: Closing) -> None:
    """A peer that reads nothing cannot take a farewell either: it is not waited for long."""
    if socket.client_state is not WebSocketState.CONNECTED:
        return
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(CLOSE_S):
            await socket.close(closing.code, closing.words)


class _Relay:
    def __init__(self, socket: WebSocket, interview_id: str, token: str, after_seq: int) -> None:
        self._socket = socket
        self._interview_id, self._token, self._after_seq = interview_id, token, after_seq
        self._queue: asyncio.Queue[str] = asyncio.Queue(QUEUED)
        self._end: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Raises Closing, however it ends."""
        state = self._socket.app.state
        tasks = [asyncio.create_task(each) for each in (self._watch(), self._write(), self._read())]
        state.sockets.add(self._end)
        try:
            async with state.captions.listen(self._interview_id, self._deliver):
                raise await self._end
        finally:
            state.sockets.discard(self._end)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _finish(self, code: int, words: str) -> None:
        if not self._end.done():
            self._end.set_result(Closing(code, words))

    def _deliver(self, text: str) -> None:
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self._finish(TOO_SLOW, "reads too slowly; open another with after_seq")

    async def _watch(self) -> None:
        wanted = interview_pb2.WatchInterviewRequest(
            interview_id=self._interview_id, after_seq=self._after_seq
        )
        seen = self._socket.app.state.calls.stream(
            rpc("InterviewService.WatchInterview"), wanted, self._token, None
        )
        try:
            async with aclosing(cast(Any, seen)):
                async for each in seen:
                    self._deliver(text_of(each))
            self._finish(UPSTREAM_LOST, "the session ended the watch")
        except VivaError as error:
            refused = problems.status_of(error) in (401, 403, 404)
            self._finish(
                *((ACCESS_ENDED, "access ended") if refused else (UPSTREAM_LOST, "the session is away"))
            )

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_text(await self._queue.get())
        self._finish(GOING_AWAY, "")

    async def _read(self) -> None:
        """The page may only ask for a sign of life."""
        with suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while True:
                text = await self._socket.receive_text()
                if len(text) > LARGEST or not _is_ping(text):
                    self._finish(1008, "only pings are understood here")
                    return
                self._deliver(PONG)
        self._finish(GOING_AWAY, "")


def _is_ping(text: str) -> bool:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("type") == "ping"
