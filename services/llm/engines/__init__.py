"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

from pathlib import Path

from services.llm.config import Settings
from services.llm.engine import Engine
from services.runtime.engines import Missing, find_weights

FOLDER = "llm"
PULL = "viva models pull qwen3-4b"


def open_engine(settings: Settings) -> Engine | Missing:
    """Loads the weights; what an operator can mend comes back as a value."""
    folder = settings.models / FOLDER
    weights = find_weights(folder, "*.gguf", settings.model)
    if weights is None:
        wanted = settings.model or "*.gguf"
        detail = f"No language model: there is no {wanted} in {folder}, so questions come from the bank."
        return Missing("llm", "LLM_MODEL_MISSING", detail, remedy=PULL)
    try:
        from services.llm.engines.llama_cpp.native import offloads
    except (ImportError, OSError, RuntimeError) as error:
        detail = f"llama.cpp cannot be loaded: {str(error)[:200]}"
        return Missing("llm", "LLM_LIBRARY_MISSING", detail, remedy="pip install 'viva[llm]'")
    if settings.gpu_layers and not offloads():
        detail = "VIVA_LLM_GPU_LAYERS asks for a GPU; this build of llama.cpp has none, or finds none."
        return Missing("llm", "LLM_GPU_MISSING", detail, remedy="export VIVA_LLM_GPU_LAYERS=0")
    return _load(weights, settings)


def _load(weights: Path, settings: Settings) -> Engine | Missing:
    from services.llm.engines.llama_cpp.engine import Limits, LlamaCppEngine
    from services.llm.engines.llama_cpp.native import LoadFailed, Native, Shape

    shape = Shape(
        slots=settings.slots,
        context=settings.context_tokens,
        step=max(settings.step_tokens, settings.slots),
        threads=settings.threads,
        unified=settings.kv_unified,
        gpu_layers=settings.gpu_layers,
        flash=settings.flash_attention,
        kv_type=settings.kv_type,
        repack=settings.repack,
    )
    limits = Limits(settings.queue, settings.step_ms / 1e3, settings.park_mib * 2**20, settings.stall_s)
    try:
        return LlamaCppEngine(Native(weights, shape), weights.stem, limits)
    except LoadFailed as error:
        detail = f"The language model {weights.name} cannot be used: {error}."
        return Missing("llm", "LLM_MODEL_UNUSABLE", detail, remedy="viva models verify")
