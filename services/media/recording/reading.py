"""Names, finds and reads recordings. Needs no library that could write them, and knows no listener."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.media.recording.erasing import folder_of
from services.runtime.errors import NotFound

NAME = re.compile(r"(\d{8}T\d{9})Z-[0-9a-f]{8}\.flac(\.part)?")


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


def name_of(begun_at: datetime) -> str:
    """A new name for a recording. Its begin is in it to the millisecond: answers are found by their time."""
    return f"{begun_at:%Y%m%dT%H%M%S%f}"[:-3] + f"Z-{secrets.token_hex(4)}.flac"


def recordings_of(recordings: Path, interview_id: str) -> list[Recorded]:
    """Oldest first. Raises InvalidArgument, NotFound where there is none."""
    folder = folder_of(recordings, interview_id)
    names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    found = [_recorded(folder, name) for name in names if NAME.fullmatch(name)]
    if not found:
        raise _nothing()
    return found


def read(recordings: Path, interview_id: str, name: str, offset: int, length: int) -> Piece:
    """Raises InvalidArgument, NotFound."""
    if not NAME.fullmatch(name):
        raise _nothing()
    try:
        with (folder_of(recordings, interview_id) / name).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(offset)
            return Piece(file.read(length), size)
    except FileNotFoundError:
        raise _nothing() from None


def _recorded(folder: Path, name: str) -> Recorded:
    begun_at = datetime.strptime(name[:18], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    return Recorded(name, begun_at, (folder / name).stat().st_size)


def _nothing() -> NotFound:
    remedy = "list the interview's recordings again: it may have been erased"
    return NotFound("RECORDING_UNKNOWN", "There is no such recording here.", remedy=remedy)
