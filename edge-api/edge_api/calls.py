"""Calls of the mesh with the caller's own token, forwarded unread. Knows no route and decides no right."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

import grpc
from google.protobuf.message import Message

from edge_api.config import Settings
from edge_api.contract import Rpc, rpc
from services.runtime.channel import ReplicaSet, open_channel
from services.runtime.errors import NotFound, ResourceExhausted, Unavailable, VivaError, from_rpc_error

ELSEWHERE = (Unavailable, NotFound, ResourceExhausted)
ENDLESS = frozenset({rpc("InterviewService.WatchInterview").path})


class Calls(Protocol):
    """The mesh as the edge sees it. Every method raises VivaError; `token` "" calls as a stranger."""

    async def unary(
        self, method: Rpc, request: Message, token: str, timeout_s: float, *, key: str = ""
    ) -> Message:
        """Calls with one `key` reach the same server as long as it lives, where servers keep state."""

    def stream(
        self, method: Rpc, request: Message, token: str, timeout_s: float | None
    ) -> AsyncIterator[Message]:
        """Answers as they come; `timeout_s` None only for what has no end."""

    async def send(
        self, method: Rpc, requests: AsyncIterator[Message], token: str, timeout_s: float
    ) -> Message: ...


class GrpcCalls:
    """`Calls` over one channel to the session, and one to each media server with the mesh's own token."""

    def __init__(self, session: grpc.aio.Channel, media: ReplicaSet | None) -> None:
        self._session = session
        self._media = media
        self._made: dict[tuple[Rpc, grpc.aio.Channel], Any] = {}

    @classmethod
    def open(cls, settings: Settings, mesh_token: str) -> "GrpcCalls":
        session = open_channel(settings.session_addresses, settings=settings, endless=ENDLESS)
        media = (
            ReplicaSet(settings.media_addresses, token=mesh_token, settings=settings)
            if settings.media_addresses
            else None
        )
        return cls(session, media)

    async def unary(
        self, method: Rpc, request: Message, token: str, timeout_s: float, *, key: str = ""
    ) -> Message:
        if method.service == "MediaService":
            return await self._at_media(method, request, timeout_s, key)
        return await self._once(self._session, method, request, token, timeout_s)

    async def _at_media(self, method: Rpc, request: Message, timeout_s: float, key: str) -> Message:
        """At the server the key belongs to; at the next where it is gone, full or knows nothing of it."""
        if self._media is None:
            remedy = "set VIVA_MEDIA_ADDRESSES to its host:port"
            raise Unavailable("MEDIA_UNKNOWN", "The edge knows no address of media.", remedy=remedy)
        until, refusals = time.monotonic() + timeout_s, list[VivaError]()
        for _, channel in self._media.preferred(key):
            try:
                return await self._once(channel, method, request, "", until - time.monotonic())
            except ELSEWHERE as error:
                refusals.append(error)
        raise refusals[0]

    async def _once(
        self, channel: grpc.aio.Channel, method: Rpc, request: Message, token: str, timeout_s: float
    ) -> Message:
        call = self._call(method, channel)
        try:
            answer: Message = await call(request, timeout=timeout_s, metadata=_identity(token))
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        return answer

    async def stream(
        self, method: Rpc, request: Message, token: str, timeout_s: float | None
    ) -> AsyncIterator[Message]:
        call = self._call(method, self._session)(request, timeout=timeout_s, metadata=_identity(token))
        try:
            async for answer in call:
                yield answer
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        finally:
            call.cancel()

    async def send(
        self, method: Rpc, requests: AsyncIterator[Message], token: str, timeout_s: float
    ) -> Message:
        failed: list[VivaError] = []
        sent = _remembering(requests, failed)
        call = self._call(method, self._session)
        try:
            answer: Message = await call(sent, timeout=timeout_s, metadata=_identity(token))
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        except asyncio.CancelledError:  # what gRPC makes of requests that end with an error
            if failed:
                raise failed[0] from None
            raise
        return answer

    async def close(self) -> None:
        await self._session.close()
        if self._media is not None:
            await self._media.close()

    def _call(self, method: Rpc, channel: grpc.aio.Channel) -> Any:
        if (method, channel) not in self._made:
            make = getattr(channel, method.kind)
            self._made[method, channel] = make(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
        return self._made[method, channel]


async def _remembering(requests: AsyncIterator[Message], failed: list[VivaError]) -> AsyncIterator[Message]:
    try:
        async for each in requests:
            yield each
    except VivaError as error:
        failed.append(error)
        raise


def _identity(token: str) -> Iterable[tuple[str, str]]:
    return (("authorization", f"Bearer {token}"),) if token else ()
