"""A server that stops: says so, lets calls end, ends what would never end, and keeps to its time."""

import asyncio
import time

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.errors import Unavailable
from tests.services.rooms import NOT_SERVING, SERVING, refusal, until
from tests.services.runtime.echo import NAME, TOKEN, bearer, echoing, plain, said, watch

pytestmark = pytest.mark.integration

WAIT = StringValue(value="wait")


async def test_health_tells_before_calls_are_refused() -> None:
    async with echoing(drain_s=2.0) as running, plain(running.address) as channel:
        asked = health_pb2.HealthCheckRequest(service=NAME)
        watching = health_pb2_grpc.HealthStub(channel).Watch(asked)
        assert (await watching.read()).status == SERVING
        call = asyncio.ensure_future(said(channel, "wait", metadata=bearer()))
        await until(lambda: running.echo.running == 1)
        stopping = asyncio.ensure_future(running.server.stop())
        assert (await watching.read()).status == NOT_SERVING
        assert running.echo.running == 1
        running.echo.release.set()
        assert await call == "wait"
        await stopping


async def test_a_running_call_may_end_and_new_ones_are_refused() -> None:
    async with echoing(drain_s=5.0) as running, plain(running.address) as channel:
        call = asyncio.ensure_future(said(channel, "wait", metadata=bearer()))
        await until(lambda: running.echo.running == 1)
        begun = time.monotonic()
        stopping = asyncio.ensure_future(running.server.stop())
        await asyncio.sleep(0.5)
        async with plain(running.address) as late:
            assert isinstance(await refusal(said(late, "hello", metadata=bearer(), timeout=2)), Unavailable)
        assert not stopping.done()
        running.echo.release.set()
        assert await call == "wait"
        await stopping
        assert time.monotonic() - begun < 4.0


async def test_a_watch_ends_as_unavailable_and_does_not_use_up_the_time() -> None:
    async with echoing(drain_s=4.0) as running, open_channel([running.address], token=TOKEN) as channel:
        call = watch(channel)(StringValue())
        await call.read()
        begun = time.monotonic()
        stopping = asyncio.ensure_future(running.server.stop())
        error = await refusal(call.read())
        assert isinstance(error, Unavailable)
        assert error.reason == "SERVER_STOPPING"
        await stopping
        assert time.monotonic() - begun < 2.0


async def test_stopping_keeps_to_its_time_even_when_a_call_never_ends() -> None:
    async with echoing(drain_s=1.0) as running, plain(running.address) as channel:
        endless = asyncio.ensure_future(refusal(said(channel, "wait", metadata=bearer())))
        await until(lambda: running.echo.running == 1)
        begun = time.monotonic()
        await running.server.stop()
        assert time.monotonic() - begun < 1.3
        assert isinstance(await endless, Unavailable)
        await until(lambda: running.echo.running == 0)


async def test_a_stopped_server_is_unavailable() -> None:
    async with echoing() as running, plain(running.address) as channel:
        assert await said(channel, "hello", metadata=bearer()) == "hello"
        await running.server.stop()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await said(channel, "hello", metadata=bearer(), timeout=2)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
