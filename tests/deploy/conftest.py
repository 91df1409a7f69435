"""A small mesh of stand-in services under the real runner, on ports and in a folder of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.environment import ROOT, LocalMesh, Ports, listen_variable
from deploy.local.mesh import clear_leftovers, stop_mesh
from deploy.local.supervisor import Supervisor

DUMMY = "python tests/deploy/local/dummy_service.py"
PROCFILE = f"""\
postgres: python -m deploy.local.postgres
nats: python -m deploy.local.nats
session: {DUMMY}
embed: {DUMMY}
"""


@pytest.fixture
def mesh_variables() -> Iterator[dict[str, str]]:
    """The variables that describe a mesh of stand-ins; whatever of it runs is ended after the test."""
    home = Path(tempfile.mkdtemp(prefix="viva-mesh-"))
    home.chmod(0o711)
    (home / "Procfile").write_text(PROCFILE)
    (home / "bin").symlink_to(ROOT / ".viva" / "bin")
    ports = Ports.free()
    variables = {
        "VIVA_HOME": str(home),
        "VIVA_PROCFILE": str(home / "Procfile"),
        "VIVA_POSTGRES_PORT": str(ports.postgres),
        "VIVA_NATS_PORT": str(ports.nats),
        **{listen_variable(name): listen for name, listen in ports.listen.items()},
    }
    yield variables
    _end(LocalMesh.from_environment(variables))
    shutil.rmtree(home)


@pytest.fixture
def mesh(mesh_variables: dict[str, str]) -> LocalMesh:
    return LocalMesh.from_environment(mesh_variables)


def viva(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end; its exit status is the caller's to look at."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT, env=clean_environment() | variables,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def viva_up(variables: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """`viva up` in the foreground, once it has said that everything serves."""
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "up"],
        cwd=ROOT, env=clean_environment() | variables,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("Ctrl-C stops"):
                break
        else:
            raise AssertionError("".join(said))
        try:
            yield process
        finally:
            process.kill()


def clean_environment() -> dict[str, str]:
    ours = ("VIVA_", "DATABASE_URL", "NATS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _end(mesh: LocalMesh) -> None:
    stop_mesh(Supervisor(mesh))
    clear_leftovers(mesh)
