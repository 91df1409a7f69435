"""Where nats-server comes from, and what is refused."""

import socket
import stat
from pathlib import Path

import nats
import pytest

from deploy.local.errors import UnusableError
from deploy.local.nats import Nats, find_nats_server, version_of

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("time", ["first", "second"])
async def test_a_stream_does_not_outlive_its_test(nats_url: str, time: str) -> None:
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    assert await jetstream.streams_info() == []
    await jetstream.add_stream(name="left", subjects=["left.>"])
    await client.close()


def test_strangers_without_the_password_are_refused(nats_server: Nats) -> None:
    with socket.create_connection(("127.0.0.1", nats_server.port), timeout=5) as connection:
        connection.sendall(b"CONNECT {}\r\nPING\r\n")
        answers = connection.makefile("rb").read()
    assert b"Authorization Violation" in answers
    assert b"PONG" not in answers


def binary(folder: Path, version: str) -> Path:
    path = folder / "nats-server"
    path.write_text(f"#!/bin/sh\necho nats-server: v{version}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_named_binary_comes_before_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = binary(tmp_path, "2.11.4")
    monkeypatch.setenv("NATS_SERVER_BIN", str(named))
    assert find_nats_server(tmp_path / "bin") == named
    assert version_of(named) == (2, 11, 4)


def test_a_binary_on_the_path_comes_before_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = binary(tmp_path, "2.10.0")
    monkeypatch.delenv("NATS_SERVER_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_nats_server(tmp_path / "bin") == on_path


def test_an_old_server_is_refused_with_the_setting_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATS_SERVER_BIN", str(binary(tmp_path, "2.8.4")))
    with pytest.raises(UnusableError, match=r"NATS 2\.8\.4; 2\.9 or newer") as refused:
        find_nats_server(tmp_path / "bin")
    assert "NATS_SERVER_BIN" in refused.value.remedy


def test_a_named_file_that_cannot_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_SERVER_BIN", str(tmp_path / "absent"))
    with pytest.raises(UnusableError, match="not an executable"):
        find_nats_server(tmp_path / "bin")


def test_without_apt_the_operator_is_told_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NATS_SERVER_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnusableError) as refused:
        find_nats_server(tmp_path / "bin")
    assert "https://nats.io/download" in refused.value.remedy
