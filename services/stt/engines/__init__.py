"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

import shlex

from services.runtime.engines import Missing, find_weights
from services.stt.config import Settings
from services.stt.engine import Engine

FOLDER = "stt"
NO_ENGINE = "This build has no engine for speech recognition yet, so answers are typed."


def open_engine(settings: Settings) -> Engine | Missing:
    folder = settings.models / FOLDER
    chosen = f"{settings.model}/model.bin" if settings.model else ""
    weights = find_weights(folder, "*/model.bin", chosen)
    if weights is None:
        wanted = chosen or "*/model.bin"
        place = shlex.quote(str(folder))
        return Missing(
            "stt",
            "STT_MODEL_MISSING",
            f"No speech recogniser: there is no {wanted} in {folder}. {NO_ENGINE}",
            remedy=f"mkdir -p {place} && cp -r YOUR_CTRANSLATE2_WHISPER_FOLDER {place}/",
        )
    return Missing(
        "stt",
        "STT_ENGINE_MISSING",
        f"The speech recogniser {weights.parent.name} is there. {NO_ENGINE}",
        remedy="install a release of Viva whose services/stt/engines holds an engine for CTranslate2 models",
    )
