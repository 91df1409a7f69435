"""What the processes of a mesh are told of the variables around them."""

from pathlib import Path

import pytest

from deploy.local.environment import LocalMesh

pytestmark = pytest.mark.unit


def test_a_process_gets_the_operators_settings_and_not_where_others_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVA_EDGE_TRIES_PER_MINUTE", "5")
    outside = {
        "VIVA_HOME": str(tmp_path),
        "VIVA_EDGE_TRIES_PER_MINUTE": "50",
        "VIVA_LLM_LISTEN": "127.0.0.1:1",
    }
    inherited = LocalMesh.from_environment(outside).inherited_environment()
    assert inherited["VIVA_EDGE_TRIES_PER_MINUTE"] == "50"
    assert "VIVA_LLM_LISTEN" not in inherited
