"""What surrounds every served call: identity, bounds, deadline, errors, logs. Knows no service."""

import asyncio
import inspect
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import grpc
import structlog

from services.runtime import auth, telemetry
from services.runtime.errors import (
    DeadlineExceeded,
    Internal,
    ResourceExhausted,
    Unavailable,
    VivaError,
    message_of,
    status_code,
    trailers,
)

log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

PUSHBACK_S = (0.1, 0.3)  # drawn between, so that callers refused together do not return together
QUIET = auth.OPEN_ON_LOOPBACK  # not logged, not counted, not bounded
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)

_timings: ContextVar[dict[str, float]] = ContextVar("timings")


def report_timings(**milliseconds: float) -> None:
    """Adds `viva-<name>-ms` to the running call's trailing metadata: queue, compute and so on."""
    _timings.get().update(milliseconds)


class Interceptor(grpc.aio.ServerInterceptor):
    """`unbounded` names methods ("/viva.v1.X/Y") that may run for ever, such as watches: they take no
    place, have no deadline of ours, and end as UNAVAILABLE as soon as the server stops."""

    def __init__(
        self,
        authenticator: auth.Authenticator,
        max_concurrent: int,
        default_deadline_s: float,
        unbounded: frozenset[str] = frozenset(),
        *,
        open_health: bool = False,
    ) -> None:
        self._authenticator = authenticator
        self._places = max_concurrent
        self._deadline_s = default_deadline_s
        self._unbounded = unbounded
        self._open_health = open_health
        self._running = 0
        self._endless: set[asyncio.Task[Any] | None] = set()
        self._stopping = False
        self._wrapped: dict[str, Handler] = {}
        telemetry.RUNNING.set_function(lambda: self._running)

    def end_unbounded(self) -> None:
        """Ends what would otherwise outlast any drain, and lets no more of it begin."""
        self._stopping = True
        for task in self._endless:
            if task:
                task.cancel()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "Awaitable[Handler | None]"],
        details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        method = str(details.method)
        known = self._wrapped.get(method)
        if known is None:
            handler = await continuation(details)
            if handler is None:
                return handler
            known = self._wrapped[method] = self._wrap(method, handler)
        return known

    def _wrap(self, method: str, handler: Any) -> Handler:
        kinds = ("unary_unary", "stream_unary", "unary_stream", "stream_stream")
        kind = next(each for each in kinds if getattr(handler, each))
        surround = self._single if kind.endswith("_unary") else self._many
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        codec = handler.request_deserializer, handler.response_serializer
        wrapped: Handler = make(surround(method, getattr(handler, kind)), *codec)
        return wrapped

    def _single(self, method: str, behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await behaviour(request, context)

        return call

    def _many(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
        # Writes to the context, so that a failed write closes the handler here and now.
        async def call(request: Any, context: Context) -> None:
            async with self._around(method, context):
                answers = behaviour(request, context)
                if inspect.isawaitable(answers):  # a handler that writes to the context itself
                    await answers
                    return
                async with aclosing(answers):
                    async for answer in answers:
                        await context.write(answer)

        return call

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {
            key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        started, code = time.perf_counter(), "OK"
        endless = method in self._unbounded or method.startswith(QUIET)
        unlimited = endless or context.time_remaining() is not None  # gRPC keeps the caller's own deadline
        limit = asyncio.timeout(None if unlimited else self._deadline_s)
        timings: dict[str, float] = {"queue": 0.0}
        _timings.set(timings)
        with telemetry.span(method, metadata.get("traceparent", "")) as trace_id:
            _bind_ids(trace_id, metadata.get("x-request-id", ""))
            try:
                await self._admit(method, metadata, context)
                async with self._place(endless), limit:
                    yield
                _report(context, timings, started)
            except BaseException as error:
                late = isinstance(error, TimeoutError) and limit.expired()
                told = self._told(error, method, endless, late)
                code = status_code(told).name if told else _untold(context)
                if told is None:
                    raise
                await context.abort(status_code(told), message_of(told), trailers(told))
            finally:
                _account(method, code, started)

    async def _admit(self, method: str, metadata: dict[str, str], context: Context) -> None:
        open_here = self._open_health or auth.is_loopback(context.peer())
        if not (method.startswith(auth.OPEN_ON_LOOPBACK) and open_here):
            auth.set_principal(await self._authenticator.authenticate(method, metadata))

    @asynccontextmanager
    async def _place(self, endless: bool) -> AsyncIterator[None]:
        """Bounds the running calls; the check and the count have no await between them."""
        if endless:
            if self._stopping:
                raise _stopping()
            task = asyncio.current_task()
            self._endless.add(task)
            try:
                yield
            finally:
                self._endless.discard(task)
            return
        if self._running >= self._places:
            raise ResourceExhausted(
                "TOO_MANY_CALLS",
                f"This server answers {self._places} calls at once.",
                retry_after_s=random.uniform(*PUSHBACK_S),  # noqa: S311 - spreads load, hides nothing
            )
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _told(self, error: BaseException, method: str, endless: bool, late: bool) -> VivaError | None:
        """What the caller is told; None when nobody is left to tell, or it was told already."""
        if isinstance(error, VivaError):
            return error
        if late:
            text = f"The call took longer than {self._deadline_s:g} seconds; set a deadline if it may."
            return DeadlineExceeded("DEADLINE_EXCEEDED", text)
        if isinstance(error, asyncio.CancelledError) and endless and self._stopping:
            return _stopping()
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.BaseError):
            return None
        incident = secrets.token_hex(6)
        log.error("rpc.failed", method=method, incident=incident, exc_info=error)
        text = "A mistake of ours; the log has it under this incident."
        return Internal("INTERNAL", text, metadata={"incident": incident}, remedy="viva logs")


def _stopping() -> VivaError:
    return Unavailable("SERVER_STOPPING", "This server stops; call again.")


def _untold(context: Context) -> str:
    """How a call ended whose end we did not decide: by its handler, its deadline or its caller."""
    aborted: grpc.StatusCode | None = context.code()
    if aborted is not None:
        return aborted.name
    return "DEADLINE_EXCEEDED" if context.time_remaining() == 0 else "CANCELLED"


def _bind_ids(trace_id: str, request_id: str) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
    if _REQUEST_ID.fullmatch(request_id):
        structlog.contextvars.bind_contextvars(request_id=request_id)


def _report(context: Context, timings: dict[str, float], started: float) -> None:
    timings.setdefault("compute", (time.perf_counter() - started) * 1000 - timings["queue"])
    given = tuple(context.trailing_metadata() or ())
    ours = tuple((f"viva-{name}-ms", f"{ms:.2f}") for name, ms in timings.items())
    context.set_trailing_metadata(given + ours)


def _account(method: str, code: str, started: float) -> None:
    if method.startswith(QUIET):
        return
    seconds = time.perf_counter() - started
    telemetry.CALLS.labels(method, code).inc()
    telemetry.SECONDS.labels(method).observe(seconds)
    level = log.debug if code in ("OK", "CANCELLED") else log.info
    level("rpc", method=method, code=code, ms=round(seconds * 1000, 2))
