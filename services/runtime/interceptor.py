"""What surrounds every served call: identity, bounds, deadline, errors, logs. Knows no service."""

import asyncio
import inspect
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import grpc
import structlog

from services.runtime import auth, errors, logs, telemetry
from services.runtime.settings import ServiceSettings

log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Task: TypeAlias = "asyncio.Task[Any] | None"

PUSHBACK_S = (0.1, 0.3)  # drawn between, so that callers refused together do not return together
QUIET = auth.OPEN_ON_LOOPBACK  # not logged, not counted, not bounded
CALLS_END = 0.9  # of the time for stopping: then a call is told so, before its connection is cut
_REQUEST_ID = re.compile(r"(?P<request_id>[\w.:-]{1,64})\Z", re.ASCII)

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
        self._authenticator, self._settings, self._unbounded = authenticator, settings, unbounded
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
        for task in filter(None, calls):
            task.cancel()

    async def intercept_service(self, continuation: Any, details: Any) -> "Handler | None":
        method = str(details.method)
        if method not in self._wrapped and (handler := await continuation(details)):
            self._wrapped[method] = self._wrap(method, handler)
        return self._wrapped.get(method)

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
        make: Callable[..., Handler] = getattr(grpc, f"{kind}_rpc_method_handler")
        return make(call, read, handler.response_serializer)

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {name: text for name, text in context.invocation_metadata() or () if type(text) is str}
        started, code, timings = time.perf_counter(), "OK", {"queue": 0.0}
        _timings.set(timings)
        with telemetry.span(method, metadata.get("traceparent", "")) as trace_id:
            request_id = _REQUEST_ID.match(metadata.get("x-request-id", ""))
            structlog.contextvars.clear_contextvars()
            logs.bind(trace_id=trace_id, **(request_id.groupdict() if request_id else {}))
            try:
                await self._admit(method, metadata, context)
                async with self._place(method, context):
                    yield
                _report(context, timings, started)
            except BaseException as error:
                told = self._told(error, method)
                code = errors.status_code(told).name if told else _untold(context)
                if told is None:
                    raise
                text = errors.to_status(told).message
                await context.abort(errors.status_code(told), text, errors.trailers(told))
            finally:
                _account(method, code, started)

    async def _admit(self, method: str, metadata: dict[str, str], context: Context) -> None:
        open_here = self._settings.open_health or auth.is_loopback(context.peer())
        if not (method.startswith(auth.OPEN_ON_LOOPBACK) and open_here):
            auth.set_principal(await self._authenticator.authenticate(method, metadata))
        if self._stopping and not method.startswith(QUIET):
            raise _stopping()

    @asynccontextmanager
    async def _place(self, method: str, context: Context) -> AsyncIterator[None]:
        """gRPC keeps the caller's own deadline; a bounded call without one gets ours."""
        most, limit_s = self._settings.max_concurrent, self._settings.default_deadline_s
        endless = method in self._unbounded or method.startswith(QUIET)
        if not endless and len(self._running) >= most:
            wait_s = random.uniform(*PUSHBACK_S)  # noqa: S311 - spreads load, hides nothing
            text = f"This server answers {most} calls at once."
            raise errors.ResourceExhausted("TOO_MANY_CALLS", text, retry_after_s=wait_s)
        task, places = asyncio.current_task(), self._endless if endless else self._running
        places.add(task)
        limit = asyncio.timeout(None if endless or context.time_remaining() is not None else limit_s)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            text = f"The call took longer than {limit_s:g} seconds; set a deadline if it may."
            raise errors.DeadlineExceeded("DEADLINE_EXCEEDED", text) from None
        finally:
            places.discard(task)

    def _told(self, error: BaseException, method: str) -> errors.VivaError | None:
        """What the caller is told; None when nobody is left to tell, or it was told already."""
        if isinstance(error, errors.VivaError):
            return error
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


def _reader(read: Callable[[bytes], Any] | None, *, streaming: bool) -> Callable[[bytes], Any] | None:
    """gRPC reads a lone request before we are asked; raising there would be UNKNOWN, with a stack trace."""

    def guarded(data: bytes) -> Any:
        try:
            return read(data) if read else data
        except Exception:
            text = "These bytes are no message of this call."
            malformed = errors.InvalidArgument("MALFORMED_MESSAGE", text)
        if streaming:
            raise malformed
        return malformed

    return guarded


def _report(context: Context, timings: dict[str, float], started: float) -> None:
    timings.setdefault("compute", max(0.0, (time.perf_counter() - started) * 1000 - timings["queue"]))
    ours = tuple((f"viva-{name}-ms", f"{ms:.2f}") for name, ms in timings.items())
    context.set_trailing_metadata((*(context.trailing_metadata() or ()), *ours))


def _account(method: str, code: str, started: float) -> None:
    if method.startswith(QUIET):
        return
    seconds = time.perf_counter() - started
    telemetry.CALLS.labels(method, code).inc()
    telemetry.SECONDS.labels(method).observe(seconds)
    level = log.debug if code in ("OK", "CANCELLED") else log.info
    level("rpc", method=method, code=code, ms=round(seconds * 1000, 2))
