"""How often one address and one account may ask, and who is asking behind a proxy. Keeps counts in memory."""

import hashlib
import ipaddress
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection

from edge_api.config import Settings
from services.runtime.errors import ResourceExhausted

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Throttles:
    """Raises ResourceExhausted with the time to wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._proxies = networks(settings.trusted_proxies)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._tries = RateLimitItemPerMinute(settings.tries_per_minute)
        self._uploads = RateLimitItemPerHour(settings.uploads_per_hour)
        self._all = RateLimitItemPerMinute(settings.calls_per_minute)

    def any_call(self, connection: HTTPConnection) -> None:
        self._hit(self._all, "all", self.address(connection))

    def sign_in(self, connection: HTTPConnection, account: str) -> None:
        """Whatever tries a secret: counted for the address and for the account or link it names."""
        self._hit(self._tries, "try", self.address(connection))
        self._hit(self._tries, "try-account", _mark(account.strip().lower()))

    def renew(self, connection: HTTPConnection) -> None:
        self._hit(self._tries, "renew", self.address(connection))

    def upload(self, connection: HTTPConnection, token: str) -> None:
        self._hit(self._uploads, "upload", self.address(connection))
        self._hit(self._uploads, "upload-account", _mark(token))

    def address(self, connection: HTTPConnection) -> str:
        """The caller's own address: the last one that no trusted proxy stands at."""
        seen = connection.client.host if connection.client else "unknown"
        behind = [each.strip() for each in connection.headers.get("x-forwarded-for", "").split(",")]
        for before in reversed(behind):
            if not before or not self._is_proxy(seen):
                break
            seen = before
        return seen[:64]

    def is_https(self, connection: HTTPConnection) -> bool:
        direct = connection.client.host if connection.client else ""
        forwarded = connection.headers.get("x-forwarded-proto", "") if self._is_proxy(direct) else ""
        return self._settings.https or "https" in (forwarded, connection.url.scheme)

    def is_own_origin(self, connection: HTTPConnection) -> bool:
        """Programs send no Origin; browsers always do where it matters."""
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        if self._settings.origins:
            return origin in self._settings.origins
        return urlsplit(origin).netloc == connection.headers.get("host", "")

    def _is_proxy(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _hit(self, item: RateLimitItem, kind: str, who: str) -> None:
        if self._limiter.hit(item, kind, who):
            return
        window = self._limiter.get_window_stats(item, kind, who)
        wait_s = max(1.0, window.reset_time - time.time())
        text = f"More than {item.amount} such requests in {item.get_expiry()} seconds."
        raise ResourceExhausted(
            "TOO_MANY_REQUESTS", text, remedy="wait, then try again", retry_after_s=round(wait_s, 1)
        )


def of(connection: HTTPConnection | Request) -> Throttles:
    found: Throttles = connection.app.state.throttles
    return found


def networks(names: Sequence[str]) -> list[Network]:
    """Raises ValueError for what is neither an address nor a network."""
    return [ipaddress.ip_network(each, strict=False) for each in names]


def _mark(secret: str) -> str:
    """What is counted by must not be readable from memory."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
