"""Random secrets in 0600 files, made once. Knows nothing of what they open."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 24


def read_or_make_secret(path: Path) -> str:
    """The secret in `path`, made first if absent. Processes and threads that race read the same one."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(SECRET_BYTES))
    return path.read_text().strip()


def write_secret(path: Path, value: str) -> None:
    """Puts `value` into `path` at once and readable by its owner only; an existing file is left as it is."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(value + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
