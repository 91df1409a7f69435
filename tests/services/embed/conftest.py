"""A tiny XLM-R for the tests of the model engine, and servers to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from viva.v1 import embed_pb2 as pb
from viva.v1 import embed_pb2_grpc

from services.embed.config import Settings
from services.embed.server import build
from services.runtime.channel import open_channel

from .tiny_xlmr import Shape
from .tiny_xlmr import build as build_model

TOKEN = "a token for tests only"
TINY = Shape(prompts=(("query", "질문: "), ("document", "")))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model with 32 dimensions and at most 64 tokens."""
    return build_model(tmp_path_factory.mktemp("tiny-xlmr"), TINY)


@dataclass(frozen=True)
class Client:
    stub: embed_pb2_grpc.EmbedServiceStub
    channel: grpc.aio.Channel
    address: str

    async def embed(self, *texts: str, kind=pb.EMBED_KIND_QUERY, **fields) -> pb.EmbedResponse:
        return await self.stub.Embed(pb.EmbedRequest(texts=texts, kind=kind, **fields), timeout=20)

    async def info(self) -> pb.EmbedServiceGetInfoResponse:
        return await self.stub.GetInfo(pb.EmbedServiceGetInfoRequest(), timeout=20)


@pytest.fixture
def serving():
    """serving(engine, **settings) is a context whose value is a client of that engine over a socket."""

    @asynccontextmanager
    async def serve(engine, **fields) -> AsyncIterator[Client]:
        settings = Settings(listen="127.0.0.1:0", mesh_token=TOKEN, drain_s=0.2, log_level="error", **fields)
        async with build(engine, settings) as server:
            await server.start()
            try:
                async with connected(f"127.0.0.1:{server.port}") as client:
                    yield client
            finally:
                await server.stop()

    return serve


@asynccontextmanager
async def connected(address: str, token: str = TOKEN) -> AsyncIterator[Client]:
    channel = open_channel([address], token=token)
    try:
        yield Client(embed_pb2_grpc.EmbedServiceStub(channel), channel, address)
    finally:
        await channel.close()
