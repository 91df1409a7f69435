"""One file from a source into a part file, to the last byte and with the expected hash.

Knows no catalogue and never touches a file that serves.
"""

import errno
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tenacity

from deploy.weights.errors import BrokenDownloadError, NoRoomError, WrongChecksumError
from deploy.weights.lock import LockedFile
from deploy.weights.sources import AGAIN, Opened, Source, Wanted

TRIES = 5
SPARE_BYTES = 256 << 20
Report = Callable[[str, int, int | None], None]
"""Told the model's name and the file's path, bytes here and bytes in all, again and again."""


@dataclass(frozen=True)
class Expected:
    """None is unknown."""

    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Fetched:
    file: LockedFile
    revision: str


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass
class Download:
    """`part` grows over tries and runs; `<part>.tag` beside it says of which version it is."""

    source: Source
    part: Path
    expected: Expected
    report: Report
    free: Callable[[Path], int] = free_bytes
    pause_s: float = 1.0
    received: int = 0

    def run(self, wanted: Wanted) -> Fetched:
        """Raises what the source raises once TRIES in a row brought nothing, and when the hash is wrong."""
        self.part.parent.mkdir(parents=True, exist_ok=True)
        idle = _IdleTries(self)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(BrokenDownloadError),
            stop=idle.are_too_many,
            wait=tenacity.wait_exponential(self.pause_s, max=30 * self.pause_s),
            reraise=True,
        )
        revision, claimed = retrying(self._receive, wanted)
        return Fetched(self._verified(wanted, claimed), revision)

    def _receive(self, wanted: Wanted) -> tuple[str, str | None]:
        have, tag = self._have()
        if have and have == self.expected.size:
            return wanted.revision, None
        asked = Wanted(
            wanted.name, wanted.model, wanted.path, wanted.revision, have, tag, bool(self.expected.sha256)
        )
        with self.source.open(asked) as opened:
            self._assert_size(wanted, opened)
            self._assert_room(opened)
            self._tag_file.write_text(opened.tag)
            self._write(wanted, opened)
            self._assert_whole(wanted, opened)
            return opened.revision or wanted.revision, opened.sha256

    @property
    def _tag_file(self) -> Path:
        return self.part.with_name(f"{self.part.name}.tag")

    def _have(self) -> tuple[int, str]:
        if not self.part.exists():
            return 0, ""
        return self.part.stat().st_size, self._tag_file.read_text() if self._tag_file.exists() else ""

    def _assert_size(self, wanted: Wanted, opened: Opened) -> None:
        if opened.size and self.expected.size and opened.size != self.expected.size:
            raise WrongChecksumError(
                f"{wanted.path} has {opened.size} bytes there, and {self.expected.size} are expected.",
                DIFFERS,
            )

    def _assert_room(self, opened: Opened) -> None:
        size = opened.size or self.expected.size
        needed = (size or 0) - opened.start + SPARE_BYTES
        free = self.free(self.part.parent)
        if free < needed:
            raise _no_room(f"{free / 1e9:.1f} GB are free and {needed / 1e9:.1f} GB are needed")

    def _write(self, wanted: Wanted, opened: Opened) -> None:
        done = opened.start
        try:
            with self.part.open("r+b" if opened.start else "wb") as out:
                out.seek(opened.start)
                for chunk in opened.chunks:
                    out.write(chunk)
                    done += len(chunk)
                    self.received += len(chunk)
                    self.report(f"{wanted.name}/{wanted.path}", done, opened.size)
                out.truncate()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _no_room("the disk filled up") from error
            raise

    def _assert_whole(self, wanted: Wanted, opened: Opened) -> None:
        size = self.part.stat().st_size
        if opened.size is not None and size != opened.size:
            raise BrokenDownloadError(f"{wanted.path} ended at byte {size} of {opened.size}.", AGAIN)

    def _verified(self, wanted: Wanted, claimed: str | None) -> LockedFile:
        """The part is thrown away when it is wrong: nothing can be made of it."""
        found = hash_of(self.part)
        expected = self.expected.sha256 or claimed
        if expected and found.sha256 != expected:
            self.part.unlink()
            raise WrongChecksumError(
                f"{wanted.path} has sha256 {found.sha256}, and {expected} is expected.", DIFFERS
            )
        return found


DIFFERS = (
    "what was here before is untouched; try another --mirror, or, if the model was published anew and you "
    "trust it, viva models rm NAME --forget and pull again"
)


class _IdleTries:
    def __init__(self, download: Download) -> None:
        self._download = download
        self._seen = 0
        self._tries = 0

    def are_too_many(self, _: tenacity.RetryCallState) -> bool:
        moved, self._seen = self._download.received > self._seen, self._download.received
        self._tries = 1 if moved else self._tries + 1
        return self._tries >= TRIES


def _no_room(what: str) -> NoRoomError:
    return NoRoomError(f"There is no room: {what}.", "free some space, or set VIVA_MODELS to another disk")


def hash_of(path: Path) -> LockedFile:
    with path.open("rb") as file:
        return LockedFile(sha256=hashlib.file_digest(file, "sha256").hexdigest(), size=path.stat().st_size)
