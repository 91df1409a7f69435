"""The settings of this service, read once by its entry. Knows no engine."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from services.runtime.settings import Addresses, ServiceSettings

ICE_SERVER = re.compile(r"(stun:[^?:]+(:\d+)?|turns?:[^?:]+(:\d+)?(\?transport=(udp|tcp))?)")
LOWEST_PORT, HIGHEST_PORT = 1024, 65_535


def _parts(value: Any) -> Any:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_address(each)) for each in values)


def _ice_servers(values: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [each for each in values if not ICE_SERVER.fullmatch(each)]:
        raise ValueError(f"{wrong[0]!r} is not stun:host:port or turn:host:port?transport=udp|tcp")
    return values


def _range(value: str) -> str:
    """Empty, or what `port_range` reads."""
    if value:
        found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
        if not found or not LOWEST_PORT <= int(found[1]) <= int(found[2]) <= HIGHEST_PORT:
            raise ValueError(f"{value!r} is not first-last, from {LOWEST_PORT} to {HIGHEST_PORT}")
    return value


def port_range(value: str) -> range:
    """The ports of "first-last"; none, for any port, of an empty text."""
    first, _, last = value.partition("-")
    return range(int(first), int(last) + 1) if value else range(0)


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(
        env_prefix="VIVA_MEDIA_", frozen=True, extra="ignore", populate_by_name=True
    )

    listen: str = Field("127.0.0.1:50057", description="host:port that the server listens on")
    max_peers: int = Field(8, ge=1, le=1000, description="browsers connected at once; more are refused")
    udp_ports: Annotated[str, AfterValidator(_range)] = Field(
        "", description="UDP ports for browsers, first-last, one a peer; empty = any"
    )
    announce: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts), AfterValidator(_addresses)] = (
        Field((), description="IP addresses, with commas, that browsers reach this one at; empty = its own")
    )
    ice_servers: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_parts), AfterValidator(_ice_servers)
    ] = Field((), description="stun:host:port or turn:host:port, with commas, for both sides")
    turn_username: str = Field("", description="user of the TURN servers")
    turn_password: str = Field("", repr=False, description="its password; browsers see both")
    turn_secret: str = Field(
        "",
        repr=False,
        description="what TURN servers share, instead of a user: browsers get a day's password",
    )
    heartbeat_s: float = Field(
        15.0, gt=0, le=120, description="a browser that says nothing for so long is dropped, seconds"
    )
    recordings: Path | None = Field(None, description="folder of recordings; empty = recordings in VIVA_HOME")

    session_addresses: Addresses = Field(
        (), validation_alias="VIVA_SESSION_ADDRESSES", description="host:port, …"
    )
    stt_addresses: Addresses = Field((), validation_alias="VIVA_STT_ADDRESSES", description="host:port, …")
    tts_addresses: Addresses = Field((), validation_alias="VIVA_TTS_ADDRESSES", description="host:port, …")
    vision_addresses: Addresses = Field(
        (), validation_alias="VIVA_VISION_ADDRESSES", description="host:port, …"
    )
    nats_url: str = Field("", validation_alias="NATS_URL", description="where captions go; empty = nowhere")

    @property
    def recordings_folder(self) -> Path:
        return self.recordings or self.home / "recordings"
