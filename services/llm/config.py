"""The settings of this service, read once by its entry. Knows no engine."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="VIVA_LLM_")

    listen: str = Field("127.0.0.1:50052", description="host:port that the server listens on")
    model: str = Field("", description="file in the folder `llm` of the models, or a path; empty = the first")
    max_prompt_characters: int = Field(
        400_000, ge=1, description="longest conversation of one request, characters"
    )
