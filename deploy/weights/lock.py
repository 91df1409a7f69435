"""What was pulled: revision, hashes, sizes and the accepted licence, in one JSON file. Judges nothing."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.weights.errors import CatalogueError

FILE = "models.lock.json"


class LockedFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class LockedModel(BaseModel):
    """`revision` is the commit where the source named one; `files` by their path in the source."""

    model_config = ConfigDict(frozen=True)

    source: str
    revision: str
    licence: str
    files: dict[str, LockedFile] = {}


class Lock(BaseModel):
    version: int = 1
    accepted: dict[str, str] = Field(default={}, description="licence id: ISO time at which it was accepted")
    models: dict[str, LockedModel] = {}


def read_lock(folder: Path) -> Lock:
    file = folder / FILE
    if not file.exists():
        return Lock()
    try:
        return Lock.model_validate_json(file.read_bytes())
    except (ValidationError, OSError) as error:
        raise CatalogueError(
            f"{file} cannot be read, so nothing that was pulled can be told from something else.",
            f"restore {file} from a backup, or remove it and pull again",
        ) from error


def write_lock(folder: Path, lock: Lock) -> None:
    """Whole or not at all, also when the power fails."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{FILE}.part"
    with part.open("w") as out:
        out.write(lock.model_dump_json(indent=2) + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(folder / FILE)
