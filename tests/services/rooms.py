"""What the tests of the five model servers share: a server on a real socket, and a client of its mesh."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from services.runtime.channel import open_channel
from services.runtime.errors import VivaError, from_rpc_error
from services.runtime.settings import ServiceSettings

TOKEN = "the-mesh"
QUICK = {"drain_s": 0.0, "probe_s": 0.05}
SERVICES = Path(__file__).resolve().parents[2] / "services"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# One server lives through all examples of a test, so that a fault of one would show in the next.
FUZZ = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANY_TEXT = st.text(max_size=200) | st.integers(1, 9).map(lambda size: "x" * (size * 10_000))
ANY_INT32 = st.integers(-(2**31), 2**31 - 1)
ANY_INT64 = st.integers(-(2**63), 2**63 - 1)
ANY_FLOAT = st.floats(width=32)


def mostly(good: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Good values nine times in ten, so that many requests get past their first field."""
    return st.integers(0, 9).flatmap(lambda number: other if number == 9 else good)


async def clearly(attempt: Any, *allowed: grpc.StatusCode) -> grpc.StatusCode:
    """The status of an answer or a refusal; anything but OK and the allowed ones fails the test."""
    try:
        await attempt
    except grpc.RpcError as error:
        if error.code() in allowed and from_rpc_error(error).reason != error.code().name:
            return error.code()
        raise
    return grpc.StatusCode.OK


@dataclass(frozen=True)
class Room:
    """One model server."""

    name: str
    service: str

    def module(self, name: str) -> Any:
        return import_module(f"services.{self.name}.{name}")

    @property
    def full_name(self) -> str:
        return f"viva.v1.{self.service}"

    @property
    def messages(self) -> Any:
        return import_module(f"viva.v1.{self.name}_pb2")

    @property
    def descriptor(self) -> Any:
        return self.messages.DESCRIPTOR.services_by_name[self.service]

    @property
    def servicer(self) -> Any:
        return getattr(self.module("server"), self.service.removesuffix("Service") + "Servicer")

    def stub(self, channel: grpc.aio.Channel) -> Any:
        return getattr(import_module(f"viva.v1.{self.name}_pb2_grpc"), f"{self.service}Stub")(channel)

    def request(self, method: str) -> Message:
        return getattr(self.messages, self.descriptor.methods_by_name[method].input_type.name)()


ROOMS = (
    Room("llm", "LlmService"),
    Room("stt", "SttService"),
    Room("vision", "VisionService"),
    Room("tts", "TtsService"),
    Room("media", "MediaService"),
)


@asynccontextmanager
async def listening(
    build: Callable[..., Any], engine: Any, settings: type[ServiceSettings], **fields: Any
) -> AsyncIterator[str]:
    """The address of a server of this engine, on a free port."""
    values = {"listen": "127.0.0.1:0", "mesh_token": TOKEN, "log_level": "error", **QUICK, **fields}
    server = build(engine, settings(**values))
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop()


@asynccontextmanager
async def served(
    build: Callable[..., Any], engine: Any, settings: type[ServiceSettings], **fields: Any
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel of the mesh to such a server."""
    async with listening(build, engine, settings, **fields) as address:
        channel = open_channel([address], token=TOKEN)
        try:
            yield channel
        finally:
            await channel.close()


async def streamed(address: str, stub: Any, method: str, requests: Sequence[Message]) -> list[Any]:
    """All answers, by the blocking client: grpc.aio's may lose the status of a call refused in mid-write
    (github.com/grpc/grpc/issues/36066)."""

    def call() -> list[Any]:
        with grpc.insecure_channel(address) as channel:
            metadata = (("authorization", f"Bearer {TOKEN}"),)
            return list(getattr(stub(channel), method)(iter(requests), timeout=10, metadata=metadata))

    return await asyncio.to_thread(call)


async def call(stub: Any, room: Room, method: str, *requests: Message) -> list[Message]:
    """Calls any kind of rpc; all its answers."""
    description = room.descriptor.methods_by_name[method]
    sent = iter(requests) if description.client_streaming else requests[0]
    answered = getattr(stub, method)(sent, timeout=20)
    if description.server_streaming:
        return [answer async for answer in answered]
    return [await answered]


async def refusal(awaitable: Any) -> VivaError:
    """The error that a call is refused with."""
    try:
        await awaitable
    except grpc.RpcError as error:
        return from_rpc_error(error)
    raise AssertionError("the call was not refused")


async def collected(answers: Any) -> list[Any]:
    return [answer async for answer in answers]


async def health(channel: grpc.aio.Channel, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.001)
