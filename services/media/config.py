"""The settings of this service, read once by its entry. Knows no engine."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_MEDIA_")

    listen: str = Field("127.0.0.1:50057", description="host:port that the server listens on")
