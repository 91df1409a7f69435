"""Finds and reads recordings. Needs no library that could write them, and knows no listener."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.media.recording.naming import begin_in, folder_of
from services.runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str
    begun_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` is that of the whole recording."""

    content: bytes
    size: int


def recordings_of(recordings: Path, interview_id: str) -> list[Recorded]:
    """Oldest first. Raises InvalidArgument, NotFound where there is none."""
    folder = folder_of(recordings, interview_id)
    names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    begun = [(name, begin_in(name)) for name in names]
    found = [Recorded(name, at, (folder / name).stat().st_size) for name, at in begun if at]
    if not found:
        raise _nothing()
    return found


def read(recordings: Path, interview_id: str, name: str, offset: int, length: int) -> Piece:
    """Raises InvalidArgument, NotFound."""
    if not begin_in(name):
        raise _nothing()
    try:
        with (folder_of(recordings, interview_id) / name).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(offset)
            return Piece(file.read(length), size)
    except FileNotFoundError:
        raise _nothing() from None


def _nothing() -> NotFound:
    remedy = "list the interview's recordings again: it may have been erased"
    return NotFound("RECORDING_UNKNOWN", "There is no such recording here.", remedy=remedy)
