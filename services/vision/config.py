"""The settings of this service, read once by its entry. Knows no engine."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_VISION_")

    listen: str = Field("127.0.0.1:50054", description="host:port that the server listens on")
    model: str = Field(
        "", description="file in the folder `vision` of the models, or a path; empty = the first"
    )
    frames_per_s: float = Field(5.0, gt=0, le=60, description="frames analysed of one stream, per second")
    max_pixels: int = Field(8_300_000, ge=1, description="largest picture, pixels")
    idle_s: float = Field(60.0, gt=0, description="a stream that sends nothing for so long ends, seconds")
    people: int = Field(16, ge=1, le=256, description="people watched at once; more are pushed back")
    workers: int = Field(2, ge=1, le=64, description="pictures looked at side by side, each on its own core")
