"""Ports that somebody stands on: for good, or for a moment."""

import socket
import threading
from pathlib import Path

import pytest

from deploy.local.environment import LOOPBACK, LocalMesh, Ports
from deploy.local.errors import PortTakenError
from deploy.local.programs import programs_of, read_procfile
from deploy.local.taken import assert_ports_free

pytestmark = pytest.mark.integration


@pytest.fixture
def mesh(tmp_path: Path) -> LocalMesh:
    return LocalMesh(tmp_path / "home", Ports.free())


def look(mesh: LocalMesh) -> None:
    assert_ports_free(mesh, programs_of(mesh, read_procfile(mesh.procfile)))


def test_a_port_that_is_listened_on_is_taken_and_the_message_names_the_variable_that_moves_it(mesh):
    with socket.create_server((LOOPBACK, mesh.ports.nats)), pytest.raises(PortTakenError) as refused:
        look(mesh)
    assert "VIVA_NATS_PORT=" in refused.value.remedy


def test_a_port_that_an_outgoing_connection_stands_on_for_a_moment_is_waited_for(mesh):
    passing = socket.socket()
    passing.bind((LOOPBACK, mesh.ports.nats))
    threading.Timer(0.3, passing.close).start()
    look(mesh)
