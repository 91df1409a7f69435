"""The settings of this service, read once by its entry. Knows no engine."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_STT_")

    listen: str = Field("127.0.0.1:50053", description="host:port that the server listens on")
    model: str = Field(
        "", description="folder in the folder `stt` of the models, or a path; empty = the first"
    )
    max_stream_s: float = Field(1800.0, gt=0, le=86400, description="audio of one stream, seconds")
    idle_s: float = Field(60.0, gt=0, description="a stream that sends nothing for so long ends, seconds")
