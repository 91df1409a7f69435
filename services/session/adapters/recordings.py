"""Erases recordings at the media servers. Knows no file."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from viva.v1 import media_pb2, media_pb2_grpc

from services.runtime.channel import open_channel
from services.runtime.settings import ServiceSettings

ERASE_S = 5.0


class GrpcRecordings:
    """`Eraser`. Each server may have a folder of its own, so all are asked; without one nothing is kept."""

    def __init__(
        self, addresses: Sequence[str], *, token: str = "", settings: ServiceSettings | None = None
    ) -> None:
        self._addresses, self._token, self._settings = addresses, token, settings

    async def __call__(self, subject_id: UUID) -> bool:
        """Raises grpc.RpcError when a server cannot be reached."""
        await asyncio.gather(*(self._erase(each, subject_id) for each in self._addresses))
        return True

    async def _erase(self, address: str, subject_id: UUID) -> None:
        async with open_channel([address], token=self._token, settings=self._settings) as channel:
            request = media_pb2.EraseRecordingsRequest(interview_id=str(subject_id))
            await media_pb2_grpc.MediaServiceStub(channel).EraseRecordings(request, timeout=ERASE_S)
