"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

import shlex

from services.runtime.engines import Missing, find_weights
from services.tts.config import Settings
from services.tts.engine import Engine

FOLDER = "tts"
NO_ENGINE = "This build has no engine for voices yet, so the browser reads questions aloud."


def open_engine(settings: Settings) -> Engine | Missing:
    folder = settings.models / FOLDER
    weights = find_weights(folder, "*/", settings.model)
    if weights is None:
        wanted = settings.model or "voice"
        place = shlex.quote(str(folder))
        return Missing(
            "tts",
            "TTS_MODEL_MISSING",
            f"No voice: there is no {wanted} in {folder}. {NO_ENGINE}",
            remedy=f"mkdir -p {place} && cp -r YOUR_VOICE_FOLDER {place}/",
        )
    return Missing(
        "tts",
        "TTS_ENGINE_MISSING",
        f"The voice {weights.name} is there. {NO_ENGINE}",
        remedy="install a release of Viva whose services/tts/engines holds an engine for voice folders",
    )
