"""The Procfile, and the supervisor's settings made from it. Starts nothing."""

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import tied_to_parent
from deploy.local.environment import ROOT, LocalMesh, listen_variable
from deploy.local.errors import UnusableError

INFRASTRUCTURE = ("postgres", "nats")
CALLS_OTHERS = ("session", "media", "edge")
OWNS_DATABASE = ("session",)
LOG_BYTES = 10_000_000
STEADY_AFTER_S = 3  # a process that lives shorter has failed to start
STOP_WAIT_S = 15
START_RETRIES = 10

SUPERVISOR = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile={home}/supervisord.pid
directory={root}
silent=true

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command={command}
directory={root}
environment={environment}
autostart=false
autorestart=true
startsecs={startsecs}
startretries={retries}
stopsignal={stop_signal}
stopwaitsecs={stop_wait}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups=3
priority={priority}
"""


@dataclass(frozen=True)
class Program:
    """One line of a Procfile."""

    name: str
    command: tuple[str, ...]

    @property
    def is_infrastructure(self) -> bool:
        return self.name in INFRASTRUCTURE

    @property
    def stop_signal(self) -> str:
        """Postgres closes its clients' connections on INT and waits for them on TERM."""
        return "INT" if self.name == "postgres" else "TERM"


def read_procfile(path: Path) -> list[Program]:
    """Programs in the file's order; raises UnusableError with file and line."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z][a-z0-9_]*):\s*(\S.*)", line)
        if match is None:
            raise UnusableError(f"{path}:{number} is not 'name: command'.", f"mend line {number} of {path}")
        found.append(Program(match[1], tuple(_with_our_python(shlex.split(match[2])))))
    return found


def _with_our_python(command: list[str]) -> list[str]:
    return [sys.executable, *command[1:]] if command[0] == "python" else command


def programs_of(mesh: LocalMesh, programs: Sequence[Program]) -> list[Program]:
    """Without the servers that the operator runs elsewhere."""
    own = {"postgres": mesh.uses_own_postgres, "nats": mesh.uses_own_nats}
    return [program for program in programs if own.get(program.name, True)]


def environment_of(program: Program, everything: dict[str, str]) -> dict[str, str]:
    """Only what the process needs: a model server never learns where the database is."""
    kept = {"VIVA_HOME", "VIVA_MODELS", "VIVA_MESH_TOKEN_FILE", listen_variable(program.name)}
    if program.is_infrastructure:
        kept = {"VIVA_HOME", "VIVA_POSTGRES_PORT", "VIVA_NATS_PORT"}
    if program.name in CALLS_OTHERS:
        kept |= {"NATS_URL"} | {name for name in everything if name.endswith("_ADDRESSES")}
    if program.name in OWNS_DATABASE:
        kept |= {"DATABASE_URL"}
    found = {name: value for name, value in everything.items() if name in kept}
    return found | {"VIVA_PROCESS": program.name, "PYTHONUNBUFFERED": "1"}


def supervisor_settings(mesh: LocalMesh, programs: Sequence[Program], socket: Path) -> str:
    """The text of a supervisord configuration; it holds secrets."""
    everything = mesh.environment()
    text = SUPERVISOR.format(
        socket=_plain(socket), logs=_plain(mesh.logs), home=_plain(mesh.home), root=_plain(ROOT)
    )
    return text + "".join(_section(mesh, program, everything) for program in programs)


def _section(mesh: LocalMesh, program: Program, everything: dict[str, str]) -> str:
    environment = environment_of(program, everything)
    return PROGRAM.format(
        name=program.name,
        command=_plain(shlex.join(tied_to_parent(list(program.command), program.stop_signal))),
        root=_plain(ROOT),
        environment=",".join(f'{name}="{_quoted(name, value)}"' for name, value in environment.items()),
        startsecs=1 if program.is_infrastructure else STEADY_AFTER_S,
        retries=START_RETRIES,
        stop_signal=program.stop_signal,
        stop_wait=STOP_WAIT_S,
        log=_plain(mesh.logs / f"{program.name}.log"),
        log_bytes=LOG_BYTES,
        priority=10 if program.is_infrastructure else 100,
    )


def _plain(value: object) -> str:
    return str(value).replace("%", "%%")


def _quoted(name: str, value: str) -> str:
    if '"' in value or "\n" in value:
        raise UnusableError(f"{name} holds a quote or a line break.", f"set {name} to a value without them")
    return _plain(value)
