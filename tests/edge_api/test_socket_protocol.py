"""A socket whose reader stands still, over a real connection: the farewell must reach it all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
import websockets
from edge_api import socket as relay
from edge_api import socket_protocol
from edge_api.app import create_app
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.fake_calls import FakeCalls
from edge_api.server import Uvicorn
from edge_api.socket import TOO_SLOW
from google.protobuf.message import Message
from viva.v1 import interview_pb2 as pb

from deploy.local.environment import free_ports
from tests.edge_api.samples import ID

pytestmark = pytest.mark.integration
PIECE = pb.WatchInterviewResponse(question_delta=pb.QuestionDelta(turn_id=ID, text="가" * 10_000))


class Talkative(FakeCalls):
    """A watch that never stops."""

    async def stream(self, method: Any, request: Any, token: str, timeout_s: Any) -> AsyncIterator[Message]:
        yield pb.WatchInterviewResponse(snapshot=pb.InterviewSnapshot(interview=pb.Interview(id=ID)))
        while True:
            yield PIECE
            await asyncio.sleep(0)


@asynccontextmanager
async def edge() -> AsyncIterator[tuple[Uvicorn, str]]:
    """A served edge and its host:port."""
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    settings = Settings(listen=listen)
    server = Uvicorn(create_app(settings, Talkative(), NoCaptions()), settings)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield server, listen
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def opened(listen: str) -> AsyncIterator[websockets.ClientConnection]:
    """A socket that takes few messages before it is read."""
    headers = {"authorization": "Bearer some.jwt"}
    async with httpx.AsyncClient(base_url=f"http://{listen}", headers=headers) as client:
        made = (await client.post(f"/api/v1/interviews/{ID}/tickets")).json()
    address = f"ws://{listen}{made['path']}?ticket={made['ticket']}"
    async with websockets.connect(address, max_queue=2, close_timeout=1) as socket:
        yield socket


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_reader_that_stood_still_finds_why_it_was_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "CLOSE_S", 0.1)
    async with edge() as (server, listen), opened(listen) as socket:
        open_sockets = server.config.app.state.sockets
        await until(lambda: open_sockets)
        await until(lambda: not open_sockets)
        await asyncio.sleep(0.5)  # it reads only when nobody waits for it any more
        with suppress(websockets.ConnectionClosedError):
            async for _ in socket:
                pass
        assert socket.close_code == TOO_SLOW


async def test_a_reader_that_never_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_protocol, "LINGER_S", 0.2)
    async with edge() as (server, listen), opened(listen):
        await until(lambda: server.server_state.connections)
        await until(lambda: not server.server_state.connections)


async def test_messages_are_not_compressed() -> None:
    async with edge() as (_, listen), opened(listen) as socket:
        assert "sec-websocket-extensions" not in socket.response.headers
