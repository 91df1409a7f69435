"""Settings from the environment, read once. Knows the fields that every process of a mesh has."""

import sys
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Addresses = Annotated[tuple[str, ...], NoDecode]


def split_addresses(value: Any) -> Any:
    """ "host:port,host:port" → its parts; for validators of `Addresses` fields."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _shared(name: str, default: Any, description: str) -> Any:
    return Field(default, validation_alias=name, description=description)


class ServiceSettings(BaseSettings):
    """A service adds its own fields and `env_prefix`; the shared ones keep their plain names."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    listen: str = Field("127.0.0.1:0", description="host:port that the server listens on")
    max_concurrent: int = Field(256, ge=1, description="requests served at once; more are pushed back")
    max_message_mib: int = Field(8, ge=1, le=64, description="largest message, MiB")
    default_deadline_s: float = Field(60.0, gt=0, description="deadline of calls that bring none, seconds")
    drain_s: float = Field(8.0, ge=0, description="time for running calls to end at shutdown, seconds")
    probe_s: float = Field(1.0, gt=0, description="between looks at the capability, seconds")
    metrics_port: int = Field(0, ge=0, le=65535, description="port of /metrics on loopback; 0 = off")

    log_level: str = _shared("VIVA_LOG_LEVEL", "info", "debug, info, warning or error")
    log_format: str = _shared("VIVA_LOG_FORMAT", "json", "json or console")
    otlp_endpoint: str = _shared("VIVA_OTLP_ENDPOINT", "", "where traces go, an OTLP/HTTP URL; empty = off")
    home: Path = _shared("VIVA_HOME", Path(".viva"), "folder of a local mesh's state")
    models: Path = _shared(
        "VIVA_MODELS", Path.home() / ".local/share/viva/models", "folder of the model weights"
    )
    mesh_token: str = _shared("VIVA_MESH_TOKEN", "", "the token that servers of one mesh share")
    mesh_token_file: Path | None = _shared("VIVA_MESH_TOKEN_FILE", None, "a file that holds that token")
    tls_cert: Path | None = _shared("VIVA_TLS_CERT", None, "PEM certificate chain; set all three for mTLS")
    tls_key: Path | None = _shared("VIVA_TLS_KEY", None, "PEM private key")
    tls_ca: Path | None = _shared("VIVA_TLS_CA", None, "PEM certificates that peers are checked against")

    @classmethod
    def load(cls) -> Self:
        """Reads the environment; a bad value ends the process with what to mend, without a stack trace."""
        try:
            return cls()
        except ValidationError as error:
            for problem in error.errors():
                name = _variable(cls, problem["loc"])
                print(f"{name}: {problem['msg']}. Set {name} to a valid value.", file=sys.stderr)  # noqa: T201
            raise SystemExit(1) from None


def _variable(settings: type[ServiceSettings], location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    field = settings.model_fields.get(name)
    if field is None:
        return name
    return str(field.validation_alias or f"{settings.model_config.get('env_prefix', '')}{name}".upper())
