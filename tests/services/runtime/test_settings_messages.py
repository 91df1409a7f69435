"""Settings: read from the environment, and refused in words that mend them."""

from pathlib import Path

import pytest
from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Addresses, ServiceSettings

pytestmark = pytest.mark.unit


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_ECHO_")

    listen: str = Field("127.0.0.1:50099", description="host:port that echo listens on")
    others: Addresses = Field((), description="other echoes")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(__import__("os").environ):
        if name.startswith("VIVA_"):
            monkeypatch.delenv(name)


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        Settings.load()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_own_fields_have_the_prefix_and_shared_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_ECHO_LISTEN", "0.0.0.0:1")
    monkeypatch.setenv("VIVA_ECHO_MAX_CONCURRENT", "7")
    monkeypatch.setenv("VIVA_MODELS", "/models")
    settings = Settings.load()
    assert (settings.listen, settings.max_concurrent, settings.models) == ("0.0.0.0:1", 7, Path("/models"))


def test_every_field_says_what_it_is() -> None:
    assert [name for name, field in ServiceSettings.model_fields.items() if not field.description] == []


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load().listen = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VIVA_ECHO_MAX_CONCURRENT", "many"),
        ("VIVA_ECHO_MAX_CONCURRENT", "0"),
        ("VIVA_ECHO_MAX_MESSAGE_MIB", "65"),
        ("VIVA_ECHO_DRAIN_S", "-1"),
        ("VIVA_ECHO_DEFAULT_DEADLINE_S", "0"),
        ("VIVA_ECHO_METRICS_PORT", "70000"),
    ],
)
def test_a_bad_value_is_named_by_its_variable_without_a_stack_trace(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    said = complaint(capsys)
    assert variable in said
    assert "Traceback" not in said


def test_every_bad_value_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIVA_ECHO_DRAIN_S", "-1")
    monkeypatch.setenv("VIVA_ECHO_PROBE_S", "never")
    said = complaint(capsys)
    assert "VIVA_ECHO_DRAIN_S" in said
    assert "VIVA_ECHO_PROBE_S" in said


def test_addresses_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_ECHO_OTHERS", " 10.0.0.1:1, echo:2 ,")
    assert Settings.load().others == ("10.0.0.1:1", "echo:2")
