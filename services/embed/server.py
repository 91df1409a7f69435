"""EmbedService: from the wire, to the batcher, to the wire. Knows neither models nor batches.

`build` is the one function that puts engine, batcher and server together.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from viva.v1 import common_pb2, embed_pb2_grpc
from viva.v1 import embed_pb2 as pb

from services.embed.batching import Batcher, Embedded
from services.embed.config import Settings
from services.embed.engine import EmbeddingEngine
from services.embed.engines import NAME, describe
from services.embed.lanes import BatchRules
from services.embed.liveness import Liveness
from services.embed.requests import read_embed
from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, needed
from services.runtime.interceptor import Context, report_timings
from services.runtime.serving import Server, Service, server_credentials

SERVICE_NAME = "viva.v1.EmbedService"


@dataclass(frozen=True, slots=True)
class Running:
    """A batcher with its engine, and the look at whether it still computes."""

    batcher: Batcher
    liveness: Liveness


class EmbedServicer(embed_pb2_grpc.EmbedServiceServicer):
    def __init__(self, running: Running | Missing) -> None:
        self._running = running

    async def Embed(self, request: pb.EmbedRequest, context: Context) -> pb.EmbedResponse:
        ask = read_embed(request)
        batcher = needed(self._running).batcher
        found = await batcher.embed(ask.texts, ask.kind, ask.lane, context.time_remaining())
        report_timings(queue=found.queue_s * 1000, compute=found.compute_s * 1000)
        return _response(found, batcher)

    async def GetInfo(
        self, request: pb.EmbedServiceGetInfoRequest, context: Context
    ) -> pb.EmbedServiceGetInfoResponse:
        if isinstance(self._running, Missing):
            return pb.EmbedServiceGetInfoResponse(capability=self._running.capability.to_pb())
        batcher = self._running.batcher
        info = batcher.engine.info
        return pb.EmbedServiceGetInfoResponse(
            capability=(await self._running.liveness.look()).to_pb(),
            dimensions=info.dimensions,
            max_tokens=info.max_tokens,
            queued=batcher.queued_requests,
        )


def _response(found: Embedded, batcher: Batcher) -> pb.EmbedResponse:
    info = batcher.engine.info
    return pb.EmbedResponse(
        vectors=found.vectors.astype("<f4", copy=False).tobytes(),
        dimensions=info.dimensions,
        engine=info.name,
        model=info.model,
        token_counts=found.token_counts,
        truncated=found.truncated,
        timings=common_pb2.Timings(
            queue_ms=found.queue_s * 1000, prefill_ms=found.prepare_s * 1000, decode_ms=found.compute_s * 1000
        ),
    )


@asynccontextmanager
async def build(engine: EmbeddingEngine | Missing, settings: Settings) -> AsyncIterator[Server]:
    """A server that is not started yet; leaving the context closes the engine."""
    if isinstance(engine, Missing):
        yield _server(engine, settings)
        return
    async with Batcher(engine, _rules(settings, engine), settings.max_queued_texts) as batcher:
        capability = describe(engine, settings)
        liveness = Liveness(batcher, capability, settings.idle_probe_s, settings.stuck_s)
        yield _server(Running(batcher, liveness), settings)


def _server(running: Running | Missing, settings: Settings) -> Server:
    async def probe() -> Capability:
        return running.capability if isinstance(running, Missing) else await running.liveness.look()

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )
    add = embed_pb2_grpc.add_EmbedServiceServicer_to_server
    service = Service(SERVICE_NAME, add, EmbedServicer(running))
    return Server(NAME, settings, [service], authenticator, probe)


def _rules(settings: Settings, engine: EmbeddingEngine) -> BatchRules:
    return BatchRules(
        max_tokens=settings.batch_tokens or engine.info.batch_tokens,
        max_texts=settings.batch_texts,
        overhead_tokens=engine.info.batch_overhead_tokens,
        bulk_every=settings.bulk_every,
    )
