"""Who listens where this mesh wants to, and which variable moves the mesh. Frees nothing."""

import socket
import time
from collections.abc import Iterable
from typing import Any

import psutil

from deploy.local.environment import LOOPBACK, LocalMesh, free_ports, listen_variable
from deploy.local.errors import PortTakenError
from deploy.local.programs import Program

PASSING_S = 2.0


def wanted_addresses(mesh: LocalMesh, programs: Iterable[Program]) -> dict[str, tuple[str, str, int]]:
    """Name of a program → (variable that moves it, host, port)."""
    fixed = {
        "postgres": ("VIVA_POSTGRES_PORT", LOOPBACK, mesh.ports.postgres),
        "nats": ("VIVA_NATS_PORT", LOOPBACK, mesh.ports.nats),
    }
    found = {}
    for program in programs:
        if program.name in fixed:
            found[program.name] = fixed[program.name]
        elif program.name in mesh.ports.listen:
            host, _, port = mesh.ports.listen[program.name].rpartition(":")
            found[program.name] = (listen_variable(program.name), host.strip("[]"), int(port))
    return found


def assert_ports_free(mesh: LocalMesh, programs: Iterable[Program]) -> None:
    """Raises PortTakenError naming every taken port, its holder, and the variables that move them."""
    taken = [
        (name, *wanted)
        for name, wanted in wanted_addresses(mesh, programs).items()
        if not _comes_free(wanted[1], wanted[2])
    ]
    if not taken:
        return
    lines = [f"Port {port} ({name}) is taken by {holder_of(port)}." for name, _, _, port in taken]
    moves = [
        f"{name}={port if name.endswith('_PORT') else f'{host}:{port}'}"
        for _, name, host, port in _moved(taken)
    ]
    raise PortTakenError("\n".join(lines), f"stop it, or move the mesh: {' '.join(moves)} viva up")


def _moved(taken: list[tuple[str, str, str, int]]) -> list[tuple[str, str, str, int]]:
    """The same programs on ports that nobody holds now."""
    free = free_ports(len(taken))
    return [(name, variable, host, port) for (name, variable, host, _), port in zip(taken, free, strict=True)]


def holder_of(port: int) -> str:
    """A name for messages; another user's processes are not ours to see."""
    listener = _listener(port)
    return _described(listener.pid) if listener else "another process"


def _listener(port: int) -> Any:
    return next(
        (
            each
            for each in psutil.net_connections("inet")
            if each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN
        ),
        None,
    )


def _described(pid: int | None) -> str:
    if pid is None:
        return "a process of another user"
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (pid {pid}, user {process.username()})"
    except psutil.Error:
        return f"pid {pid}"


def _comes_free(host: str, port: int) -> bool:
    """An outgoing connection may stand on one of our ports for a moment; whoever listens there stays."""
    until = time.monotonic() + PASSING_S
    while not _can_bind(host, port):
        if time.monotonic() > until or _listener(port) is not None:
            return False
        time.sleep(0.05)
    return True


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True
