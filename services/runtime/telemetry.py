"""Traces and metrics of calls. Does not know what is called."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from prometheus_client import Counter, Gauge, Histogram, start_http_server

CALLS = Counter("viva_rpc_calls", "Calls served, by status", ["method", "code"])
SECONDS = Histogram(
    "viva_rpc_seconds",
    "Time of served calls, seconds",
    ["method"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
)
RUNNING = Gauge("viva_rpc_running", "Calls that hold one of the server's places now")
CAPABLE = Gauge("viva_capability_serves", "1 while the capability serves", ["service"])

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_parent: ContextVar[str] = ContextVar("traceparent", default="")
_exporting = False


def serve_metrics(port: int) -> None:
    """/metrics on loopback; raises OSError when the port is taken."""
    start_http_server(port, addr="127.0.0.1")


def export_traces(service: str, endpoint: str) -> None:
    """Sends spans to an OTLP/HTTP `endpoint` such as http://collector:4318/v1/traces, once a process."""
    global _exporting
    if _exporting:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"viva-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    trace.set_tracer_provider(provider)
    _exporting = True


@contextmanager
def span(name: str, traceparent: str = "") -> Iterator[str]:
    """A span under `traceparent` (W3C Trace Context), or under the running one; yields the trace id.

    What an exception says stays out of it: that may be somebody's words.

    Without an exporter only the ids are passed on, which is far cheaper (docs/adr/0002).
    """
    given = traceparent if _TRACEPARENT.fullmatch(traceparent) else ""
    if not _exporting:
        with _under(given or _parent.get() or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"):
            yield _parent.get().split("-")[1]
        return
    context = extract({"traceparent": given}) if given else None
    with trace.get_tracer("viva").start_as_current_span(
        name, context=context, record_exception=False, set_status_on_exception=False
    ) as current:
        carrier: dict[str, str] = {}
        inject(carrier)
        with _under(carrier.get("traceparent", "")):
            yield format(current.get_span_context().trace_id, "032x")


@contextmanager
def _under(parent: str) -> Iterator[None]:
    token = _parent.set(parent)
    try:
        yield
    finally:
        _parent.reset(token)


def traceparent() -> str:
    """What an outgoing call carries; "" outside of any span."""
    return _parent.get()
