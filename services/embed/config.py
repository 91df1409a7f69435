"""Settings of the embed service, read once from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """`VIVA_EMBED_<FIELD>` for each field below."""

    model_config = SettingsConfigDict(
        env_prefix="VIVA_EMBED_", frozen=True, extra="ignore", populate_by_name=True
    )

    listen: str = Field("127.0.0.1:50055", description="host:port that the server listens on")
    engine: Literal["auto", "hashing", "sentence_transformers"] = Field(
        "auto", description="auto = sentence_transformers when the model's weights are in place, else hashing"
    )
    model: str = Field(
        "nlpai-lab/KURE-v1",
        description="folder of a sentence-transformers model, absolute or below VIVA_MODELS/embed",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="auto = cuda where torch sees it, else cpu"
    )
    kernels: Literal["auto", "stock"] = Field(
        "auto",
        description="auto = faster ones that give the same vectors, found out at start; stock = torch's",
    )
    threads: int = Field(0, ge=0, le=1024, description="threads of the model on a CPU; 0 = every core")
    parallel_batches: int = Field(
        0,
        ge=0,
        le=64,
        description="batches computed side by side, sharing the threads; 0 = two on a CPU, else one",
    )
    dimensions: int = Field(
        1024, ge=8, le=16384, description="numbers per vector; the database's column must have as many"
    )
    hashing_jamo: bool = Field(
        False, description="the hashing engine also counts n-grams of jamo; changes all its vectors"
    )
    batch_tokens: int = Field(
        0,
        ge=0,
        le=1 << 20,
        description="size of a batch in tokens, padding included; 0 = the engine's advice",
    )
    batch_texts: int = Field(64, ge=1, le=1024, description="texts in one batch at most")
    bulk_every: int = Field(
        4,
        ge=1,
        le=1000,
        description="interactive batches in a row after which a waiting bulk batch gets its turn",
    )
    max_queued_texts: int = Field(
        2048, ge=1, description="texts held at once; requests beyond are pushed back"
    )
    idle_probe_s: float = Field(30.0, gt=0, description="between probes of a model that nobody uses, seconds")
    stuck_s: float = Field(
        120.0, gt=0, description="one batch longer than this means a broken model, seconds"
    )

    @property
    def model_folder(self) -> Path:
        """Where the model is or should be; an absolute `model` stands for itself."""
        return self.models.expanduser() / "embed" / Path(self.model).expanduser()
