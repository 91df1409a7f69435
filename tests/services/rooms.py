"""What the tests of the five model servers share: a server on a real socket, and a client of its mesh."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.errors import VivaError, from_rpc_error
from services.runtime.settings import ServiceSettings

TOKEN = "the-mesh"
SERVICES = Path(__file__).resolve().parents[2] / "services"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass(frozen=True)
class Room:
    """One model server; `needs_model` is a rpc that no engine-less server can answer."""

    name: str
    service: str
    needs_model: str

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
    Room("llm", "LlmService", "Generate"),
    Room("stt", "SttService", "StreamingRecognize"),
    Room("vision", "VisionService", "Analyze"),
    Room("tts", "TtsService", "Synthesize"),
    Room("media", "MediaService", "Negotiate"),
)


@asynccontextmanager
async def served(
    build: Callable[..., Any], engine: Any, settings: type[ServiceSettings], token: str = TOKEN, **fields: Any
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server of this engine on a free port."""
    values = {"listen": "127.0.0.1:0", "mesh_token": TOKEN, "drain_s": 0.0, "probe_s": 0.05, **fields}
    server = build(engine, settings(**values))
    await server.start()
    channel = open_channel([f"127.0.0.1:{server.port}"], token=token)
    try:
        yield channel
    finally:
        await channel.close()
        await server.stop()


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
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error)
    raise AssertionError("the call was not refused")


async def collected(answers: Any) -> list[Any]:
    return [answer async for answer in answers]


async def health(channel: grpc.aio.Channel, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status
