"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

from services.runtime.engines import Missing, find_weights
from services.tts.config import Settings
from services.tts.engine import Engine
from services.tts.engines.espeak_ng import EspeakEngine, version_of

FOLDER = "tts"
INSTALL = "sudo apt install espeak-ng"
PULL = "viva models pull supertonic-3"
CONSEQUENCE = "The browser reads questions aloud."


def open_engine(settings: Settings) -> Engine | Missing:
    """Neural voices where their weights are and fit, else espeak-ng."""
    cache = settings.cache_mib * 1024 * 1024
    neural = _neural(settings, cache)
    if neural is not None and not isinstance(neural, Missing):
        return neural
    version = version_of(settings.espeak)
    if version is not None:
        places = settings.speakers
        return EspeakEngine(settings.espeak, version, places=places, cache_bytes=cache, instead_of=neural)
    program = settings.espeak or "espeak-ng (switched off by VIVA_TTS_ESPEAK)"
    text = f"No voice: {program} is not installed. {CONSEQUENCE}"
    return neural or Missing("tts", "TTS_VOICE_MISSING", text, remedy=INSTALL)


def _neural(settings: Settings, cache_bytes: int) -> Engine | Missing | None:
    folder = find_weights(settings.models / FOLDER, "*/", settings.model)
    if folder is None and settings.model:
        text = f"No voice: there is no {settings.model} in {settings.models / FOLDER}. {CONSEQUENCE}"
        return Missing("tts", "TTS_VOICE_MISSING", text, remedy=PULL)
    if folder is None:
        return None
    from services.tts.engines.supertonic.engine import open_supertonic

    return open_supertonic(
        folder,
        steps=settings.steps,
        places=settings.speakers,
        workers=settings.workers,
        cache_bytes=cache_bytes,
    )
