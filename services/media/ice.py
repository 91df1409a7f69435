"""The STUN and TURN servers of this mesh, as browsers and the endpoint need them. Calls none."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from services.media.config import Settings

PASSWORD_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class IceServer:
    """`username` and `credential` are empty for STUN."""

    url: str
    username: str = ""
    credential: str = ""


def ice_servers(settings: Settings, now_s: float) -> tuple[IceServer, ...]:
    """Those of the settings, with passwords that hold for a day where a secret is shared."""
    username, credential = settings.turn_username, settings.turn_password
    if settings.turn_secret:
        username, credential = passing(settings.turn_secret, now_s)
    return tuple(
        IceServer(url, username, credential) if url.startswith("turn") else IceServer(url)
        for url in settings.ice_servers
    )


def passing(secret: str, now_s: float) -> tuple[str, str]:
    """User and password for a day, as draft-uberti-behave-turn-rest has it and coturn checks it."""
    username = f"{int(now_s) + PASSWORD_S}:viva"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(digest).decode()
