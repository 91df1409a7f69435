"""Signed tokens (JWT, HS256) and the keys they are signed with. Does not know who may do what.

Only the session service reads these tokens, so one shared secret serves; see docs/adr/0009.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from services.session.app.access import Role
from services.session.app.logins import Claims

ALGORITHM = "HS256"
AUDIENCE = "viva"
KEYS_FILE = Path("keys") / "access-tokens"
KEY_BYTES = 32
KEYS_KEPT = 2
_REQUIRED = ["sub", "role", "iat", "exp", "jti", "aud"]


class KeysError(ValueError):
    """The keys cannot be used; the message says how to mend them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by id: the first signs, each is accepted."""

    by_id: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """ "id:secret" separated by commas or lines, one or two of them. Raises KeysError."""
        pairs = [pair.strip().partition(":") for pair in text.replace(",", "\n").splitlines() if pair.strip()]
        found = {key_id: secret.encode() for key_id, _, secret in pairs}
        if not 1 <= len(pairs) <= KEYS_KEPT or len(found) != len(pairs):
            raise KeysError(f"give one or {KEYS_KEPT} keys of different ids, as id:secret,id:secret")
        if not all(found) or min(map(len, found.values())) < KEY_BYTES:
            raise KeysError(f"each key is id:secret with a secret of at least {KEY_BYTES} characters")
        return cls(found)

    @classmethod
    def given_or_kept(cls, text: str, home: Path) -> "Keys":
        """The keys of a setting, for sessions that share no folder; where it is empty, those of `home`."""
        return cls.parse(text) if text else cls.load_or_create(home / KEYS_FILE)

    @classmethod
    def load_or_create(cls, path: Path) -> "Keys":
        """Reads the file, or makes one with a new key that only this user can read."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, new_key(), replace=False)
        try:
            return cls.parse(path.read_text())
        except KeysError as error:
            raise KeysError(f"{path}: {error}") from error

    @property
    def signing(self) -> tuple[str, bytes]:
        return next(iter(self.by_id.items()))


def new_key() -> str:
    """A fresh "id:secret"."""
    return f"{secrets.token_hex(4)}:{secrets.token_urlsafe(KEY_BYTES)}"


def rotate(path: Path) -> None:
    """Puts a new key first and keeps the one before it; sessions read the file when they start."""
    kept = [line for line in path.read_text().splitlines() if line.strip()] if path.exists() else []
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, "\n".join([new_key(), *kept[: KEYS_KEPT - 1]]), replace=True)


def _write(path: Path, text: str, *, replace: bool) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; both use its key
    finally:
        draft.unlink()


class JwtTokens:
    """`Tokens` as JWTs."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def sign(self, claims: Claims) -> str:
        key_id, secret = self._keys.signing
        said: dict[str, Any] = {
            "sub": str(claims.subject),
            "role": claims.role.value,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
            "jti": str(claims.id),
            "aud": AUDIENCE,
        }
        if claims.family is not None:
            said |= {"sid": str(claims.family), "gen": claims.generation}
        return jwt.encode(said, secret, algorithm=ALGORITHM, headers={"kid": key_id})

    def read(self, token: str) -> Claims | None:
        try:
            secret = self._keys.by_id[str(jwt.get_unverified_header(token).get("kid"))]
            options: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False}
            said = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
            return _claims(said)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, OverflowError, OSError):
            return None

    def secret_of(self, purpose: str, subject: UUID) -> str:
        _, secret = self._keys.signing
        found = hmac.digest(secret, f"{purpose}:{subject}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(found).decode().rstrip("=")


def _claims(said: dict[str, Any]) -> Claims:
    return Claims(
        subject=UUID(str(said["sub"])),
        role=Role(said["role"]),
        issued_at=datetime.fromtimestamp(float(said["iat"]), UTC),
        expires_at=datetime.fromtimestamp(float(said["exp"]), UTC),
        id=UUID(str(said["jti"])),
        family=UUID(str(said["sid"])) if "sid" in said else None,
        generation=int(said.get("gen", 0)),
    )
