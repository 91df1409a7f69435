"""The mesh's token: one for all processes, for one user's eyes."""

import os
import threading
from pathlib import Path

import pytest

from services.runtime.auth import MeshAuthenticator, bearer, is_loopback, load_or_create_mesh_token
from services.runtime.errors import FailedPrecondition, Unauthenticated

pytestmark = pytest.mark.unit


def test_processes_that_race_for_the_token_agree_on_one(tmp_path: Path) -> None:
    path, found, begin = tmp_path / "state" / "token", [], threading.Barrier(16)

    def load() -> None:
        begin.wait()
        found.append(load_or_create_mesh_token(path))

    racing = [threading.Thread(target=load) for _ in range(16)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    assert [each.name for each in path.parent.iterdir()] == ["token"]


def test_only_the_user_can_read_the_token_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_mesh_token(tmp_path / "token")
    finally:
        os.umask(before)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_the_token_stays_the_same(tmp_path: Path) -> None:
    first = load_or_create_mesh_token(tmp_path / "token")
    assert load_or_create_mesh_token(tmp_path / "token") == first
    assert load_or_create_mesh_token(tmp_path / "other") != first


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("Bearer", ""),
        ("", ""),
    ],
)
def test_the_bearer_of_a_header(header: str, token: str) -> None:
    assert bearer({"authorization": header}) == token
    assert bearer({}) == ""


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("ipv4:127.0.0.1:5000", True),
        ("ipv4:127.9.9.9:5000", True),
        ("ipv6:[::1]:5000", True),
        ("ipv6:%5B::1%5D:5000", True),
        ("unix:/tmp/x", True),
        ("ipv4:10.0.0.1:5000", False),
        ("ipv4:1.127.0.0:5000", False),
        ("ipv6:[2001:db8::1]:5000", False),
        ("ipv6:[::1:2]:5000", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_other_machines(peer: str, here: bool) -> None:
    assert is_loopback(peer) is here


async def test_a_wrong_token_is_refused_and_says_how_to_get_the_right_one() -> None:
    mesh = MeshAuthenticator("right")
    await mesh.authenticate("/x/Y", {"authorization": "Bearer right"})
    for header in ("Bearer wrong", "Bearer righ", "Bearer right2", "right", "", "Bearer 한글"):
        with pytest.raises(Unauthenticated) as caught:
            await mesh.authenticate("/x/Y", {"authorization": header})
        assert caught.value.remedy


def test_a_server_without_any_proof_of_its_mesh_does_not_start() -> None:
    with pytest.raises(FailedPrecondition) as caught:
        MeshAuthenticator("")
    assert "VIVA_MESH_TOKEN_FILE" in caught.value.remedy
