"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

from pathlib import Path

from services.runtime.capability import State
from services.runtime.engines import Missing, find_weights
from services.stt.config import Settings
from services.stt.engine import Engine

FOLDER = "stt"
PULL = "viva models pull whisper-base"
PARTS = ("config.json", "tokenizer.json")


def open_engine(settings: Settings) -> Engine | Missing:
    """Blocks while it loads and measures."""
    folder = settings.models / FOLDER
    chosen = f"{settings.model}/model.bin" if settings.model else ""
    weights = find_weights(folder, "*/model.bin", chosen)
    if weights is None:
        wanted = chosen or "*/model.bin"
        detail = f"No speech recogniser: there is no {wanted} in {folder}, so answers are typed."
        return Missing("stt", "STT_MODEL_MISSING", detail, remedy=PULL)
    absent = [part for part in PARTS if not (weights.parent / part).is_file()]
    if absent:
        return _broken(weights.parent, f"it has no {', '.join(absent)}")
    return _loaded(settings, weights.parent)


def _loaded(settings: Settings, folder: Path) -> Engine | Missing:
    from services.stt.engines.ctranslate2.engine import WhisperEngine
    from services.stt.engines.ctranslate2.whisper import ModelBroken

    try:
        return WhisperEngine.of(settings, folder)
    except ModelBroken as error:
        return _broken(folder, str(error), error.remedy)


def _broken(folder: Path, why: str, remedy: str = "") -> Missing:
    detail = f"The speech recogniser {folder.name} cannot be used: {why}. Answers are typed."
    return Missing("stt", "STT_MODEL_BROKEN", detail, remedy or PULL, State.BROKEN)
