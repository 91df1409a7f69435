"""STUN and TURN servers as the settings give them."""

import pytest

from services.media.config import Settings, port_range
from services.media.ice import IceServer, ice_servers

pytestmark = pytest.mark.unit

STUN, TURN = "stun:stun.example:3478", "turn:turn.example:3478?transport=tcp"


def test_without_servers_nothing_outside_is_ever_asked() -> None:
    assert ice_servers(Settings(), 0.0) == ()


def test_a_fixed_user_is_for_turn_alone() -> None:
    settings = Settings(ice_servers=f"{STUN}, {TURN}", turn_username="u", turn_password="p")
    assert ice_servers(settings, 0.0) == (IceServer(STUN), IceServer(TURN, "u", "p"))


def test_a_shared_secret_makes_a_password_that_runs_out() -> None:
    settings = Settings(ice_servers=TURN, turn_secret="north")
    (server,) = ice_servers(settings, 1_700_000_000.5)
    # As `printf 1700086400:viva | openssl dgst -sha1 -hmac north -binary | base64` prints it.
    assert server == IceServer(TURN, "1700086400:viva", "IIHV7zZ4wkxY1bFC3L/0ytLx/Ac=")


@pytest.mark.parametrize("field", ["turn_password", "turn_secret"])
def test_a_secret_is_not_in_what_settings_print(field: str) -> None:
    assert "north" not in repr(Settings(**{field: "north"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ice_servers": "http://x"},
        {"ice_servers": "stun:a?transport=udp"},
        {"udp_ports": "50000"},
        {"udp_ports": "50010-50000"},
        {"udp_ports": "80-90"},
        {"udp_ports": "60000-70000"},
        {"announce": "media.example"},
    ],
    ids=str,
)
def test_a_value_that_cannot_work_is_refused_at_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_f24_range_and_addresses_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_MEDIA_UDP_PORTS", "50000-50010")
    monkeypatch.setenv("VIVA_MEDIA_ANNOUNCE", "203.0.113.5, 2001:db8::5")
    settings = Settings.load()
    assert port_range(settings.udp_ports) == range(50_000, 50_011)
    assert settings.announce == ("203.0.113.5", "2001:db8::5")
    assert port_range("") == range(0)
