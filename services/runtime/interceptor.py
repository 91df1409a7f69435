"""What surrounds every served call: identity, bounds, deadline, errors, logs. Knows no service."""

import asyncio
import inspect
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import grpc
import structlog

from services.runtime import auth, telemetry
from services.runtime.errors import (
    DeadlineExceeded,
    Internal,
    ResourceExhausted,
    VivaError,
    status_code,
    trailers,
)

log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

PUSHBACK_S = 0.2
QUIET = auth.OPEN_ON_LOOPBACK  # not logged, not counted, not bounded

_timings: ContextVar[dict[str, float]] = ContextVar("timings")


def report_timings(**milliseconds: float) -> None:
    """Adds `viva-<name>-ms` to the running call's trailing metadata: queue, compute and so on."""
    _timings.get().update(milliseconds)


class Interceptor(grpc.aio.ServerInterceptor):
    """`unbounded` names methods ("/viva.v1.X/Y") that may run for ever, such as watches."""

    def __init__(
        self,
        authenticator: auth.Authenticator,
        max_concurrent: int,
        default_deadline_s: float,
        unbounded: frozenset[str] = frozenset(),
    ) -> None:
        self._authenticator = authenticator
        self._places = max_concurrent
        self._deadline_s = default_deadline_s
        self._unbounded = unbounded
        self._running = 0
        self._wrapped: dict[str, Handler] = {}

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
        codec = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._single(method, handler.unary_unary), **codec)
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(self._single(method, handler.stream_unary), **codec)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._many(method, handler.unary_stream), **codec)
        return grpc.stream_stream_rpc_method_handler(self._many(method, handler.stream_stream), **codec)

    def _single(self, method: str, behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await behaviour(request, context)

        return call

    def _many(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., AsyncIterator[Any]]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._around(method, context):
                answers = behaviour(request, context)
                if inspect.isawaitable(answers):  # a handler that writes to the context itself
                    await answers
                    return
                try:
                    async for answer in answers:
                        yield answer
                finally:
                    await answers.aclose()

        return call

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {
            key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        started, code = time.perf_counter(), "OK"
        structlog.contextvars.clear_contextvars()
        timings: dict[str, float] = {}
        _timings.set(timings)
        bounded = method not in self._unbounded and not method.startswith(QUIET)
        with telemetry.span(method, metadata.get("traceparent", "")) as trace_id:
            structlog.contextvars.bind_contextvars(
                trace_id=trace_id, request_id=metadata.get("x-request-id", "")[:64]
            )
            try:
                await self._admit(method, metadata, context, bounded)
                async with self._place(bounded), asyncio.timeout(self._limit(context, bounded)):
                    yield
                self._report(context, timings, started)
            except grpc.aio.AbortError:
                code = "ABORTED_BY_HANDLER"
                raise
            except asyncio.CancelledError:
                code = "CANCELLED"
                raise
            except Exception as error:
                known = _known(error, method)
                code = status_code(known).name
                await context.abort(status_code(known), str(known), trailers(known))
            finally:
                self._account(method, code, started)

    async def _admit(self, method: str, metadata: dict[str, str], context: Context, bounded: bool) -> None:
        if not (method.startswith(auth.OPEN_ON_LOOPBACK) and auth.is_loopback(context.peer())):
            auth.set_principal(await self._authenticator.authenticate(method, metadata))
        if bounded and self._running >= self._places:
            raise ResourceExhausted(
                "TOO_MANY_CALLS",
                f"This server answers {self._places} calls at once.",
                retry_after_s=PUSHBACK_S,
            )

    @asynccontextmanager
    async def _place(self, bounded: bool) -> AsyncIterator[None]:
        self._running += bounded
        telemetry.RUNNING.set(self._running)
        try:
            yield
        finally:
            self._running -= bounded

    def _limit(self, context: Context, bounded: bool) -> float | None:
        """The client's deadline is kept by gRPC; only a call without one needs ours."""
        return self._deadline_s if bounded and context.time_remaining() is None else None

    def _report(self, context: Context, timings: dict[str, float], started: float) -> None:
        timings.setdefault("compute", (time.perf_counter() - started) * 1000)
        context.set_trailing_metadata(tuple((f"viva-{name}-ms", f"{ms:.2f}") for name, ms in timings.items()))

    def _account(self, method: str, code: str, started: float) -> None:
        if method.startswith(QUIET):
            return
        seconds = time.perf_counter() - started
        telemetry.CALLS.labels(method, code).inc()
        telemetry.SECONDS.labels(method).observe(seconds)
        level = log.debug if code in ("OK", "CANCELLED") else log.info
        level("rpc", method=method, code=code, ms=round(seconds * 1000, 2))


def _known(error: Exception, method: str) -> VivaError:
    if isinstance(error, VivaError):
        return error
    if isinstance(error, TimeoutError):
        return DeadlineExceeded("DEADLINE_EXCEEDED", "The call took longer than it may; set a deadline.")
    incident = secrets.token_hex(6)
    log.error("rpc.failed", method=method, incident=incident, exc_info=error)
    return Internal(
        "INTERNAL", "A mistake of ours; the log has it.", metadata={"incident": incident}, remedy="viva logs"
    )
