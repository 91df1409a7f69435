"""Where recordings stand and what they are called. Knows no library that could write them."""

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from services.runtime.requests import refuse

SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_NAME = re.compile(r"([0-9]{8}T[0-9]{9})Z-[0-9a-f]{8}\.flac(\.part)?")


def folder_of(recordings: Path, interview_id: str) -> Path:
    """Raises InvalidArgument for an id that could be a path."""
    if not SAFE_ID.fullmatch(interview_id):
        refuse("interview_id", "is no id")
    return recordings / interview_id


def name_of(begun_at: datetime) -> str:
    """A new name for a recording. Its begin is in it to the millisecond: answers are found by their time."""
    return f"{begun_at:%Y%m%dT%H%M%S%f}"[:-3] + f"Z-{secrets.token_hex(4)}.flac"


def begin_in(name: str) -> datetime | None:
    """None where it is no recording's name."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
