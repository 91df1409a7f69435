"""Talks to supervisord over its unix socket. Knows programs by name only, nothing of what they serve."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from deploy.local.children import tied_to_parent
from deploy.local.environment import ROOT, LocalMesh
from deploy.local.errors import NotServingError, UnusableError
from deploy.local.programs import Program, supervisor_settings

LONGEST_SOCKET_PATH = 90  # bytes; the kernel takes 107 and supervisord adds its process id for a moment
LAUNCH_TIMEOUT_S = 15.0
POLL_S = 0.1


@dataclass(frozen=True)
class ProcessState:
    """`state` is supervisord's word: STOPPED STARTING RUNNING BACKOFF STOPPING EXITED FATAL UNKNOWN."""

    name: str
    state: str
    pid: int
    started_at: int
    exit_status: int
    description: str

    @property
    def is_down(self) -> bool:
        return self.state in ("STOPPED", "EXITED", "FATAL")


class Supervisor:
    """The supervisord of one mesh, running or not."""

    def __init__(self, mesh: LocalMesh) -> None:
        self._mesh = mesh
        self.socket = _socket_path(mesh.home)
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, programs: Sequence[Program], *, tied: bool) -> None:
        """Starts supervisord with every program stopped; `tied` ends it together with this process."""
        config = self._mesh.home / "supervisord.conf"
        config.touch(mode=0o600)
        config.write_text(supervisor_settings(self._mesh, programs, self.socket))
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)]
        command = tied_to_parent(command, "TERM") if tied else command
        log = (self._mesh.logs / "supervisord.out").open("wb")
        with log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._mesh.inherited_environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait_launched(self.process)

    def is_running(self) -> bool:
        try:
            with self._call() as rpc:
                return bool(rpc.getState()["statename"] == "RUNNING")
        except NotServingError:
            return False

    def states(self) -> dict[str, ProcessState]:
        with self._call() as rpc:
            return {info["name"]: _state(info) for info in rpc.getAllProcessInfo()}

    def start(self, names: Sequence[str]) -> None:
        """Asks for a start and returns at once; one that already runs is left alone."""
        self._each("startProcess", names, Faults.ALREADY_STARTED)

    def stop(self, names: Sequence[str], timeout_s: float = 30.0) -> None:
        """Stops all of `names` side by side and returns when they are down."""
        self._each("stopProcess", names, Faults.NOT_RUNNING)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            states = self.states()
            if all(states[name].is_down for name in names if name in states):
                return
            time.sleep(POLL_S)

    def shutdown(self) -> None:
        """Ends supervisord, which first stops what still runs; returns when it is gone."""
        with self._call() as rpc:
            rpc.shutdown()
        self.wait_gone()

    def wait_gone(self, timeout_s: float = 60.0) -> None:
        """Returns when supervisord has ended, whoever told it to; raises NotServingError if it does not."""
        deadline = time.monotonic() + timeout_s
        while self.is_up():
            if time.monotonic() > deadline:
                raise NotServingError("The mesh does not stop.", "viva status; then viva down again")
            time.sleep(POLL_S)
        if self.process is not None:
            self.process.wait(timeout_s)

    def is_up(self) -> bool:
        """Whether supervisord lives, be it only to stop."""
        try:
            process = psutil.Process(int((self._mesh.home / "supervisord.pid").read_text()))
            ours = str(self._mesh.home / "supervisord.conf") in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return self.is_running()
        return ours and process.status() != psutil.STATUS_ZOMBIE

    def last_lines(self, name: str, count: int = 15) -> list[str]:
        log = self._mesh.logs / f"{name}.log"
        if not log.exists():
            return []
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            return file.read().decode(errors="replace").splitlines()[-count:]

    def _each(self, method: str, names: Sequence[str], harmless: int) -> None:
        with self._call() as rpc:
            for name in names:
                try:
                    getattr(rpc, method)(name, False)
                except Fault as fault:
                    if fault.faultCode != harmless:
                        raise NotServingError(f"{name}: {fault.faultString}", f"viva logs {name}") from fault

    @contextlib.contextmanager
    def _call(self) -> Iterator[Any]:
        """supervisord's own interface; NotServingError when it does not answer."""
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        try:
            yield ServerProxy("http://127.0.0.1", transport=transport).supervisor
        except Fault as fault:
            if fault.faultCode != Faults.SHUTDOWN_STATE:
                raise
            raise NotServingError("The mesh is stopping.", "wait a moment, then viva status") from fault
        except (OSError, HTTPException) as error:
            raise NotServingError("The mesh is not running.", "viva up") from error
        finally:
            transport.close()

    def _wait_launched(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + LAUNCH_TIMEOUT_S
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (self._mesh.logs / "supervisord.out").read_text(errors="replace").strip()
                raise NotServingError(f"The supervisor did not start: {said[-600:]}", "viva doctor")
            time.sleep(POLL_S / 2)


def _state(info: dict[str, Any]) -> ProcessState:
    return ProcessState(
        info["name"], info["statename"], info["pid"], info["start"], info["exitstatus"], info["description"]
    )


def _socket_path(home: Path) -> Path:
    """Inside `home`, or in a private short folder when that path is too long for a unix socket."""
    wanted = home / "supervisor.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH:
        return wanted
    folder = Path(gettempdir()) / f"viva-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise UnusableError(
            f"{folder} is open to others.", f"remove {folder}, or set VIVA_HOME to a shorter path"
        )
    return folder / f"{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}.sock"
