"""What surrounds every request: headers, bounds, errors in words. Plain ASGI, knows no route."""

import secrets
import time

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_api import problems
from edge_api.throttles import Throttles
from services.runtime import logs
from services.runtime.errors import Internal, InvalidArgument, VivaError

log = structlog.get_logger()
API = "/api/"
# The page's own script and style, nothing inline; `blob:` shows a candidate their camera.
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self' ws: wss:",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"
UPLOAD = "/api/v1/resumes"


class Guards:
    """`body_bytes` bounds every body but a résumé's, which its route bounds while it streams."""

    def __init__(self, app: ASGIApp, throttles: Throttles, body_bytes: int) -> None:
        self._app, self._throttles, self._body_bytes = app, throttles, body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        logs.bind(request_id=secrets.token_hex(8))
        sent = _Sent(send, self._headers(scope))
        started = time.perf_counter()
        try:
            if scope["path"].startswith(API):
                self._throttles.any_call(HTTPConnection(scope))
            await self._app(scope, self._bounded(scope, receive), sent)
        except VivaError as error:
            await sent.problem(error, scope, receive)
        except Exception as error:
            await sent.problem(mistake(error, scope), scope, receive)
        finally:
            ms = round((time.perf_counter() - started) * 1000, 2)
            level = log.info if sent.status >= 400 else log.debug
            level("http", method=scope["method"], route=_route(scope), status=sent.status, ms=ms)

    def _headers(self, scope: Scope) -> dict[str, str]:
        found = dict(HEADERS)
        if scope["path"].startswith(API):
            found["cache-control"] = "no-store"
        if self._throttles.is_https(HTTPConnection(scope)):
            found["strict-transport-security"] = HSTS
        return found

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        if scope["path"] == UPLOAD and scope["method"] == "POST":
            return receive
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told[:20]) > self._body_bytes:
            raise too_large(self._body_bytes)
        left = self._body_bytes

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise too_large(self._body_bytes)
            return message

        return bounded


class _Sent:
    """`send` that adds headers and knows whether an answer has begun."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send = send
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            has = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(each for each in self._headers if each[0] not in has),
            ]
        await self._send(message)

    async def problem(self, error: VivaError, scope: Scope, receive: Receive) -> None:
        """After the first byte of an answer nothing can be told but by breaking off."""
        if self.status:
            raise error
        await problems.response_of(error)(scope, receive, self)


def mistake(error: Exception, scope: Scope) -> Internal:
    """What nobody foresaw, under a number that finds it in the log."""
    incident = secrets.token_hex(6)
    log.error("http.failed", method=scope["method"], route=_route(scope), incident=incident, exc_info=error)
    text = "A mistake of ours; the log has it under this incident."
    return Internal("INTERNAL", text, remedy="viva logs edge", metadata={"incident": incident})


def too_large(limit: int) -> InvalidArgument:
    return InvalidArgument(
        "BODY_TOO_LARGE", f"The body is larger than {limit >> 10} KiB.", remedy="send less"
    )


def _route(scope: Scope) -> str:
    """The route and never the path: addresses may hold names and ids of people."""
    return str(getattr(scope.get("route"), "path", "none"))
