"""One-time tickets for sockets. Keeps them in this process: whoever got one comes back to the same edge."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.runtime.errors import ResourceExhausted, Unauthenticated

LIFE_S = 30.0
MOST = 20_000


class Tickets:
    """`now` gives an aware time. Only a hash of each secret is kept."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._kept: dict[bytes, tuple[str, str, datetime]] = {}

    def issue(self, interview_id: str, token: str) -> tuple[str, datetime]:
        """The secret, and until when it opens a socket. Raises ResourceExhausted."""
        self._forget_old()
        if len(self._kept) >= MOST:
            raise ResourceExhausted("TOO_MANY_TICKETS", "Too many tickets wait.", retry_after_s=LIFE_S)
        secret, until = secrets.token_urlsafe(32), self._now() + timedelta(seconds=LIFE_S)
        self._kept[_hash(secret)] = interview_id, token, until
        return secret, until

    def redeem(self, secret: str, interview_id: str) -> str:
        """The token of the person it was issued to; raises Unauthenticated, also at the second use."""
        belongs_to, token, until = self._kept.pop(_hash(secret), ("", "", self._now()))
        if belongs_to != interview_id or until <= self._now():
            text = "The ticket was used, is too old, or is for another interview."
            raise Unauthenticated("TICKET_REFUSED", text, remedy="get a new one")
        return token

    def _forget_old(self) -> None:
        """They were issued in the order in which they end."""
        now = self._now()
        for key, (_, _, until) in list(self._kept.items()):
            if until > now:
                return
            del self._kept[key]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
