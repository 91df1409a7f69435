"""Chooses the engine. Imports none that is not chosen: no media library is loaded unasked."""

from services.media.config import Settings
from services.media.engine import Engine
from services.runtime.engines import Missing


def open_engine(settings: Settings) -> Engine | Missing:
    return Missing(
        "media",
        "MEDIA_ENGINE_MISSING",
        "This build has no engine for WebRTC yet, so answers are typed.",
        remedy="install a release of Viva whose services/media/engines holds an engine for WebRTC",
    )
