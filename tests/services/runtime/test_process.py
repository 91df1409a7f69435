"""A whole process: how it starts, what it says when it cannot, and how it ends."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from viva.v1 import embed_pb2_grpc

from deploy.local.environment import free_ports
from services.runtime.capability import Capability
from services.runtime.errors import FailedPrecondition
from services.runtime.serving import Service
from tests.services.rooms import refusal, until
from tests.services.runtime.echo import READY, TOKEN, bearer, echoing, plain, said, say

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
WHOLE = """
import sys
from services.runtime.check import entry
from services.runtime.settings import ServiceSettings
from tests.services.runtime.echo import READY, Echo, build

class Settings(ServiceSettings, env_prefix="VIVA_ECHO_"):
    pass

async def serve():
    await build(Echo(), Settings.load()).run()

async def check():
    return [READY]

sys.exit(entry(serve, check))
"""
LACKING = """
from tests.services.runtime import echo
from services.runtime.serving import Service
from viva.v1 import embed_pb2_grpc
class Lacking(embed_pb2_grpc.EmbedServiceServicer):
    async def Embed(self, request, context): ...
add = embed_pb2_grpc.add_EmbedServiceServicer_to_server
echo.Service = lambda *_: Service("viva.v1.EmbedService", add, Lacking())
"""


@contextmanager
def process(script: str = WHOLE, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {"VIVA_MESH_TOKEN": TOKEN, "PATH": "/usr/bin:/bin", "HOME": "/nowhere", **variables}
    started = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def free_address() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


async def serves(channel: grpc.aio.Channel) -> bool:
    stub = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=20, wait_for_ready=True)
    return answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_after_its_running_calls(number: signal.Signals) -> None:
    address = free_address()
    with process(VIVA_ECHO_LISTEN=address, VIVA_ECHO_DRAIN_S="2") as running:
        async with plain(address) as channel:
            assert await serves(channel)
            call = asyncio.ensure_future(refusal(said(channel, "wait", metadata=bearer())))
            await asyncio.sleep(0.2)
            running.send_signal(number)
            await asyncio.sleep(0.5)
            assert running.poll() is None
            assert (await call).reason == "SERVER_STOPPING"
        assert await asyncio.to_thread(running.wait, 10) == 0
        lines = [json.loads(line) for line in running.stderr]
    assert [line["event"] for line in lines if line["level"] == "info"][-1] == "stopped"


def test_a_taken_port_ends_the_process_with_the_variable_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with process(VIVA_ECHO_LISTEN=address) as running:
            _, told = running.communicate(timeout=30)
    assert running.returncode == 1
    assert f"VIVA_ECHO_LISTEN={address} cannot be listened on." in told
    assert "Mend it with: set VIVA_ECHO_LISTEN" in told
    assert "Traceback" not in told


def test_f29_a_service_without_a_handler_for_a_rpc_never_serves() -> None:
    address = free_address()
    with process(LACKING + WHOLE, VIVA_ECHO_LISTEN=address) as running:
        _, told = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "viva.v1.EmbedService has no handler for GetInfo" in told
    assert "serving" not in told


def test_f29_a_handler_that_only_the_generated_class_has_is_missing() -> None:
    add = embed_pb2_grpc.add_EmbedServiceServicer_to_server
    nothing = Service("viva.v1.EmbedService", add, embed_pb2_grpc.EmbedServiceServicer())
    assert nothing.missing_handlers() == ["Embed", "GetInfo"]
    assert Service("unknown.Contract", add, object()).missing_handlers() == []


def test_check_does_not_need_the_ports_of_the_running_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        variables = {"VIVA_ECHO_LISTEN": f"127.0.0.1:{port}", "VIVA_ECHO_METRICS_PORT": port}
        with process(WHOLE, "--check", **variables) as running:
            told, _ = running.communicate(timeout=30)
    assert (running.returncode, told) == (0, "echo: ready. It answers.\n")


async def test_metrics_count_calls_by_method_and_status() -> None:
    port = free_ports(1)[0]
    async with echoing(metrics_port=port) as running, plain(running.address) as channel:
        await said(channel, "hello", metadata=bearer())
        await refusal(said(channel, "wrong", metadata=bearer()))
        waiting = say(channel)(StringValue(value="wait"), metadata=bearer())
        await asyncio.sleep(0.1)
        text = await asyncio.to_thread(scraped, port)
        running.echo.release.set()
        await waiting
    assert 'viva_rpc_calls_total{code="OK",method="/viva.test.Echo/Say"}' in text
    assert 'viva_rpc_calls_total{code="INVALID_ARGUMENT",method="/viva.test.Echo/Say"}' in text
    assert 'viva_rpc_seconds_count{method="/viva.test.Echo/Say"}' in text
    assert "viva_rpc_running 1.0" in text
    assert 'viva_capability_serves{service="echo"} 1.0' in text


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        return response.read().decode()


async def test_a_taken_metrics_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(FailedPrecondition) as refused:
        async with echoing(metrics_port=taken.getsockname()[1]):
            pass
    assert "METRICS_PORT" in refused.value.remedy


async def test_f29_a_probe_whose_engine_was_cancelled_is_asked_again() -> None:
    asked: list[int] = []

    async def probe() -> Capability:
        asked.append(1)
        if len(asked) == 2:
            raise asyncio.CancelledError
        return READY

    async with echoing(probe):
        await until(lambda: len(asked) > 3)
