"""Traces and metrics of calls. Does not know what is called."""

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
RUNNING = Gauge("viva_rpc_running", "Calls being served now")

_parent: ContextVar[str] = ContextVar("traceparent", default="")
_exporting = False


def configure(service: str, endpoint: str, metrics_port: int) -> None:
    """Exports spans to an OTLP/HTTP `endpoint` and serves /metrics on loopback; each only if set."""
    global _exporting
    if metrics_port:
        start_http_server(metrics_port, addr="127.0.0.1")
    if endpoint and not _exporting:
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
    """A span under `traceparent` (W3C Trace Context), or under the running one; yields the trace id."""
    parent = traceparent or _parent.get()
    if not _exporting:
        parent = parent if parent.count("-") == 3 else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
        token = _parent.set(parent)
        try:
            yield parent.split("-")[1]
        finally:
            _parent.reset(token)
        return
    context = extract({"traceparent": traceparent}) if traceparent else None
    with trace.get_tracer("viva").start_as_current_span(name, context=context) as current:
        carrier: dict[str, str] = {}
        inject(carrier)
        token = _parent.set(carrier.get("traceparent", ""))
        try:
            yield format(current.get_span_context().trace_id, "032x")
        finally:
            _parent.reset(token)


def traceparent() -> str:
    """What an outgoing call carries; "" outside of any span."""
    return _parent.get()
