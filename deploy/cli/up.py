"""`viva up` and `viva down`: the mesh on this machine. Knows no capability by name."""

import signal
import time
from collections.abc import Mapping
from types import FrameType
from typing import Annotated

import typer

from deploy.cli.capabilities import findings_of
from deploy.cli.console import console, show
from deploy.local.environment import LocalMesh, this_mesh
from deploy.local.errors import NotServingError, UnusableError
from deploy.local.mesh import first_addresses, start_mesh, stop_mesh
from deploy.local.supervisor import ProcessState, Supervisor

app = typer.Typer()
WATCH_S = 1.0
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it serves; `viva down` stops it.")
    ] = False,
) -> None:
    """Start Postgres, NATS and every service; Ctrl-C stops them all."""
    mesh = this_mesh()
    for number in STOPS:
        signal.signal(number, _interrupt)
    began = time.monotonic()
    try:
        supervisor = start_mesh(mesh, report=_say, tied=not detach)
        _say(f"everything serves after {time.monotonic() - began:.1f} s\n")
        show(findings_of(mesh, supervisor))
        if detach:
            _say("\nThe mesh runs in the background. Stop it with: viva down")
            return _say(invitation(mesh))
        _say("\nCtrl-C stops the mesh. In another terminal: viva status, viva logs SERVICE, viva env")
        _say(invitation(mesh))
        _watch(mesh, supervisor)
    except KeyboardInterrupt:
        _stop(mesh)


@app.command()
def down() -> None:
    """Stop the mesh that `viva up` started."""
    supervisor = Supervisor(this_mesh())
    if not supervisor.is_up():
        _say("The mesh is not running.")
        return
    stop_mesh(supervisor, _say)
    _say("stopped")


def invitation(mesh: LocalMesh) -> str:
    """Where people go; the last line that `viva up` says."""
    return f"Open http://{first_addresses(mesh)['edge']}"


def _stop(mesh: LocalMesh) -> None:
    _say("")
    stop_mesh(Supervisor(mesh), _say)
    _say("stopped")


def _watch(mesh: LocalMesh, supervisor: Supervisor) -> None:
    """Tells what crashes and what is given up, until the supervisor is gone."""
    before = supervisor.states()
    while True:
        time.sleep(WATCH_S)
        try:
            now = supervisor.states()
        except NotServingError:
            return _assert_was_stopped(supervisor)
        for line in changes(before, now):
            _say(line)
        for name in newly_fatal(before, now):
            _say("\n".join(f"  {line}" for line in supervisor.last_lines(name)))
        before = now


def changes(before: Mapping[str, ProcessState], now: Mapping[str, ProcessState]) -> list[str]:
    """One line for each process that was restarted or given up between two looks."""
    lines = []
    for name, state in now.items():
        old = before.get(name, state)
        if old.pid and state.pid and old.pid != state.pid:
            lines.append(f"{name} ended and was restarted (pid {state.pid}): viva logs {name}")
        elif old.pid and not state.pid and state.state in ("EXITED", "BACKOFF", "STARTING"):
            lines.append(f"{name} ended and is being restarted: viva logs {name}")
    given_up = newly_fatal(before, now)
    return lines + [f"{name} keeps failing and is given up: viva check {name}" for name in given_up]


def newly_fatal(before: Mapping[str, ProcessState], now: Mapping[str, ProcessState]) -> list[str]:
    return [name for name, state in now.items() if state.state == "FATAL" and before[name].state != "FATAL"]


def _assert_was_stopped(supervisor: Supervisor) -> None:
    """Returns when somebody ran `viva down`; raises when the supervisor itself was killed."""
    status = supervisor.process.wait(60) if supervisor.process else 0
    if status != 0:
        raise UnusableError(f"The supervisor ended with status {status}.", "viva up")
    _say("The mesh was stopped.")


def _say(line: str) -> None:
    console.print(line, markup=False)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Only the first counts: a terminal and make may both send one."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
