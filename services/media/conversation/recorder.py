"""Records an interview while that is agreed to. Knows no file; an interview goes on without."""

import asyncio

import structlog

from services.media.conversation.ports import Recordings
from services.media.peer import Peer
from services.media.recording.recording import Recording
from services.runtime.errors import VivaError

log = structlog.get_logger()


class Recorder:
    def __init__(self, recordings: Recordings, interview_id: str) -> None:
        self._recordings, self._interview_id = recordings, interview_id
        self._recording: Recording | None = None
        self._changing = asyncio.Lock()

    async def follow(self, peer: Peer | None, *, agreed: bool, paused: bool) -> None:
        """Gives that peer's two voices to the recording, or takes them from it; a pause stays silent."""
        async with self._changing:
            if not agreed:
                await self._close()
            elif peer is not None and self._recording is None:
                await self._open()
            if peer is not None:
                peer.record(None if paused else self._recording)

    async def aclose(self) -> None:
        async with self._changing:
            await self._close()

    async def _open(self) -> None:
        try:
            self._recording = await self._recordings.open(self._interview_id)
        except VivaError as error:
            log.warning("recording.refused", interview_id=self._interview_id, reason=error.reason)

    async def _close(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            await recording.aclose()
