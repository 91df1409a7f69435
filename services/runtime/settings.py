"""Settings from the environment, read once. Knows the fields that every process of a mesh has."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError


def split_addresses(value: Any) -> Any:
    """ "host:port,host:port" → its parts. Raises ValueError for a part without a port."""
    if isinstance(value, str):
        return tuple(_with_port(part.strip()) for part in value.split(",") if part.strip())
    return value


def _with_port(address: str) -> str:
    if not address.rpartition(":")[2].isdigit():
        raise ValueError(f"{address!r} is not host:port")
    return address


def _shared(name: str, default: Any, description: str, **more: Any) -> Any:
    return Field(default, validation_alias=name, description=description, **more)


Address = Annotated[str, AfterValidator(_with_port)]
Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_addresses)]
Level = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)]
MODELS = Path.home() / ".local/share/viva/models"


class ServiceSettings(BaseSettings):
    """A service adds its own fields and `env_prefix`; the shared ones keep their plain names."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    listen: Address = Field("127.0.0.1:0", description="host:port that the server listens on")
    max_concurrent: int = Field(256, ge=1, description="requests served at once; more are pushed back")
    max_message_mib: int = Field(8, ge=1, le=64, description="largest message, MiB")
    default_deadline_s: float = Field(60.0, gt=0, description="deadline of calls that bring none, seconds")
    drain_s: float = Field(8.0, ge=0, description="time for running calls to end at shutdown, seconds")
    probe_s: float = Field(1.0, gt=0, description="between looks at the capability, seconds")
    metrics_port: int = Field(0, ge=0, le=65535, description="port of /metrics on loopback; 0 = off")

    log_level: Level = _shared("VIVA_LOG_LEVEL", "info", "debug, info, warning or error")
    log_format: Literal["json", "console"] = _shared("VIVA_LOG_FORMAT", "json", "json or console")
    otlp_endpoint: str = _shared("VIVA_OTLP_ENDPOINT", "", "where traces go, an OTLP/HTTP URL; empty = off")
    home: Path = _shared("VIVA_HOME", Path(".viva"), "folder of a local mesh's state")
    models: Path = _shared("VIVA_MODELS", MODELS, "folder of the model weights")
    mesh_token: str = _shared("VIVA_MESH_TOKEN", "", "the token that servers of one mesh share", repr=False)
    mesh_token_file: Path | None = _shared("VIVA_MESH_TOKEN_FILE", None, "a file that holds that token")
    open_health: bool = _shared("VIVA_OPEN_HEALTH", False, "health and reflection are open to all machines")
    tls_cert: Path | None = _shared("VIVA_TLS_CERT", None, "PEM certificate chain; set all three for mTLS")
    tls_key: Path | None = _shared("VIVA_TLS_KEY", None, "PEM private key")
    tls_ca: Path | None = _shared("VIVA_TLS_CA", None, "PEM certificates that peers are checked against")

    @model_validator(mode="after")
    def _all_of_tls_or_none(self) -> Self:
        files = {"VIVA_TLS_CERT": self.tls_cert, "VIVA_TLS_KEY": self.tls_key, "VIVA_TLS_CA": self.tls_ca}
        wrong = [name for name, file in files.items() if not (file and file.is_file())]
        if wrong and any(files.values()):
            raise ValueError(f"mTLS needs three readable files; set {', '.join(wrong)}, or unset all three")
        return self

    def tls(self) -> tuple[bytes, bytes, bytes] | None:
        """CA, key and certificate chain as PEM; None means plain text."""
        if not (self.tls_ca and self.tls_key and self.tls_cert):
            return None
        return self.tls_ca.read_bytes(), self.tls_key.read_bytes(), self.tls_cert.read_bytes()

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable that sets a field."""
        alias = cls.model_fields[field].validation_alias
        return str(alias or f"{cls.model_config.get('env_prefix', '')}{field}".upper())

    @classmethod
    def load(cls) -> Self:
        """Reads the environment; a bad value ends the process with what to mend, without a stack trace."""
        try:
            return cls()
        except ValidationError as error:
            problems = [cls._complaint(each["loc"], each["msg"]) for each in error.errors()]
        except SettingsError as error:
            problems = [str(error)]
        print(*problems, sep="\n", file=sys.stderr)  # noqa: T201
        raise SystemExit(1)

    @classmethod
    def _complaint(cls, where: tuple[int | str, ...], wrong: str) -> str:
        """Never quotes the value: it may be a secret."""
        for name, field in cls.model_fields.items():
            if where and where[0] in (name, variable := cls.variable(name)):
                meaning = f"{variable} is: {field.description}"
                return f"{variable} (setting {name}): {wrong}. {meaning}. Mend it, or unset it."
        return wrong
