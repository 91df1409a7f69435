"""What surrounds every served call: identity, bounds, deadline, errors, logs. Knows no service."""

import asyncio
import inspect
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import grpc
import structlog

from services.runtime import auth, errors, telemetry
from services.runtime.settings import ServiceSettings

log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Task: TypeAlias = "asyncio.Task[Any]"

PUSHBACK_S = (0.1, 0.3)  # drawn between, so that callers refused together do not return together
QUIET = auth.OPEN_ON_LOOPBACK  # not logged, not counted, not bounded
CALLS_END = 0.9  # of the time for stopping: then a call is told so, before its connection is cut
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)

_timings: ContextVar[dict[str, float]] = ContextVar("timings")


def report_timings(**milliseconds: float) -> None:
    """Adds `viva-<name>-ms` to the running call's trailing metadata: queue, compute and so on."""
    _timings.get().update(milliseconds)


class Interceptor(grpc.aio.ServerInterceptor):
    """`unbounded` names methods ("/viva.v1.X/Y") that may run for ever, such as watches: they take no
    place, have no deadline of ours, and end as UNAVAILABLE as soon as the server stops."""

    def __init__(
        self, authenticator: auth.Authenticator, settings: ServiceSettings, unbounded: frozenset[str]
    ) -> None:
        self._authenticator = authenticator
        self._settings = settings
        self._unbounded = unbounded
        self._running: set[Task] = set()
        self._endless: set[Task] = set()
        self._ended: set[Task] = set()
        self._stopping = False
        self._wrapped: dict[str, Handler] = {}
        telemetry.RUNNING.set_function(lambda: len(self._running))

    def drain(self, seconds: float) -> None:
        """Refuses new calls, ends unbounded ones now, and the others before `seconds` have passed."""
        self._stopping = True
        self._end(self._endless)
        asyncio.get_running_loop().call_later(CALLS_END * seconds, self._end, self._running)

    def _end(self, calls: set[Task]) -> None:
        self._ended |= calls
        for task in calls:
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
        sides = (handler.request_streaming, handler.response_streaming)
        kind = "_".join("stream" if streaming else "unary" for streaming in sides)
        behaviour = getattr(handler, kind)

        # One task runs the whole call, and writes: what leaves a stream is cancelled where it stands.
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                if isinstance(request, errors.InvalidArgument):
                    raise request
                answer = behaviour(request, context)
                if inspect.isawaitable(answer):  # one answer, or a handler that writes to the context itself
                    return await answer
                async with aclosing(answer):
                    async for each in answer:
                        await context.write(each)

        read = _reader(handler.request_deserializer, streaming=handler.request_streaming)
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        wrapped: Handler = make(call, read, handler.response_serializer)
        return wrapped

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {
            key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        started, code = time.perf_counter(), "OK"
        endless = method in self._unbounded or method.startswith(QUIET)
        unlimited = endless or context.time_remaining() is not None  # gRPC keeps the caller's own deadline
        limit = asyncio.timeout(None if unlimited else self._settings.default_deadline_s)
        timings: dict[str, float] = {"queue": 0.0}
        _timings.set(timings)
        with telemetry.span(method, metadata.get("traceparent", "")) as trace_id:
            _bind_ids(trace_id, metadata.get("x-request-id", ""))
            try:
                await self._admit(method, metadata, context)
                with self._place(endless):
                    async with limit:
                        yield
                _report(context, timings, started)
            except BaseException as error:
                late = isinstance(error, TimeoutError) and limit.expired()
                told = self._told(error, method, late)
                code = errors.status_code(told).name if told else _untold(context)
                if told is None:
                    raise
                status = errors.to_status(told)
                await context.abort(errors.status_code(told), status.message, errors.trailers(told))
            finally:
                _account(method, code, started)

    async def _admit(self, method: str, metadata: dict[str, str], context: Context) -> None:
        open_here = self._settings.open_health or auth.is_loopback(context.peer())
        if not (method.startswith(auth.OPEN_ON_LOOPBACK) and open_here):
            auth.set_principal(await self._authenticator.authenticate(method, metadata))
        if self._stopping and not method.startswith(QUIET):
            raise _stopping()

    @contextmanager
    def _place(self, endless: bool) -> Iterator[None]:
        if not endless and len(self._running) >= self._settings.max_concurrent:
            text = f"This server answers {self._settings.max_concurrent} calls at once."
            wait_s = random.uniform(*PUSHBACK_S)  # noqa: S311 - spreads load, hides nothing
            raise errors.ResourceExhausted("TOO_MANY_CALLS", text, retry_after_s=wait_s)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler runs in a task of its own
        places = self._endless if endless else self._running
        places.add(task)
        try:
            yield
        finally:
            places.discard(task)

    def _told(self, error: BaseException, method: str, late: bool) -> errors.VivaError | None:
        """What the caller is told; None when nobody is left to tell, or it was told already."""
        if isinstance(error, errors.VivaError):
            return error
        if late:
            limit_s = self._settings.default_deadline_s
            text = f"The call took longer than {limit_s:g} seconds; set a deadline if it may."
            return errors.DeadlineExceeded("DEADLINE_EXCEEDED", text)
        if isinstance(error, asyncio.CancelledError) and asyncio.current_task() in self._ended:
            return _stopping()
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.BaseError):
            return None
        incident = secrets.token_hex(6)
        log.error("rpc.failed", method=method, incident=incident, exc_info=error)
        text = "A mistake of ours; the log has it under this incident."
        return errors.Internal("INTERNAL", text, metadata={"incident": incident}, remedy="viva logs")


def _stopping() -> errors.VivaError:
    return errors.Unavailable("SERVER_STOPPING", "This server stops; another replica may answer.")


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


def _reader(read: Callable[[bytes], Any] | None, *, streaming: bool) -> Callable[[bytes], Any] | None:
    """gRPC reads a lone request before we are asked; raising there would be UNKNOWN, with a stack trace."""

    def guarded(data: bytes) -> Any:
        try:
            return read(data) if read else data
        except Exception:
            malformed = errors.InvalidArgument(
                "MALFORMED_MESSAGE", "These bytes are no message of this call."
            )
        if streaming:
            raise malformed
        return malformed

    return guarded


def _report(context: Context, timings: dict[str, float], started: float) -> None:
    timings.setdefault("compute", max(0.0, (time.perf_counter() - started) * 1000 - timings["queue"]))
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
