"""What a person reads when a setting is wrong, and what must never be shown."""

from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Addresses, ServiceSettings, split_addresses

pytestmark = pytest.mark.unit


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_EMBED_")

    batch_tokens: int = Field(4096, ge=1, description="tokens of one batch")
    weights: tuple[int, ...] = Field((), description="a JSON list")
    peers: Addresses = Field((), validation_alias="VIVA_PEER_ADDRESSES", description="host:port, …")


@pytest.fixture
def complaint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    for name in Settings.model_fields:
        monkeypatch.delenv(Settings.variable(name), raising=False)

    def load(**variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            Settings.load()
        assert ended.value.code == 1
        return capsys.readouterr().err

    return load


@pytest.mark.parametrize(
    ("variable", "value", "meaning"),
    [
        ("VIVA_EMBED_MAX_CONCURRENT", "many", "requests served at once"),
        ("VIVA_EMBED_BATCH_TOKENS", "0", "tokens of one batch"),
        ("VIVA_EMBED_LISTEN", "localhost", "host:port that the server listens on"),
        ("VIVA_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("VIVA_LOG_FORMAT", "xml", "json or console"),
        ("VIVA_PEER_ADDRESSES", "127.0.0.1:1,nowhere", "'nowhere' is not host:port"),
        ("VIVA_EMBED_WEIGHTS", "[1,", "weights"),
    ],
)
def test_a_bad_value_is_told_by_its_variable_and_what_that_means(
    complaint, variable: str, value: str, meaning: str
) -> None:
    told = complaint(**{variable: value})
    assert variable in told or "weights" in told
    assert meaning in told
    assert "Traceback" not in told


def test_a_bad_value_is_not_quoted_since_it_may_be_a_secret(complaint) -> None:
    assert "hunter2" not in complaint(VIVA_EMBED_MAX_CONCURRENT="hunter2")


def test_the_mesh_token_is_not_shown() -> None:
    assert "hunter2" not in repr(Settings(mesh_token="hunter2"))


def test_the_log_level_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_LOG_LEVEL", "WARNING")
    assert Settings.load().log_level == "warning"


def test_half_of_mtls_is_refused_instead_of_falling_back_to_plain_text(complaint, tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("x")
    told = complaint(VIVA_TLS_CERT=str(certificate), VIVA_TLS_CA=str(tmp_path / "absent.pem"))
    assert "set VIVA_TLS_KEY, VIVA_TLS_CA" in told


def test_an_address_list_may_hold_names_and_both_kinds_of_numbers() -> None:
    assert split_addresses("[::1]:5,127.0.0.1:6, llm:7") == ("[::1]:5", "127.0.0.1:6", "llm:7")
    assert Settings(peers="").peers == ()


def test_a_field_knows_its_variable() -> None:
    assert Settings.variable("listen") == "VIVA_EMBED_LISTEN"
    assert Settings.variable("mesh_token") == "VIVA_MESH_TOKEN"
