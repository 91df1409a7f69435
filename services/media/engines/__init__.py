"""Chooses the engine. Imports none that is not chosen: no media library is loaded unasked."""

import time

from services.media.config import Settings
from services.media.engine import Engine
from services.media.ice import ice_servers
from services.media.peer import Conversations
from services.runtime.capability import State
from services.runtime.engines import Missing


def open_engine(settings: Settings, conversations: Conversations | None = None) -> Engine | Missing:
    """Without anybody who listens no browser is let in: it would speak to nobody."""
    if conversations is None:
        return Missing(
            "media",
            "MEDIA_SESSION_MISSING",
            "Media knows no address of the session, whose interviews it is for, so answers are typed.",
            remedy="set VIVA_SESSION_ADDRESSES to its host:port",
        )
    try:
        from services.media.engines.webrtc.engine import WebRtcEngine
    except ModuleNotFoundError as error:
        text = f"The Python package {error.name} is not installed, so answers are typed."
        return Missing("media", "MEDIA_PACKAGE_MISSING", text, remedy="pip install 'viva[media]'")
    except (ImportError, OSError) as error:
        text = f"The WebRTC library does not start: {error}. Answers are typed."
        remedy = "pip install --force-reinstall 'viva[media]'"
        return Missing("media", "MEDIA_LIBRARY_MISSING", text, remedy, State.BROKEN)
    return WebRtcEngine(
        conversations,
        places=settings.max_peers,
        heartbeat_s=settings.heartbeat_s,
        announce=settings.announce,
        ice_servers=lambda: ice_servers(settings, time.time()),
    )
