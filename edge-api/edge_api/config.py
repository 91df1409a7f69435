"""The edge's settings, read once."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from services.runtime.settings import Addresses, ServiceSettings

HERE = Path(__file__).resolve().parent


def _split(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(
        env_prefix="VIVA_EDGE_", frozen=True, extra="ignore", populate_by_name=True
    )

    listen: str = Field("127.0.0.1:8080", description="host:port that the server listens on")
    session_addresses: Addresses = Field(
        (), validation_alias="VIVA_SESSION_ADDRESSES", description="host:port, …"
    )
    media_addresses: Addresses = Field(
        (), validation_alias="VIVA_MEDIA_ADDRESSES", description="host:port, …"
    )
    nats_url: str = Field(
        "", validation_alias="NATS_URL", description="where captions come from; empty = none"
    )
    origins: Names = Field(
        (),
        description="where the page is opened, such as https://viva.example; empty = the Host it asks",
    )
    https: bool = Field(False, description="people reach the edge over TLS: cookies are Secure, HSTS is sent")
    trusted_proxies: Names = Field(
        (), description="addresses whose X-Forwarded-For and -Proto count, IPs or networks; empty = nobody's"
    )
    page: Path = Field(HERE.parent / "web" / "dist", description="folder of the built page")
    font: Path | None = Field(None, description="a TrueType file for the PDF; empty = the page's own")
    tries_per_minute: int = Field(
        20, ge=1, description="logins, registrations and the like from one address a minute"
    )
    uploads_per_hour: int = Field(
        60, ge=1, description="résumés from one address, and of one account, an hour"
    )
    calls_per_minute: int = Field(1200, ge=1, description="requests from one address a minute")
    body_kib: int = Field(2048, ge=64, description="largest JSON body, KiB")
    sockets: int = Field(1000, ge=1, description="open sockets at once")
    call_s: float = Field(10.0, gt=0, description="deadline of a call of the mesh, seconds")
    pdf_s: float = Field(30.0, gt=0, description="time to draw one PDF, waiting for its turn too, seconds")
    upload_s: float = Field(120.0, gt=0, description="time for one résumé to arrive, seconds")
