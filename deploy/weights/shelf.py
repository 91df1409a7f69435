"""The models folder: pulling into it, verifying and removing what it holds. Knows no terminal."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from deploy.weights.catalogue import Catalogue, Model, ModelFile
from deploy.weights.download import Download, Expected, Report, free_bytes, hash_of
from deploy.weights.errors import AbsentError, LicenceRefusedError, WeightsError
from deploy.weights.lock import Lock, LockedFile, LockedModel, read_lock, write_lock
from deploy.weights.sources import Source, Wanted

STAGING = ".pulling"


class Presence(StrEnum):
    ABSENT = "absent"
    PARTLY = "partly there"
    HERE = "here"


class Verdict(StrEnum):
    RIGHT = "right"
    UNRECORDED = "unrecorded"
    WRONG = "wrong"
    GONE = "gone"


@dataclass
class Shelf:
    """`folder` is VIVA_MODELS."""

    folder: Path
    catalogue: Catalogue
    free: Callable[[Path], int] = free_bytes
    pause_s: float = 1.0
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    # Looking

    def presence(self, name: str) -> Presence:
        model = self.catalogue.model(name)
        needed = [each for each in model.files if not each.optional]
        there = [each for each in needed if self.place(model, each.path).is_file()]
        if not there:
            return Presence.ABSENT
        return Presence.HERE if len(there) == len(needed) else Presence.PARTLY

    def size(self, name: str) -> int | None:
        """Bytes, as far as somebody has seen them."""
        files = [
            self.expected(name, each).size for each in self.catalogue.model(name).files if not each.optional
        ]
        return None if None in files else sum(size or 0 for size in files)

    def neighbours(self, name: str) -> list[str]:
        """Other models that are here for the same service: it takes the first by name unless told."""
        serves = self.catalogue.model(name).serves
        return [
            other
            for other, model in self.catalogue.models.items()
            if other != name and model.serves == serves and self.presence(other) is not Presence.ABSENT
        ]

    def place(self, model: Model, path: str) -> Path:
        return self.folder / model.folder / path

    def expected(self, name: str, file: ModelFile) -> Expected:
        """What the catalogue knows, else what the first pull recorded."""
        locked = self._locked(name).get(file.path)
        recorded = Expected(locked.sha256, locked.size) if locked else Expected()
        return Expected(file.sha256 or recorded.sha256, file.size or recorded.size)

    def _locked(self, name: str) -> dict[str, LockedFile]:
        found = read_lock(self.folder).models.get(name)
        return found.files if found else {}

    # Licences

    def is_accepted(self, name: str) -> bool:
        return self.catalogue.model(name).licence in read_lock(self.folder).accepted

    def accept(self, name: str) -> None:
        licence = self.catalogue.model(name).licence
        with self._alone():
            lock = read_lock(self.folder)
            lock.accepted.setdefault(licence, self.now().isoformat(timespec="seconds"))
            write_lock(self.folder, lock)

    # Changing

    def pull(self, name: str, source: Source, report: Report) -> bool:
        """Whether anything was fetched. Files go to their place only when all of them are right."""
        if not self.is_accepted(name):
            raise LicenceRefusedError(
                f"The licence of {name} is not accepted.", f"viva models pull {name} --accept-licence"
            )
        with self._alone():
            wrong = [each for each in self.catalogue.model(name).files if not self._is_right(name, each)]
            if not [each for each in wrong if not each.optional]:
                return False
            self._fetch(name, wrong, source, report)
            self._put_in_place(name, wrong)
        return True

    def _is_right(self, name: str, file: ModelFile) -> bool:
        place = self.place(self.catalogue.model(name), file.path)
        return self._verdict(place, self.expected(name, file)) is Verdict.RIGHT

    def _fetch(self, name: str, files: list[ModelFile], source: Source, report: Report) -> None:
        model, lock = self.catalogue.model(name), read_lock(self.folder)
        before = lock.models.get(name)
        revision = before.revision if before else model.revision
        found = dict(before.files) if before else {}
        for file in files:
            part = self.folder / STAGING / name / file.path
            download = Download(
                source, part, self.expected(name, file), report, free=self.free, pause_s=self.pause_s
            )
            try:
                fetched = download.run(Wanted(name, model, file.path, revision))
            except AbsentError:
                if not file.optional:
                    raise
                continue
            found[file.path], revision = fetched.file, fetched.revision
        lock.models[name] = LockedModel(
            source=source.describe(model), revision=revision, licence=model.licence, files=found
        )
        write_lock(self.folder, lock)

    def _put_in_place(self, name: str, files: list[ModelFile]) -> None:
        """In the catalogue's order, weights last: a service that looks meanwhile finds none or all."""
        model, staging = self.catalogue.model(name), self.folder / STAGING / name
        for file in files:
            if (staging / file.path).exists():
                place = self.place(model, file.path)
                place.parent.mkdir(parents=True, exist_ok=True)
                (staging / file.path).replace(place)
        shutil.rmtree(staging)

    def verify(self, name: str) -> dict[str, Verdict]:
        """Reads every byte. By path; optional files that are neither here nor recorded are left out."""
        model, found = self.catalogue.model(name), {}
        for file in model.files:
            expected, place = self.expected(name, file), self.place(model, file.path)
            if place.is_file() or expected.sha256 or not file.optional:
                found[file.path] = self._verdict(place, expected)
        return found

    def _verdict(self, place: Path, expected: Expected) -> Verdict:
        if not place.is_file():
            return Verdict.GONE
        if expected.size is not None and place.stat().st_size != expected.size:
            return Verdict.WRONG
        if expected.sha256 is None:
            return Verdict.UNRECORDED
        return Verdict.RIGHT if hash_of(place).sha256 == expected.sha256 else Verdict.WRONG

    def remove(self, name: str, *, forget: bool = False) -> int:
        """Bytes freed, part files included. The record stays unless it is to be forgotten."""
        model = self.catalogue.model(name)
        with self._alone():
            staging = self.folder / STAGING / name
            gone = [each for each in staging.rglob("*") if each.is_file()]
            gone += [place for each in model.files if (place := self.place(model, each.path)).is_file()]
            freed = sum(path.stat().st_size for path in gone)
            for path in gone:
                path.unlink()
            shutil.rmtree(staging, ignore_errors=True)
            self._remove_empty_folders(model)
            if forget:
                self._forget(name)
        return freed

    def _remove_empty_folders(self, model: Model) -> None:
        for file in model.files:
            folder = self.place(model, file.path).parent
            while folder != self.folder and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent

    def _forget(self, name: str) -> None:
        lock: Lock = read_lock(self.folder)
        if lock.models.pop(name, None):
            write_lock(self.folder, lock)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time changes the folder; the kernel lets go when its process ends."""
        try:
            (self.folder / STAGING).mkdir(parents=True, exist_ok=True)
            guard = (self.folder / STAGING / ".guard").open("w")
        except OSError as error:
            raise WeightsError(
                f"The models folder cannot be written: {error}", "set VIVA_MODELS to a folder that you own"
            ) from error
        with guard:
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WeightsError(
                    "Another `viva models` changes this folder.", "wait until it has ended, then try again"
                ) from error
            yield
