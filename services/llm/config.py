"""The settings of this service, read once by its entry. Knows no engine."""

from typing import Literal

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
    slots: int = Field(8, ge=1, le=64, description="conversations in the context at once")
    context_tokens: int = Field(8192, ge=256, le=262_144, description="context of one conversation, tokens")
    step_tokens: int = Field(512, ge=64, le=4096, description="tokens computed in one step")
    step_ms: int = Field(
        150, ge=1, le=10_000, description="about how long a step takes that a text waits for, ms"
    )
    threads: int = Field(0, ge=0, le=512, description="threads that compute; 0 = the physical cores")
    queue: int = Field(64, ge=0, le=4096, description="requests of one priority that wait; more are refused")
    park_mib: int = Field(
        512, ge=0, description="memory for conversations that lost their slot, MiB; 0 = off"
    )
    stall_s: float = Field(30.0, gt=0, description="without a step while work waits: not serving, seconds")
    gpu_layers: int = Field(0, ge=-1, description="layers on the GPU; 0 = none, -1 = all")
    flash_attention: Literal["auto", "on", "off"] = Field(
        "auto", description="auto, on or off; auto on a processor = off"
    )
    kv_type: Literal["f16", "q8_0"] = Field("f16", description="numbers in the KV cache: f16 or q8_0")
    kv_unified: bool = Field(False, description="one buffer for all slots instead of one for each")
    repack: bool = Field(
        False, description="weights laid out for AMX and the like; some virtual machines die of it"
    )
