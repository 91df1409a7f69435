"""A server that stands still, and one that is killed: its callers notice."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from deploy.local.environment import free_ports
from services.runtime.channel import open_channel
from services.runtime.errors import DeadlineExceeded, Unavailable
from tests.services.rooms import SERVICES, SERVING, health, refusal
from tests.services.runtime.echo import NAME, TOKEN, said, watch

pytestmark = pytest.mark.integration

NOTICED_S = 16.0  # a ping every ten seconds, and three to answer it


@asynccontextmanager
async def process(address: str = "") -> AsyncIterator[tuple[Process, str]]:
    """The echo server in a process of its own, and its address."""
    address = address or f"127.0.0.1:{free_ports(1)[0]}"
    command = (sys.executable, "-m", "tests.services.runtime.echo", address)
    started = await asyncio.create_subprocess_exec(*command, cwd=SERVICES.parent, stderr=DEVNULL)
    try:
        await serving(address)
        yield started, address
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


@asynccontextmanager
async def called(address: str, *more: str) -> AsyncIterator[grpc.aio.Channel]:
    endless = frozenset({f"/{NAME}/Watch"})
    async with open_channel([address, *more], token=TOKEN, endless=endless) as channel:
        yield channel


async def serving(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        for _ in range(600):
            with suppress(grpc.aio.AioRpcError):
                if await health(channel) == SERVING:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not serve within 30 seconds")


async def test_f21_a_call_to_a_server_that_stands_still_ends_with_its_deadline() -> None:
    async with process() as (server, address), called(address) as channel:
        await said(channel, "hello")
        server.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        assert isinstance(await refusal(said(channel, "hello", timeout=1.0)), DeadlineExceeded)
        assert time.monotonic() - begun < 2.0


async def test_f21_a_watch_of_a_server_that_stands_still_ends_by_keepalive() -> None:
    async with process() as (server, address), called(address) as channel:
        call = watch(channel)(StringValue())
        assert (await call.read()).value == "begun"
        server.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(NOTICED_S):
            assert isinstance(await refusal(call.read()), Unavailable)


async def test_a_server_that_is_killed_is_noticed_at_once_and_found_again_when_it_is_back() -> None:
    async with process() as (server, address), called(address) as channel:
        call = watch(channel)(StringValue())
        await call.read()
        server.kill()
        async with asyncio.timeout(2.0):
            assert isinstance(await refusal(call.read()), Unavailable)
        await server.wait()
        async with process(address):
            assert await said(channel, "hello", timeout=5.0, wait_for_ready=True) == "hello"


async def test_a_channel_of_two_replicas_goes_on_with_the_other() -> None:
    async with process() as (server, one), process() as (_, other), called(one, other) as channel:
        for _ in range(6):
            assert await said(channel, "hello") == "hello"
        server.kill()
        for _ in range(20):
            assert await said(channel, "hello") == "hello"


async def test_f29_a_server_whose_handlers_cannot_be_loaded_never_listens() -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    script = (
        "import runpy, sys\n"
        "sys.modules['google.protobuf.wrappers_pb2'] = None\n"
        f"sys.argv = ['echo', {address!r}]\n"
        "runpy.run_module('tests.services.runtime.echo', run_name='__main__')"
    )
    starting = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), cwd=SERVICES.parent, stderr=PIPE
    )
    _, told = await asyncio.wait_for(starting.communicate(), 30)
    assert starting.returncode == 1
    assert b"wrappers_pb2" in told
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address.split(":"))
