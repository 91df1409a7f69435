"""Traces: ids that pass from call to call, and spans that reach a collector."""

import http.server
import subprocess
import sys
import threading

import pytest

from services.runtime import telemetry

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
EXPORT = """
import sys
from services.runtime import telemetry
telemetry.export_traces("echo", sys.argv[1])
try:
    with telemetry.span("/test.v1.EchoService/Say", sys.argv[2]) as trace_id:
        print(trace_id, telemetry.traceparent())
        raise ValueError("somebody's words")
except ValueError:
    pass
"""


@pytest.mark.unit
def test_a_span_takes_its_trace_from_the_caller_and_hands_it_on() -> None:
    with telemetry.span("call", PARENT) as trace_id:
        assert trace_id == TRACE
        assert telemetry.traceparent().startswith(f"00-{TRACE}-")
        assert telemetry.traceparent() != PARENT
    assert telemetry.traceparent() == ""


@pytest.mark.unit
@pytest.mark.parametrize("given", ["", "nonsense", "00-secret words-here-01", PARENT.upper(), f"{PARENT}-x"])
def test_a_caller_without_a_valid_trace_starts_one(given: str) -> None:
    with telemetry.span("call", given) as trace_id:
        assert len(trace_id) == 32
        assert int(trace_id, 16) > 0
        assert trace_id != TRACE
        assert trace_id in telemetry.traceparent()


@pytest.mark.unit
def test_an_inner_span_belongs_to_the_outer_one() -> None:
    with telemetry.span("outer", PARENT), telemetry.span("inner") as trace_id:
        assert trace_id == TRACE


@pytest.mark.integration
def test_spans_reach_an_otlp_collector() -> None:
    bodies: list[tuple[str, bytes]] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            bodies.append((self.path, self.rfile.read(size)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
        command = [sys.executable, "-c", EXPORT, endpoint, PARENT]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        server.shutdown()
    trace_id, parent = done.stdout.split()
    assert trace_id == TRACE
    assert parent.startswith(f"00-{TRACE}-")
    assert parent != PARENT
    ((path, body),) = bodies
    assert path == "/v1/traces"
    assert bytes.fromhex(TRACE) in body
    assert b"viva-echo" in body
    assert b"words" not in body
