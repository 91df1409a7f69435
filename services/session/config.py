"""The session's settings, read once."""

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Addresses, ServiceSettings, split_addresses


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(
        env_prefix="VIVA_SESSION_", frozen=True, extra="ignore", populate_by_name=True
    )

    listen: str = Field("127.0.0.1:50051", description="host:port that the server listens on")
    max_concurrent: int = Field(512, ge=1, description="requests served at once; more are pushed back")
    max_message_mib: int = Field(8, ge=1, le=64, description="largest message, MiB")
    database_url: str = Field(
        "", validation_alias="DATABASE_URL", description="Postgres 15 or newer, pgvector"
    )
    nats_url: str = Field("", validation_alias="NATS_URL", description="NATS with JetStream, 2.9 or newer")
    database_connections: int = Field(16, ge=4, le=200, description="connections to Postgres at most")
    migrate: bool = Field(True, description="bring the database to the newest schema at start")

    llm_addresses: Addresses = Field((), validation_alias="VIVA_LLM_ADDRESSES", description="host:port, …")
    embed_addresses: Addresses = Field(
        (), validation_alias="VIVA_EMBED_ADDRESSES", description="host:port, …"
    )
    stt_addresses: Addresses = Field((), validation_alias="VIVA_STT_ADDRESSES", description="host:port, …")
    vision_addresses: Addresses = Field(
        (), validation_alias="VIVA_VISION_ADDRESSES", description="host:port, …"
    )
    tts_addresses: Addresses = Field((), validation_alias="VIVA_TTS_ADDRESSES", description="host:port, …")
    media_addresses: Addresses = Field(
        (), validation_alias="VIVA_MEDIA_ADDRESSES", description="host:port, …"
    )

    token_keys: str = Field(
        "", description="id:secret[,id:secret], what tokens are signed by; empty = $VIVA_HOME/keys"
    )
    question_places: int = Field(32, ge=1, description="questions written at once")
    background_places: int = Field(4, ge=1, description="evaluations and reports at once")
    lease_s: float = Field(10.0, gt=0, description="work of a dead process is taken over after this, seconds")
    evaluation_deadline_s: float = Field(60.0, gt=0, description="a model's time for one evaluation, seconds")

    _split = field_validator(
        *("llm_addresses", "embed_addresses", "stt_addresses"),
        *("vision_addresses", "tts_addresses", "media_addresses"),
        mode="before",
    )(split_addresses)

    @model_validator(mode="after")
    def _needs(self) -> Self:
        for name, value in (("DATABASE_URL", self.database_url), ("NATS_URL", self.nats_url)):
            if not value:
                raise ValueError(f"{name} is not set; `viva up` sets it, or set it to your own server")
        return self
