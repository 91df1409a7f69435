"""Which engine runs, and what to say about it. A model library is imported only when it is chosen.

It knows how engines are made, not how they are used.
"""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path

from services.embed.config import Settings
from services.embed.engine import EmbeddingEngine
from services.embed.errors import EngineBrokenError
from services.runtime.capability import Capability, State
from services.runtime.engines import Missing

NAME = "embed"
KURE = "nlpai-lab/KURE-v1"
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_PACKAGES = ("torch", "sentence_transformers")


def open_engine(settings: Settings) -> EmbeddingEngine | Missing:
    """The engine, or what is missing of the one that was asked for by name.

    Raises EngineBrokenError when everything is there and cannot serve as configured.
    """
    missing = None if settings.engine == "hashing" else missing_part(settings)
    if missing and settings.engine == "sentence_transformers":
        return missing
    return _fitting(_make(settings, hashing=bool(missing) or settings.engine == "hashing"), settings)


def describe(engine: EmbeddingEngine, settings: Settings) -> Capability:
    """What a working engine is; hashing is called the lesser engine that it is."""
    info = engine.info
    is_lesser = info.name == "hashing"
    missing = missing_part(settings) if is_lesser else None
    detail = f"{info.dimensions}-dimensional vectors from {info.model}."
    if is_lesser:
        detail = "Vectors from hashed character n-grams: they match spelling, not meaning. " + (
            missing.detail if missing else "A model is in place but not used."
        )
    return Capability(
        name=NAME,
        state=State.DEGRADED if is_lesser else State.READY,
        detail=detail,
        engine=info.name,
        model=info.model,
        device=info.device,
        licence=info.licence,
        remedy=(missing.remedy if missing else "set VIVA_EMBED_ENGINE=auto") if is_lesser else "",
        limits=_limits(settings, info.max_tokens),
    )


def missing_part(settings: Settings) -> Missing | None:
    """What keeps the sentence_transformers engine from running, with the command that installs it."""
    absent = [package for package in _PACKAGES if find_spec(package) is None]
    if absent:
        return Missing(
            NAME,
            "EMBED_PACKAGE_MISSING",
            f"The Python package {absent[0]} is not installed.",
            "uv pip install '.[embed]' -c constraints.txt",
        )
    folder = settings.model_folder
    if not has_weights(folder):
        return Missing(
            NAME,
            "EMBED_MODEL_MISSING",
            f"There are no weights of {settings.model} in {folder}.",
            _fetching(settings.model, folder),
        )
    return None


def has_weights(folder: Path) -> bool:
    """Whether the folder holds a model; a download that broke off leaves no weights file under its name."""
    return (folder / "modules.json").is_file() and any(
        any(folder.glob(pattern)) or any(folder.glob(f"*/{pattern}")) for pattern in _WEIGHTS
    )


def _make(settings: Settings, *, hashing: bool) -> EmbeddingEngine:
    if hashing:
        from services.embed.engines.hashing import HashingEngine

        return HashingEngine(settings.dimensions, settings.hashing_jamo)
    from services.embed.engines.sentence_transformers import ModelOptions, SentenceTransformersEngine

    run_on = settings.device, settings.threads, settings.parallel_batches, settings.kernels
    return SentenceTransformersEngine(ModelOptions(settings.model_folder, _name(settings), *run_on))


def _fitting(engine: EmbeddingEngine, settings: Settings) -> EmbeddingEngine:
    info = engine.info
    if info.dimensions == settings.dimensions:
        return engine
    engine.close()
    raise EngineBrokenError(
        f"{info.model} gives {info.dimensions} dimensions, and {settings.dimensions} are expected.",
        f"VIVA_EMBED_DIMENSIONS={info.dimensions} (the database's column must have as many), "
        "or another VIVA_EMBED_MODEL",
    )


def _name(settings: Settings) -> str:
    """How stored vectors name their model: never a path of this machine."""
    return Path(settings.model).name if Path(settings.model).expanduser().is_absolute() else settings.model


def _fetching(model: str, folder: Path) -> str:
    if Path(model).expanduser().is_absolute():
        return f"cp -r YOUR_MODEL {shlex.quote(str(folder))}"
    if model == KURE:
        return "viva models pull kure-v1"
    return f"hf download {model} --local-dir {shlex.quote(str(folder))}"


def _limits(settings: Settings, max_tokens: int) -> dict[str, str]:
    limits = {
        "texts": "256 per request",
        "text": "8192 characters",
        "queue": f"{settings.max_queued_texts} texts",
    }
    return limits | ({"tokens": f"{max_tokens} per text; the rest is cut"} if max_tokens else {})
