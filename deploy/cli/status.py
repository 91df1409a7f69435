"""`viva status`, `viva logs`, `viva check` and `viva env`: looking at a mesh without changing it."""

import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.capabilities import findings_of
from deploy.cli.console import BROKEN, console, show, worst
from deploy.local.environment import this_mesh
from deploy.local.errors import UnusableError
from deploy.local.mesh import check_service
from deploy.local.programs import Program, read_procfile
from deploy.local.supervisor import Supervisor

app = typer.Typer()
FOLLOW_POLL_S = 0.3


@app.command()
def status() -> None:
    """What runs and on what. Exit status: 0 ready, 3 something is degraded, 1 something is down."""
    mesh = this_mesh()
    supervisor = Supervisor(mesh)
    if not supervisor.is_running():
        console.print("The mesh is not running. Start it with: viva up")
        raise typer.Exit(BROKEN)
    findings = findings_of(mesh, supervisor)
    show(findings)
    raise typer.Exit(worst(findings))


@app.command()
def logs(
    service: str,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Keep printing what comes.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many lines back to begin.")] = 100,
) -> None:
    """The log of one process."""
    mesh = this_mesh()
    log = mesh.logs / f"{_program(service).name}.log"
    if not log.exists():
        raise UnusableError(f"{service} has not written a log yet.", "viva up")
    for line in Supervisor(mesh).last_lines(service, lines):
        console.print(line, markup=False)
    for line in followed(log) if follow else ():
        console.print(line, markup=False, end="")


@app.command()
def check(service: str) -> None:
    """Whether one service could start: its settings, imports and models. Exit status 0, 3 or 1."""
    code, said = check_service(this_mesh(), _program(service))
    console.print(said, markup=False)
    raise typer.Exit(code)


@app.command()
def env() -> None:
    """Variables for clients of this mesh, for: eval "$(viva env)". They hold passwords."""
    for name, value in this_mesh().environment().items():
        console.print(f"export {name}={shlex.quote(value)}", markup=False)


def followed(log: Path) -> Iterator[str]:
    """Text as it is appended; goes on after the log is rotated."""
    file = log.open(errors="replace")
    file.seek(0, 2)
    while True:
        text = file.read()
        if text:
            yield text
        elif log.exists() and log.stat().st_ino != Path(f"/proc/self/fd/{file.fileno()}").stat().st_ino:
            file.close()
            file = log.open(errors="replace")
        else:
            time.sleep(FOLLOW_POLL_S)


def _program(name: str) -> Program:
    programs = {program.name: program for program in read_procfile(this_mesh().procfile)}
    if name not in programs:
        raise UnusableError(f"There is no process {name!r}.", f"choose one of: {', '.join(programs)}")
    return programs[name]
