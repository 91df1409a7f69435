"""`Recordings` in a folder. The library that writes them is imported once somebody has agreed."""

from pathlib import Path
from typing import TYPE_CHECKING

from services.media.recording.recording import Recording

if TYPE_CHECKING:
    from services.media.recording.files import Recordings


class FolderRecordings:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: Recordings | None = None

    async def open(self, interview_id: str) -> Recording:
        if self._made is None:
            from services.media.recording.files import Recordings

            self._made = Recordings(self._folder)
        return await self._made.open(interview_id)

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()
