"""What hears, speaks and looks for media, as those servers say. Knows no conversation."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from viva.v1 import stt_pb2, stt_pb2_grpc, tts_pb2, tts_pb2_grpc, vision_pb2, vision_pb2_grpc

from services.runtime.capability import Capability, State

ANSWERED_WITHIN_S = 1.0
_ASKED: Mapping[str, tuple[Any, Any]] = {
    "stt": (stt_pb2_grpc.SttServiceStub, stt_pb2.SttServiceGetInfoRequest),
    "tts": (tts_pb2_grpc.TtsServiceStub, tts_pb2.TtsServiceGetInfoRequest),
    "vision": (vision_pb2_grpc.VisionServiceStub, vision_pb2.VisionServiceGetInfoRequest),
}


class GrpcParts:
    """`channels` by the service's name; None for one without an address."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel | None]) -> None:
        self._channels = channels

    async def __call__(self) -> list[Capability]:
        return list(await asyncio.gather(*map(self._part, _ASKED)))

    async def _part(self, name: str) -> Capability:
        channel = self._channels.get(name)
        if channel is None:
            remedy = f"set VIVA_{name.upper()}_ADDRESSES to its host:port"
            return Capability(name, State.MISSING, f"Media knows no address of {name}.", remedy=remedy)
        stub, request = _ASKED[name]
        try:
            answer = await stub(channel).GetInfo(request(), timeout=ANSWERED_WITHIN_S)
            return Capability.from_pb(answer.capability)
        except (grpc.RpcError, ValueError):
            detail = f"{name} does not answer."
            return Capability(name, State.BROKEN, detail, remedy=f"viva logs {name}")
