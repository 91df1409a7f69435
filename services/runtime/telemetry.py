"""Traces and metrics of calls. Does not know what is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from prometheus_client import Counter, Gauge, Histogram, start_http_server

BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
CALLS = Counter("viva_rpc_calls", "Calls served, by status", ["method", "code"])
SECONDS = Histogram("viva_rpc_seconds", "Time of served calls, seconds", ["method"], buckets=BUCKETS_S)
RUNNING = Gauge("viva_rpc_running", "Calls that hold one of the server's places now")
CAPABLE = Gauge("viva_capability_serves", "1 while the capability serves", ["service"])

# Without an exporter spans have ids, for logs and for the next server, and are recorded nowhere.
_tracer = TracerProvider(sampler=ParentBased(ALWAYS_OFF)).get_tracer("viva")


def serve_metrics(port: int) -> None:
    """/metrics on loopback; raises OSError when the port is taken."""
    start_http_server(port, addr="127.0.0.1")


def export_traces(service: str, endpoint: str) -> None:
    """Sends spans to an OTLP/HTTP `endpoint` such as http://collector:4318/v1/traces."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _tracer
    provider = TracerProvider(resource=Resource.create({"service.name": f"viva-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    _tracer = provider.get_tracer("viva")


@contextmanager
def span(name: str, traceparent: str = "") -> Iterator[str]:
    """A span under `traceparent` (W3C Trace Context), or under the running one; yields the trace id."""
    parent = extract({"traceparent": traceparent}) if traceparent else None
    wordless: Any = {"record_exception": False, "set_status_on_exception": False}  # they may quote a person
    with _tracer.start_as_current_span(name, parent, **wordless) as current:
        yield format(current.get_span_context().trace_id, "032x")


def traceparent() -> str:
    """What an outgoing call carries; "" outside of any span."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent", "")
