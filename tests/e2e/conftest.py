"""One real mesh without model weights for all tests of this folder, on ports and in a folder of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.environment import ROOT, LocalMesh, Ports, listen_variable
from deploy.local.mesh import clear_leftovers, started_mesh, stop_mesh
from deploy.local.supervisor import Supervisor


def new_home() -> Path:
    """A state folder that an unprivileged Postgres can pass through."""
    home = Path(tempfile.mkdtemp(prefix="viva-e2e-"))
    home.chmod(0o711)
    (home / "bin").symlink_to(ROOT / ".viva" / "bin")
    (home / "models").mkdir()
    return home


def variables_of(home: Path) -> dict[str, str]:
    """A whole environment: the caller's without its own mesh, and what describes this one."""
    outside = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIVA_", "DATABASE_URL", "NATS_URL"))
    }
    ports = Ports.free()
    return outside | {
        "VIVA_HOME": str(home),
        "VIVA_MODELS": str(home / "models"),
        "VIVA_POSTGRES_PORT": str(ports.postgres),
        "VIVA_NATS_PORT": str(ports.nats),
        "VIVA_EDGE_CALLS_PER_MINUTE": "100000",
        "VIVA_EDGE_TRIES_PER_MINUTE": "100000",
        "VIVA_EDGE_UPLOADS_PER_HOUR": "100000",
        **{listen_variable(name): listen for name, listen in ports.listen.items()},
    }


@pytest.fixture
def idle_variables() -> Iterator[dict[str, str]]:
    """The environment of a mesh that does not run; whatever runs of it is ended after the test."""
    home = new_home()
    variables = variables_of(home)
    yield variables
    mesh = LocalMesh.from_environment(variables)
    stop_mesh(Supervisor(mesh))
    clear_leftovers(mesh)
    shutil.rmtree(home)


@pytest.fixture(scope="package")
def mesh_variables() -> Iterator[dict[str, str]]:
    """The environment of a mesh that serves; it is everybody's, and nobody stops it."""
    home = new_home()
    variables = variables_of(home)
    mesh = LocalMesh.from_environment(variables)
    try:
        with started_mesh(mesh):
            yield variables
    finally:
        clear_leftovers(mesh)
        shutil.rmtree(home)


@pytest.fixture(scope="package")
def mesh(mesh_variables: dict[str, str]) -> LocalMesh:
    return LocalMesh.from_environment(mesh_variables)


@pytest.fixture(scope="package")
def hearing_mesh(korean_whisper: Path) -> Iterator[LocalMesh]:
    """One that understands `spoken_answers`, and is everybody's too."""
    home = new_home()
    (home / "models" / "stt").mkdir()
    shutil.copytree(korean_whisper, home / "models" / "stt" / "whisper-ko")
    mesh = LocalMesh.from_environment(variables_of(home) | {"VIVA_STT_PROMPTED": "false"})
    try:
        with started_mesh(mesh):
            yield mesh
    finally:
        clear_leftovers(mesh)
        shutil.rmtree(home)
