"""Deletes recordings. Needs no library that could write them."""

import re
import shutil
from pathlib import Path

from services.runtime.requests import refuse

SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def folder_of(recordings: Path, interview_id: str) -> Path:
    """Raises InvalidArgument for an id that could be a path."""
    if not SAFE_ID.fullmatch(interview_id):
        refuse("interview_id", "is no id")
    return recordings / interview_id


def erase(recordings: Path, interview_id: str) -> int:
    """Deletes every file of an interview; how many there were. What still runs then writes to no file."""
    folder = folder_of(recordings, interview_id)
    if not folder.exists():
        return 0
    found = len(list(folder.iterdir()))
    shutil.rmtree(folder)
    return found
