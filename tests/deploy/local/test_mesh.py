"""The runner with real processes: what it starts, restarts, refuses and never leaves behind."""

import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local.environment import ROOT, LocalMesh
from deploy.local.errors import NotServingError, PortTakenError, UnusableError
from deploy.local.health import serves
from deploy.local.mesh import first_addresses, leftovers, start_mesh, started_mesh, stop_mesh
from deploy.local.supervisor import Supervisor
from tests.deploy.conftest import DUMMY, viva_up

pytestmark = pytest.mark.integration


def until(condition, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def living(mesh: LocalMesh) -> list[str]:
    return [" ".join(process.cmdline()) for process in leftovers(mesh)]


def test_everything_serves_when_start_returns_and_is_gone_after_stop(mesh: LocalMesh) -> None:
    supervisor = start_mesh(mesh)
    addresses = first_addresses(mesh)
    assert serves(addresses["session"])
    assert serves(addresses["embed"])
    assert mesh.postgres().accepts()
    assert mesh.nats().accepts()
    stop_mesh(supervisor)
    assert living(mesh) == []
    assert not supervisor.is_up()


def test_a_second_start_is_quick_and_keeps_the_data(mesh: LocalMesh) -> None:
    with started_mesh(mesh), psycopg.connect(mesh.postgres().dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    began = time.monotonic()
    with started_mesh(mesh), psycopg.connect(mesh.postgres().dsn) as connection:
        took = time.monotonic() - began
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    assert took < 10


@pytest.mark.parametrize("name", ["postgres", "nats", "session", "embed"])
def test_a_killed_process_is_restarted(mesh: LocalMesh, name: str) -> None:
    with started_mesh(mesh) as supervisor:
        killed = supervisor.states()[name].pid
        os.kill(killed, signal.SIGKILL)
        until(lambda: supervisor.states()[name].pid not in (0, killed))
        until(lambda: _accepts(mesh, name))


def _accepts(mesh: LocalMesh, name: str) -> bool:
    servers = {"postgres": mesh.postgres().accepts, "nats": mesh.nats().accepts}
    return servers[name]() if name in servers else serves(first_addresses(mesh)[name])


def test_nothing_is_orphaned_when_viva_itself_is_killed(
    mesh: LocalMesh, mesh_variables: dict[str, str]
) -> None:
    with viva_up(mesh_variables) as process:
        assert living(mesh)
        process.kill()
    until(lambda: not living(mesh) and not Supervisor(mesh).is_up())


def test_a_killed_supervisor_leaves_nothing_that_stops_the_next_start(mesh: LocalMesh) -> None:
    supervisor = start_mesh(mesh)
    assert supervisor.process is not None
    supervisor.process.kill()
    supervisor.process.wait()
    with started_mesh(mesh):
        assert mesh.postgres().accepts()
    assert living(mesh) == []


def test_a_mesh_that_runs_already_is_shared_and_left_running(mesh: LocalMesh) -> None:
    with started_mesh(mesh) as first:
        with started_mesh(mesh) as second:
            assert second.states()["session"].pid == first.states()["session"].pid
        assert first.is_running()
        with pytest.raises(UnusableError, match="already running"):
            start_mesh(mesh)


def test_taken_ports_are_all_named_with_the_variables_that_move_them(mesh: LocalMesh) -> None:
    import socket

    with socket.create_server(("127.0.0.1", mesh.ports.nats)), socket.socket() as other:
        other.bind(("127.0.0.1", int(mesh.ports.listen["embed"].rpartition(":")[2])))
        other.listen()
        with pytest.raises(PortTakenError) as refused:
            start_mesh(mesh)
    assert f"(pid {os.getpid()}" in str(refused.value)
    assert "VIVA_NATS_PORT=" in refused.value.remedy
    assert "VIVA_EMBED_LISTEN=127.0.0.1:" in refused.value.remedy
    assert "VIVA_POSTGRES_PORT" not in refused.value.remedy


def test_f15_a_service_that_cannot_start_is_named_with_its_own_remedy(
    mesh: LocalMesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUMMY_BROKEN", "embed")
    with pytest.raises(NotServingError) as refused:
        start_mesh(mesh)
    assert "embed does not start" in str(refused.value)
    assert "embed --check says" in str(refused.value)
    assert "pip install imaginary" in str(refused.value)
    assert living(mesh) == []


def test_who_is_awaited_is_said_while_it_loads(mesh: LocalMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUMMY_SLOW", "embed")
    monkeypatch.setattr("deploy.local.mesh.SAID_EVERY_S", 0.5)
    said: list[str] = []
    stop_mesh(start_mesh(mesh, report=said.append))
    waits = [line for line in said if line.startswith("loading for ")]
    assert waits
    assert waits[-1].endswith(" s: embed")
    assert said.index(waits[-1]) < said.index("embed serves")


def test_a_model_server_is_not_told_where_the_database_is(mesh: LocalMesh) -> None:
    with started_mesh(mesh) as supervisor:
        pids = {name: state.pid for name, state in supervisor.states().items()}
        told = {name: psutil.Process(pids[name]).environ() for name in ("session", "embed")}
    assert "DATABASE_URL" in told["session"]
    assert told["session"]["VIVA_EMBED_ADDRESSES"] == mesh.ports.listen["embed"]
    assert "DATABASE_URL" not in told["embed"]
    assert "NATS_URL" not in told["embed"]


def test_servers_that_the_operator_names_are_used_and_not_started(
    mesh_variables: dict[str, str], database_url: str, nats_url: str
) -> None:
    mesh = LocalMesh.from_environment(mesh_variables | {"DATABASE_URL": database_url, "NATS_URL": nats_url})
    with started_mesh(mesh) as supervisor:
        assert set(supervisor.states()) == {"session", "embed"}
        told = psutil.Process(supervisor.states()["session"].pid).environ()
    assert told["DATABASE_URL"] == database_url
    assert told["NATS_URL"] == nats_url


def test_a_database_that_does_not_answer_is_named_before_services_start(
    mesh_variables: dict[str, str],
) -> None:
    absent = "postgresql://viva@127.0.0.1:1/viva"
    mesh = LocalMesh.from_environment(mesh_variables | {"DATABASE_URL": absent})
    with pytest.raises(UnusableError, match="DATABASE_URL cannot be used"):
        start_mesh(mesh)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: an ordinary user reaches his own folders")
def test_root_may_keep_the_mesh_in_a_folder_that_is_closed_to_others(mesh_variables: dict[str, str]) -> None:
    closed = Path(mesh_variables["VIVA_HOME"]) / "closed"
    closed.mkdir(mode=0o700)
    mesh = LocalMesh.from_environment(mesh_variables | {"VIVA_HOME": str(closed / "viva")})
    (closed / "viva").mkdir()
    (closed / "viva" / "bin").symlink_to(ROOT / ".viva" / "bin")
    said: list[str] = []
    try:
        with started_mesh(mesh, report=said.append):
            assert mesh.postgres().accepts()
        assert any("cannot reach" in line for line in said)
    finally:
        shutil.rmtree(mesh.postgres().data_dir.parent)


def test_a_state_folder_with_a_long_name_still_works(mesh_variables: dict[str, str]) -> None:
    home = mesh_variables["VIVA_HOME"] + "/" + "long" * 30
    mesh = LocalMesh.from_environment(mesh_variables | {"VIVA_HOME": home})
    mesh.procfile.write_text(f"embed: {DUMMY}\n")
    outside = mesh_variables | {"VIVA_HOME": home}
    assert len(str(Supervisor(LocalMesh.from_environment(outside)).socket)) < 100
