"""Who is calling. Knows the token that servers of one mesh share; other proofs are the service's own."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from services.runtime.errors import FailedPrecondition, Unauthenticated
from services.runtime.settings import ServiceSettings

OPEN_ON_LOOPBACK = ("/grpc.health.v1.", "/grpc.reflection.")

_principal: ContextVar[Any] = ContextVar("principal")
set_principal = _principal.set
current_principal = _principal.get
"""What the authenticator returned for the running call."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that proved to be of the mesh."""

    role: str = "mesh"


class Authenticator(Protocol):
    async def authenticate(self, method: str, metadata: Mapping[str, str]) -> Any:
        """The service's own notion of a caller. Raises Unauthenticated or PermissionDenied."""


def bearer(metadata: Mapping[str, str]) -> str:
    """The token of an "authorization: Bearer …" header; "" when there is none."""
    scheme, _, token = metadata.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_loopback(peer: str) -> bool:
    """`peer` as gRPC names it, such as "ipv4:127.0.0.1:5000"."""
    return peer.startswith(("ipv4:127.", "ipv6:%5B::1%5D", "ipv6:[::1]", "unix:"))


class MeshAuthenticator:
    """Lets in whoever holds the mesh token; with mTLS and no token, any peer the handshake accepted."""

    def __init__(self, token: str, *, mutual_tls: bool = False) -> None:
        if not token and not mutual_tls:
            text = "This server answers only its mesh, and no mesh token is set."
            remedy = "set VIVA_MESH_TOKEN_FILE, or VIVA_TLS_CERT, VIVA_TLS_KEY and VIVA_TLS_CA"
            raise FailedPrecondition("MESH_TOKEN_MISSING", text, remedy=remedy)
        self._token = token

    async def authenticate(self, method: str, metadata: Mapping[str, str]) -> Principal:
        if self._token and not secrets.compare_digest(bearer(metadata).encode(), self._token.encode()):
            remedy = 'send "authorization: Bearer <token>"; VIVA_MESH_TOKEN_FILE names its file'
            raise Unauthenticated("MESH_TOKEN_WRONG", "This server answers only its own mesh.", remedy=remedy)
        return Principal()


def mesh_token(settings: ServiceSettings) -> str:
    """The token from the settings, its file made at first start; "" where none is configured."""
    file = settings.mesh_token_file
    if settings.mesh_token or file is None:
        return settings.mesh_token
    try:
        return load_or_create_mesh_token(file)
    except OSError as error:
        text = f"The mesh token in {file} cannot be used: {error.strerror}."
        remedy = "set VIVA_MESH_TOKEN_FILE to a file that this user can read"
        raise FailedPrecondition("MESH_TOKEN_UNREADABLE", text, remedy=remedy) from None


def load_or_create_mesh_token(path: Path) -> str:
    """Reads the token, or makes one that only this user can read; processes that race agree on one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
