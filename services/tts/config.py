"""The settings of this service, read once by its entry. Knows no engine."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_TTS_")

    listen: str = Field("127.0.0.1:50056", description="host:port that the server listens on")
    espeak: str = Field("espeak-ng", description="program that speaks, a name or a path; empty = none")
    model: str = Field("", description="folder in the folder `tts` of the models; empty = the first")
    steps: int = Field(8, ge=1, le=50, description="steps from noise to a neural voice; more sound better")
    workers: int = Field(1, ge=1, le=64, description="sentences of neural voices made side by side")
    speakers: int = Field(8, ge=1, le=256, description="callers spoken to at once; more are pushed back")
    cache_mib: int = Field(64, ge=0, le=4096, description="sounds kept to be said again, MiB")
