"""Asks every server of the mesh what it runs on. Knows addresses and contracts, and no service's insides."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from viva.v1 import (
    embed_pb2,
    embed_pb2_grpc,
    llm_pb2,
    llm_pb2_grpc,
    media_pb2,
    media_pb2_grpc,
    stt_pb2,
    stt_pb2_grpc,
    tts_pb2,
    tts_pb2_grpc,
    vision_pb2,
    vision_pb2_grpc,
)

from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.settings import ServiceSettings
from services.session.app.admin import ServerSeen

LOOK_S = 2.0


class _Contract(NamedTuple):
    stub: Callable[[grpc.aio.Channel], Any]
    request: Callable[[], Any]


_CONTRACTS: Mapping[str, _Contract] = {
    "llm": _Contract(llm_pb2_grpc.LlmServiceStub, llm_pb2.LlmServiceGetInfoRequest),
    "stt": _Contract(stt_pb2_grpc.SttServiceStub, stt_pb2.SttServiceGetInfoRequest),
    "vision": _Contract(vision_pb2_grpc.VisionServiceStub, vision_pb2.VisionServiceGetInfoRequest),
    "embed": _Contract(embed_pb2_grpc.EmbedServiceStub, embed_pb2.EmbedServiceGetInfoRequest),
    "tts": _Contract(tts_pb2_grpc.TtsServiceStub, tts_pb2.TtsServiceGetInfoRequest),
    "media": _Contract(media_pb2_grpc.MediaServiceStub, media_pb2.MediaServiceGetInfoRequest),
}
SERVICES = tuple(_CONTRACTS)


class GrpcMesh:
    """`Mesh`. `addresses` by service; `own` answers for this server itself, at `own_address`."""

    def __init__(
        self,
        addresses: Mapping[str, Sequence[str]],
        own_address: str,
        own: Callable[[], Awaitable[Capability]],
        *,
        token: str = "",
        settings: ServiceSettings | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        self._addresses = addresses
        self._own_address = own_address
        self._own = own
        self._token = token
        self._settings = settings
        self._look_s = look_s

    async def look(self) -> list[ServerSeen]:
        """All at once, in the order of `SERVICES`, this server first."""
        asked = [self._ask(name, each) for name in SERVICES for each in self._addresses.get(name) or ("",)]
        return list(await asyncio.gather(self._myself(), *asked))

    async def _myself(self) -> ServerSeen:
        started = time.perf_counter()
        capability = await self._own()
        return ServerSeen("session", self._own_address, True, capability, _ms(started))

    async def _ask(self, name: str, address: str) -> ServerSeen:
        if not address:
            return ServerSeen(name, "", False, _unknown(name))
        # A channel of its own: one that is kept would answer from the backoff of an earlier failure.
        async with open_channel([address], token=self._token, settings=self._settings) as channel:
            started = time.perf_counter()
            alive, capability = await asyncio.gather(self._alive(channel), self._info(name, address, channel))
            return ServerSeen(name, address, alive, capability, _ms(started) if alive else 0.0)

    async def _alive(self, channel: grpc.aio.Channel) -> bool:
        try:
            request = health_pb2.HealthCheckRequest()
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=self._look_s)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _info(self, name: str, address: str, channel: grpc.aio.Channel) -> Capability:
        contract = _CONTRACTS[name]
        try:
            answer = await contract.stub(channel).GetInfo(contract.request(), timeout=self._look_s)
            return Capability.from_pb(answer.capability)
        except grpc.aio.AioRpcError as error:
            detail = f"No answer from {address} within {self._look_s:g} s: {error.code().name}."
        except ValueError:
            detail = f"What {address} answers names no state of this contract."
        return Capability(name, State.BROKEN, detail, remedy=f"viva logs {name}")


def _unknown(name: str) -> Capability:
    detail = "The session knows no address of this service."
    return Capability(
        name, State.MISSING, detail, remedy=f"set VIVA_{name.upper()}_ADDRESSES to its host:port"
    )


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
