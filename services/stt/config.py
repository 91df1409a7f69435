"""The settings of this service, read once by its entry. Knows no engine."""

from typing import Literal

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
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto = cuda where there is one")
    compute_type: str = Field(
        "auto", description="as CTranslate2 names it; auto = int8 on a CPU, float16 on a GPU"
    )
    threads: int = Field(0, ge=0, le=1024, description="decodings side by side on a CPU; 0 = every core")
    encoder_context: Literal["auto", "cut", "full"] = Field(
        "auto", description="full = 30 seconds for every decoding; auto = cut on a CPU, full on a GPU"
    )
    context_margin_s: float = Field(
        2.5,
        ge=0.5,
        le=30,
        description="silence after the speech in a cut context, seconds; captions get at most 1",
    )
    prompted: bool = Field(
        True, description="false = hotwords and what was said before are kept from a model that they confuse"
    )
    max_streams: int = Field(0, ge=0, description="streams followed at once; 0 = as measured at start")
    max_recordings: int = Field(2, ge=1, description="whole recordings recognised at once")
