"""`Embedder` over gRPC. Knows no résumé."""

import struct
from collections.abc import Sequence

import grpc
from viva.v1 import embed_pb2 as pb
from viva.v1 import embed_pb2_grpc

from services.runtime.errors import Unavailable, from_rpc_error
from services.session.app.retrieval import Vectors

PASSAGES_S = 60.0
QUERY_S = 2.0


class GrpcEmbedder:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = embed_pb2_grpc.EmbedServiceStub(channel)

    async def passages(self, texts: Sequence[str]) -> Vectors:
        request = pb.EmbedRequest(texts=texts, kind=pb.EMBED_KIND_PASSAGE, lane=pb.EMBED_LANE_BULK)
        return await self._embed(request, PASSAGES_S)

    async def query(self, text: str) -> Vectors:
        request = pb.EmbedRequest(texts=[text], kind=pb.EMBED_KIND_QUERY, lane=pb.EMBED_LANE_INTERACTIVE)
        return await self._embed(request, QUERY_S)

    async def _embed(self, request: pb.EmbedRequest, timeout_s: float) -> Vectors:
        try:
            response = await self._stub.Embed(request, timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            known = from_rpc_error(error)
            raise Unavailable("EMBED_UNAVAILABLE", f"No vectors: {known.reason}.") from None
        row = struct.Struct(f"<{response.dimensions}f")
        model = f"{response.engine}:{response.model}" if response.model else response.engine
        return Vectors(
            model, [row.unpack_from(response.vectors, at * row.size) for at in range(len(request.texts))]
        )
