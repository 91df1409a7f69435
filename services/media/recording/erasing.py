"""Deletes recordings. Needs no library that could write them."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from services.media.recording.naming import begin_in, folder_of


def erase(recordings: Path, interview_id: str, begun_before: datetime | None = None) -> int:
    """Deletes an interview's files but those that are known to have begun later; how many there were.

    What still runs then writes to no file.
    """
    folder = folder_of(recordings, interview_id)
    found = (
        [each for each in folder.iterdir() if _is_meant(each.name, begun_before)] if folder.exists() else []
    )
    for file in found:
        file.unlink(missing_ok=True)
    with suppress(OSError):  # what is kept keeps its folder
        folder.rmdir()
    return len(found)


def _is_meant(name: str, begun_before: datetime | None) -> bool:
    begun = begin_in(name)
    return begun_before is None or begun is None or begun < begun_before
