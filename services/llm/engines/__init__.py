"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

import shlex

from services.llm.config import Settings
from services.llm.engine import Engine
from services.runtime.engines import Missing, find_weights

FOLDER = "llm"
NO_ENGINE = "This build has no engine for language models yet, so questions come from the bank."


def open_engine(settings: Settings) -> Engine | Missing:
    folder = settings.models / FOLDER
    weights = find_weights(folder, "*.gguf", settings.model)
    if weights is None:
        wanted = settings.model or "*.gguf"
        place = shlex.quote(str(folder))
        return Missing(
            "llm",
            "LLM_MODEL_MISSING",
            f"No language model: there is no {wanted} in {folder}. {NO_ENGINE}",
            remedy=f"mkdir -p {place} && cp YOUR_MODEL.gguf {place}/",
        )
    return Missing(
        "llm",
        "LLM_ENGINE_MISSING",
        f"The language model {weights.name} is there. {NO_ENGINE}",
        remedy="install a release of Viva whose services/llm/engines holds an engine for GGUF files",
    )
