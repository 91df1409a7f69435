"""Where one machine's mesh keeps its state and listens, and the variables that tell its processes so.

Starts nothing and checks nothing.
"""

import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.children import is_root
from deploy.local.errors import UnusableError
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres, reachable_data_dir
from deploy.local.secret import read_or_make_secret

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {
    "session": 50051,
    "llm": 50052,
    "stt": 50053,
    "vision": 50054,
    "embed": 50055,
    "tts": 50056,
    "media": 50057,
    "edge": 8080,
}
POSTGRES_PORT = 15432
NATS_PORT = 14222
LOOPBACK = "127.0.0.1"
UNCLAIMED_PORTS = range(20000, 32000)


@dataclass(frozen=True)
class Ports:
    """Loopback ports of a mesh; `listen` holds host:port per service."""

    postgres: int = POSTGRES_PORT
    nats: int = NATS_PORT
    listen: Mapping[str, str] = field(
        default_factory=lambda: {name: f"{LOOPBACK}:{port}" for name, port in SERVICES.items()}
    )

    @classmethod
    def from_environment(cls, outside: Mapping[str, str]) -> "Ports":
        return cls(
            postgres=_port("VIVA_POSTGRES_PORT", outside.get("VIVA_POSTGRES_PORT") or str(POSTGRES_PORT)),
            nats=_port("VIVA_NATS_PORT", outside.get("VIVA_NATS_PORT") or str(NATS_PORT)),
            listen={name: _listen(outside, name, port) for name, port in SERVICES.items()},
        )

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody listens on at this moment; for tests, and for a second mesh beside the first."""
        numbers = free_ports(2 + len(SERVICES))
        listen = {name: f"{LOOPBACK}:{port}" for name, port in zip(SERVICES, numbers[2:], strict=True)}
        return cls(postgres=numbers[0], nats=numbers[1], listen=listen)


def _listen(outside: Mapping[str, str], service: str, port: int) -> str:
    variable = listen_variable(service)
    value = outside.get(variable) or f"{LOOPBACK}:{port}"
    _port(variable, value.rpartition(":")[2])
    return value


def _port(variable: str, value: str) -> int:
    if not (value.isdigit() and 0 < int(value) < 65536):
        raise UnusableError(f"{variable} is {value!r}, which holds no port.", f"set {variable} to 1..65535")
    return int(value)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody holds, below those that the kernel gives to outgoing connections."""
    found: list[int] = []
    for port in random.sample(UNCLAIMED_PORTS, len(UNCLAIMED_PORTS)):
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listen_variable(service: str) -> str:
    return f"VIVA_{service.upper()}_LISTEN"


def addresses_variable(service: str) -> str:
    return f"VIVA_{service.upper()}_ADDRESSES"


def default_home(outside: Mapping[str, str]) -> Path:
    return Path(outside.get("VIVA_HOME") or ROOT / ".viva").expanduser().absolute()


def default_models(outside: Mapping[str, str]) -> Path:
    data = outside.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(outside.get("VIVA_MODELS") or Path(data) / "viva" / "models").expanduser().absolute()


@dataclass(frozen=True)
class LocalMesh:
    """One mesh on one machine: its state folder, its ports, and what the operator's own variables replace."""

    home: Path
    ports: Ports
    outside: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, outside: Mapping[str, str]) -> "LocalMesh":
        return cls(default_home(outside), Ports.from_environment(outside), outside)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def procfile(self) -> Path:
        return Path(self.outside.get("VIVA_PROCFILE") or Path(__file__).with_name("Procfile"))

    @property
    def uses_own_postgres(self) -> bool:
        return not self.outside.get("DATABASE_URL")

    @property
    def uses_own_nats(self) -> bool:
        return not self.outside.get("NATS_URL")

    def make_folders(self) -> None:
        """Root's folder can be passed through, not listed: the unprivileged Postgres lives inside it."""
        mode = 0o711 if is_root() else 0o700
        try:
            for folder in (self.home, self.logs, self.home / "blobs"):
                folder.mkdir(parents=True, exist_ok=True, mode=mode)
            self.home.chmod(mode)
        except OSError as error:
            raise UnusableError(
                f"The state folder cannot be used: {error}", "set VIVA_HOME to a folder that you own"
            ) from error

    def postgres(self) -> Postgres:
        self.make_folders()
        data = reachable_data_dir(self.home / "postgres")
        return Postgres(data, self.ports.postgres, password_file=self.home / "postgres.password")

    def nats(self) -> Nats:
        password = self.home / "nats.password"
        return Nats(self.home / "nats", self.ports.nats, self.home / "bin", password_file=password)

    def environment(self) -> dict[str, str]:
        """Every variable a process of this mesh, or a client of it, may need."""
        self.make_folders()
        token = Path(self.outside.get("VIVA_MESH_TOKEN_FILE") or self.home / "mesh.token")
        read_or_make_secret(token)
        found = {
            "VIVA_HOME": str(self.home),
            "VIVA_MODELS": str(default_models(self.outside)),
            "VIVA_MESH_TOKEN_FILE": str(token),
            "VIVA_POSTGRES_PORT": str(self.ports.postgres),
            "VIVA_NATS_PORT": str(self.ports.nats),
            "DATABASE_URL": self.outside.get("DATABASE_URL") or self.postgres().dsn,
            "NATS_URL": self.outside.get("NATS_URL") or self.nats().url,
        }
        for name, listen in self.ports.listen.items():
            found[listen_variable(name)] = listen
            found[addresses_variable(name)] = self.outside.get(addresses_variable(name)) or _reached_at(
                listen
            )
        return found

    def inherited_environment(self) -> dict[str, str]:
        """The caller's own variables without those that each process is told on its own."""
        told = self.environment().keys()
        return {name: value for name, value in (os.environ | self.outside).items() if name not in told}


def mesh_environment(home: Path, ports: Ports, outside: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of the mesh that keeps its state in `home`; `outside` overrides parts of them."""
    return LocalMesh(home, ports, outside or {}).environment()


def _reached_at(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"{LOOPBACK if host in ('0.0.0.0', '[::]', '') else host}:{port}"


def this_mesh() -> LocalMesh:
    """The mesh that the caller's own environment variables describe."""
    return LocalMesh.from_environment(dict(os.environ))
