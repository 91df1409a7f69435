"""The Procfile and the supervisor's settings, without starting anything."""

from pathlib import Path

import pytest

from deploy.local.environment import SERVICES, LocalMesh, Ports, mesh_environment
from deploy.local.errors import UnusableError
from deploy.local.programs import read_procfile, supervisor_settings

pytestmark = pytest.mark.unit


def test_the_procfile_names_every_service_and_its_module() -> None:
    programs = {
        program.name: program.command for program in read_procfile(LocalMesh(Path(), Ports()).procfile)
    }
    assert {name: command[-1] for name, command in programs.items() if name in SERVICES} == {
        name: "edge_api" if name == "edge" else f"services.{name}" for name in SERVICES
    }
    assert list(programs)[:2] == ["postgres", "nats"]


def test_a_broken_procfile_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("embed: python -m x\n\nwhat is this\n")
    with pytest.raises(UnusableError, match="Procfile:3"):
        read_procfile(tmp_path / "Procfile")


def test_a_percent_sign_in_a_setting_survives_the_supervisors_own_format(tmp_path: Path) -> None:
    outside = {"DATABASE_URL": "postgresql://u:p%40ss@h/d", "NATS_URL": "nats://h"}
    mesh = LocalMesh(tmp_path, Ports(), outside)
    text = supervisor_settings(mesh, read_procfile(mesh.procfile), tmp_path / "s")
    assert "p%%40ss" in text


def test_a_quote_in_a_setting_is_refused_by_name(tmp_path: Path) -> None:
    mesh = LocalMesh(tmp_path, Ports(), {"DATABASE_URL": 'a"b', "NATS_URL": "nats://h"})
    with pytest.raises(UnusableError, match="DATABASE_URL holds a quote"):
        supervisor_settings(mesh, read_procfile(mesh.procfile), tmp_path / "s")


@pytest.mark.parametrize("value", ["", "abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused_by_its_variable(value: str) -> None:
    if value:
        with pytest.raises(UnusableError, match="VIVA_NATS_PORT"):
            Ports.from_environment({"VIVA_NATS_PORT": value})
    else:
        assert Ports.from_environment({"VIVA_NATS_PORT": value}).nats == 14222


def test_clients_are_told_an_address_that_can_be_called(tmp_path: Path) -> None:
    ports = Ports.from_environment({"VIVA_EMBED_LISTEN": "0.0.0.0:6000"})
    found = mesh_environment(tmp_path, ports, {"DATABASE_URL": "d", "NATS_URL": "n"})
    assert found["VIVA_EMBED_LISTEN"] == "0.0.0.0:6000"
    assert found["VIVA_EMBED_ADDRESSES"] == "127.0.0.1:6000"


def test_replicas_that_the_operator_names_are_kept(tmp_path: Path) -> None:
    outside = {"DATABASE_URL": "d", "NATS_URL": "n", "VIVA_LLM_ADDRESSES": "a:1,b:2"}
    assert mesh_environment(tmp_path, Ports(), outside)["VIVA_LLM_ADDRESSES"] == "a:1,b:2"


def test_the_mesh_token_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    outside = {"DATABASE_URL": "d", "NATS_URL": "n"}
    token = Path(mesh_environment(tmp_path, Ports(), outside)["VIVA_MESH_TOKEN_FILE"])
    first = token.read_text()
    mesh_environment(tmp_path, Ports(), outside)
    assert token.read_text() == first
    assert len(first.strip()) >= 32
    assert token.stat().st_mode & 0o777 == 0o600
