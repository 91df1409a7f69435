"""The viva command as an operator types it, on a mesh of stand-ins."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from deploy.local.environment import ROOT, LocalMesh
from deploy.local.mesh import leftovers
from deploy.local.supervisor import Supervisor
from tests.deploy.conftest import clean_environment, viva, viva_up

pytestmark = pytest.mark.integration


def test_up_says_what_runs_on_what_and_what_would_mend_it(mesh_variables: dict[str, str]) -> None:
    done = viva(mesh_variables, "up", "--detach")
    assert done.returncode == 0, done.stdout
    assert "everything serves after" in done.stdout
    assert "embed" in done.stdout
    assert "dummy cpu" in done.stdout
    assert "install a better one" in done.stdout
    status = viva(mesh_variables, "status")
    assert status.returncode == 3
    assert "degraded" in status.stdout
    down = viva(mesh_variables, "down")
    assert down.returncode == 0
    assert list(leftovers(LocalMesh.from_environment(mesh_variables))) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_stops_everything_and_says_so(mesh_variables: dict[str, str], number: signal.Signals) -> None:
    with viva_up(mesh_variables) as process:
        process.send_signal(number)
        rest = process.stdout.read() if process.stdout else ""
        assert process.wait(30) == 0
    assert rest.rstrip().endswith("stopped")
    mesh = LocalMesh.from_environment(mesh_variables)
    assert list(leftovers(mesh)) == []
    assert not Supervisor(mesh).is_up()


def test_an_interrupt_of_make_up_stops_everything(mesh_variables: dict[str, str]) -> None:
    make = subprocess.Popen(
        ["make", "-o", "install", "up"], cwd=ROOT, env=clean_environment() | mesh_variables,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    with make:
        next(line for line in make.stdout or () if line.startswith("Ctrl-C stops"))
        os.killpg(make.pid, signal.SIGINT)
        rest = make.stdout.read() if make.stdout else ""
    assert "stopped" in rest
    assert "Traceback" not in rest
    assert list(leftovers(LocalMesh.from_environment(mesh_variables))) == []


def test_an_ordinary_user_needs_no_root(mesh_variables: dict[str, str]) -> None:
    """Inside a user namespace that maps us to somebody with no rights; directly when we are such a user."""
    become = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"] if os.geteuid() == 0 else []
    if subprocess.run([*become, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("user namespaces are switched off on this machine")
    home = mesh_variables["VIVA_HOME"]
    variables = clean_environment() | mesh_variables | {"HOME": home}
    for arguments in (["up", "--detach"], ["status"], ["down"]):
        done = subprocess.run(
            [*become, sys.executable, "-m", "deploy.cli", *arguments],
            cwd=ROOT, env=variables, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.stdout + done.stderr


def test_up_tells_of_a_crash_and_of_the_log_to_read(mesh_variables: dict[str, str]) -> None:
    supervisor = Supervisor(LocalMesh.from_environment(mesh_variables))
    with viva_up(mesh_variables) as process:
        until_running(supervisor, "embed")
        os.kill(supervisor.states()["embed"].pid, signal.SIGKILL)
        line = next(line for line in process.stdout or () if "embed" in line)
    assert "embed ended" in line


def until_running(supervisor: Supervisor, name: str) -> None:
    for _ in range(200):
        if supervisor.states()[name].state == "RUNNING":
            time.sleep(1.2)  # the watcher has looked once more by then
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} does not run")


def test_down_in_another_terminal_ends_the_one_in_the_foreground(mesh_variables: dict[str, str]) -> None:
    with viva_up(mesh_variables) as process:
        assert viva(mesh_variables, "down").returncode == 0
        assert process.wait(30) == 0


def test_a_mesh_that_is_down_says_how_to_start_it(mesh_variables: dict[str, str]) -> None:
    status = viva(mesh_variables, "status")
    assert status.returncode == 1
    assert "viva up" in status.stdout
    assert viva(mesh_variables, "down").returncode == 0


def test_a_taken_port_ends_up_with_the_line_that_moves_it(mesh_variables: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(mesh_variables["VIVA_NATS_PORT"]))):
        done = viva(mesh_variables, "up")
    assert done.returncode == 1
    assert f"(pid {os.getpid()}" in done.stdout
    assert "VIVA_NATS_PORT=" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_f15_doctor_asks_every_service_and_names_the_broken_one(mesh_variables: dict[str, str]) -> None:
    degraded = viva(mesh_variables, "doctor")
    assert degraded.returncode == 3, degraded.stdout
    broken = viva(mesh_variables | {"DUMMY_BROKEN": "embed"}, "doctor")
    assert broken.returncode == 1
    assert "missing dependency: imaginary" in broken.stdout
    check = viva(mesh_variables | {"DUMMY_BROKEN": "embed"}, "check", "embed")
    assert check.returncode == 1
    assert "pip install imaginary" in check.stdout


def test_env_gives_lines_that_a_shell_can_read(mesh_variables: dict[str, str]) -> None:
    lines = viva(mesh_variables, "env").stdout.splitlines()
    told = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert told["VIVA_HOME"] == mesh_variables["VIVA_HOME"]
    assert told["DATABASE_URL"].strip("'").startswith("postgresql://")


def test_logs_of_an_unknown_process_name_the_known_ones(mesh_variables: dict[str, str]) -> None:
    done = viva(mesh_variables, "logs", "nope")
    assert done.returncode == 1
    assert "postgres, nats, session, embed" in done.stdout


def test_a_state_folder_of_somebody_else_is_refused_with_the_setting(mesh_variables: dict[str, str]) -> None:
    done = viva(mesh_variables | {"VIVA_HOME": "/proc/viva"}, "up")
    assert done.returncode == 1
    assert "VIVA_HOME" in done.stdout
    assert "Traceback" not in done.stderr
