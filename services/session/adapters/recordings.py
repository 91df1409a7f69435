"""Erases recordings at the media servers. Knows no file."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from viva.v1 import media_pb2, media_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.settings import ServiceSettings

ERASE_S = 5.0

BegunBefore = Callable[[UUID], Awaitable[datetime | None]]
"""The begin from which on an interview's recordings are kept; None when all are to be erased."""


class GrpcRecordings:
    """`Eraser`. Each server may have a folder of its own, so all are asked; without one nothing is kept."""

    def __init__(
        self,
        addresses: Sequence[str],
        begun_before: BegunBefore,
        *,
        token: str = "",
        settings: ServiceSettings | None = None,
    ) -> None:
        self._addresses, self._begun_before = addresses, begun_before
        self._token, self._settings = token, settings

    async def __call__(self, subject_id: UUID) -> bool:
        """Raises grpc.RpcError when a server cannot be reached."""
        request = media_pb2.EraseRecordingsRequest(interview_id=str(subject_id))
        if begun_before := await self._begun_before(subject_id):
            request.begun_before.FromDatetime(begun_before)
        await asyncio.gather(*(self._erase(each, request) for each in self._addresses))
        return True

    async def _erase(self, address: str, request: media_pb2.EraseRecordingsRequest) -> None:
        async with open_channel([address], token=self._token, settings=self._settings) as channel:
            await media_pb2_grpc.MediaServiceStub(channel).EraseRecordings(request, timeout=ERASE_S)
