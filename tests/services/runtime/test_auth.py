"""Where the token of a mesh comes from, and what else may prove it."""

from pathlib import Path

import pytest

from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.errors import FailedPrecondition
from services.runtime.settings import ServiceSettings

pytestmark = pytest.mark.unit


def test_a_given_token_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mesh.token"
    assert mesh_token(ServiceSettings(mesh_token="given", mesh_token_file=file)) == "given"
    assert not file.exists()
    made = mesh_token(ServiceSettings(mesh_token="", mesh_token_file=file))
    assert made == file.read_text()
    assert mesh_token(ServiceSettings(mesh_token="", mesh_token_file=None)) == ""


def test_a_token_file_that_cannot_be_used_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FailedPrecondition) as refused:
        mesh_token(ServiceSettings(mesh_token="", mesh_token_file=tmp_path / "file" / "mesh.token"))
    assert "VIVA_MESH_TOKEN_FILE" in refused.value.remedy


async def test_with_mutual_tls_and_no_token_the_handshake_is_the_proof() -> None:
    assert (await MeshAuthenticator("", mutual_tls=True).authenticate("/x/Y", {})).role == "mesh"
