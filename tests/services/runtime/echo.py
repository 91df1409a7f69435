"""A server of a few simple rpcs for the tests of the runtime; as a module it is a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from services.runtime import telemetry
from services.runtime.auth import MeshAuthenticator, current_principal
from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.errors import InvalidArgument, ResourceExhausted
from services.runtime.interceptor import report_timings
from services.runtime.serving import Probe, Server, Service, server_credentials
from services.runtime.settings import ServiceSettings

NAME = "viva.test.Echo"
TOKEN = "the-mesh"
CODEC = (StringValue.SerializeToString, StringValue.FromString)
SECRET = "what Hong Gil-dong said"
READY = Capability("echo", State.READY, "It answers.", engine="echo")


class Echo:
    """What an rpc does is told by its text; every other text comes back."""

    def __init__(self) -> None:
        self.calls = 0
        self.running = 0
        self.left: list[str] = []
        self.release = asyncio.Event()
        self.next_address = ""

    async def say(self, request: StringValue, context: Any) -> StringValue:
        async with self._running(request.value):
            return StringValue(value=await self._answer(request.value))

    async def count(self, request: StringValue, context: Any) -> AsyncIterator[StringValue]:
        async with self._running(request.value):
            await self._refuse_first(request.value)
            for number in range(3):
                yield StringValue(value=f"{number}")
            if request.value == "wait":
                await self.release.wait()
            yield StringValue(value="end")

    async def join(self, requests: AsyncIterator[StringValue], context: Any) -> StringValue:
        async with self._running("join"):
            return StringValue(value=" ".join([each.value async for each in requests]))

    async def talk(self, requests: AsyncIterator[StringValue], context: Any) -> AsyncIterator[StringValue]:
        async with self._running("talk"):
            async for each in requests:
                yield StringValue(value=await self._answer(each.value))

    async def watch(self, request: StringValue, context: Any) -> None:
        async with self._running("watch"):
            await context.write(StringValue(value="begun"))
            await self.release.wait()

    @asynccontextmanager
    async def _running(self, name: str) -> AsyncIterator[None]:
        self.calls += 1
        self.running += 1
        try:
            yield
        except BaseException as error:
            self.left.append(f"{name}: {type(error).__name__}")
            raise
        finally:
            self.running -= 1

    async def _answer(self, text: str) -> str:
        await self._refuse_first(text)
        if text == "wait":
            await self.release.wait()
        elif text == "crash":
            raise RuntimeError(SECRET)
        elif text == "wrong":
            raise InvalidArgument.of("value", "must not be wrong")
        elif text == "times":
            report_timings(queue=1.5)
        elif text == "who":
            return type(current_principal()).__name__
        elif text == "trace":
            return await self._trace()
        return text

    async def _refuse_first(self, text: str) -> None:
        if text == "second time" and self.calls == 1:
            raise ResourceExhausted("COME_AGAIN", "Once more.", retry_after_s=0.01)

    async def _trace(self) -> str:
        """The trace of this server and of those behind it."""
        mine = telemetry.traceparent()
        if not self.next_address:
            return mine
        async with open_channel([self.next_address], token=TOKEN) as channel:
            return f"{mine} {await said(channel, 'trace')}"


@dataclass
class Running:
    address: str
    server: Server
    echo: Echo


def build(echo: Echo, settings: ServiceSettings, probe: Probe | None = None) -> Server:
    async def ready() -> Capability:
        return READY

    service = Service(NAME, _add, echo)
    authenticator = MeshAuthenticator(
        settings.mesh_token, mutual_tls=server_credentials(settings) is not None
    )
    return Server("echo", settings, [service], authenticator, probe or ready, frozenset({f"/{NAME}/Watch"}))


def _add(echo: Any, server: grpc.aio.Server) -> None:
    read, write = StringValue.FromString, StringValue.SerializeToString
    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(echo.say, read, write),
        "Count": grpc.unary_stream_rpc_method_handler(echo.count, read, write),
        "Join": grpc.stream_unary_rpc_method_handler(echo.join, read, write),
        "Talk": grpc.stream_stream_rpc_method_handler(echo.talk, read, write),
        "Watch": grpc.unary_stream_rpc_method_handler(echo.watch, read, write),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))


@asynccontextmanager
async def echoing(probe: Probe | None = None, **fields: Any) -> AsyncIterator[Running]:
    """A running server on a free port; it is stopped, if it was not yet, without waiting for its calls."""
    values = {"mesh_token": TOKEN, "log_level": "error", "drain_s": 0.0, "probe_s": 0.05, **fields}
    echo = Echo()
    server = build(echo, ServiceSettings(**values), probe)
    await server.start()
    try:
        yield Running(f"127.0.0.1:{server.port}", server, echo)
    finally:
        await server.stop()


@asynccontextmanager
async def plain(address: str, token: str = TOKEN) -> AsyncIterator[grpc.aio.Channel]:
    """A channel without the rules of `open_channel`: no retries, no deadline; see `bearer` for the token."""
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_retries", 0)]) as channel:
        yield channel


def bearer(token: str = TOKEN) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def say(channel: grpc.aio.Channel) -> Callable[..., Any]:
    return channel.unary_unary(f"/{NAME}/Say", *CODEC)


def count(channel: grpc.aio.Channel) -> Callable[..., Any]:
    return channel.unary_stream(f"/{NAME}/Count", *CODEC)


def join(channel: grpc.aio.Channel) -> Callable[..., Any]:
    return channel.stream_unary(f"/{NAME}/Join", *CODEC)


def talk(channel: grpc.aio.Channel) -> Callable[..., Any]:
    return channel.stream_stream(f"/{NAME}/Talk", *CODEC)


def watch(channel: grpc.aio.Channel) -> Callable[..., Any]:
    return channel.unary_stream(f"/{NAME}/Watch", *CODEC)


async def said(channel: grpc.aio.Channel, text: str, **more: Any) -> str:
    answer: StringValue = await say(channel)(StringValue(value=text), **more)
    return answer.value


async def _serve(address: str) -> None:
    settings = ServiceSettings(listen=address, mesh_token=TOKEN, log_level="error")
    await build(Echo(), settings).run()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
