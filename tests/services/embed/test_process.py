"""The process itself: what `--check` answers, what starting loads, and that killing it loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import grpc
import pytest
from viva.v1 import embed_pb2 as pb

from .conftest import TOKEN, connected


def environment(folder, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return (
        kept | {"VIVA_MESH_TOKEN": TOKEN, "VIVA_MODELS": str(folder), "VIVA_LOG_LEVEL": "error"} | variables
    )


def run(folder, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "services.embed", *arguments],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@asynccontextmanager
async def process(folder, port, **variables):
    """A server process that serves; killed at the end."""
    command = [sys.executable, "-m", "services.embed"]
    listening = environment(folder, VIVA_EMBED_LISTEN=f"127.0.0.1:{port}", **variables)
    started = await asyncio.create_subprocess_exec(*command, env=listening)
    try:
        async with connected(f"127.0.0.1:{port}") as client:
            request = pb.EmbedServiceGetInfoRequest()
            await client.stub.GetInfo(request, wait_for_ready=True, timeout=60)
            yield started, client
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.integration
def test_check_answers_degraded_without_weights_and_says_what_mends_it(tmp_path):
    done = run(tmp_path, "--check")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("embed: degraded.")
    assert "viva models pull kure-v1" in done.stdout


@pytest.mark.integration
def test_f30_check_answers_missing_when_the_model_was_asked_for_by_name(tmp_path):
    done = run(tmp_path, "--check", VIVA_EMBED_ENGINE="sentence_transformers")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("embed: missing.")


@pytest.mark.model
def test_f15_check_loads_the_model_and_answers_ready(tiny_model, tmp_path):
    done = run(tmp_path, "--check", VIVA_EMBED_MODEL=str(tiny_model), VIVA_EMBED_DIMENSIONS="32")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("embed: ready.")
    assert not done.stderr


@pytest.mark.model
def test_f15_check_answers_broken_when_the_dimensions_do_not_fit(tiny_model, tmp_path):
    done = run(tmp_path, "--check", VIVA_EMBED_MODEL=str(tiny_model))
    assert done.returncode == 1
    assert "VIVA_EMBED_DIMENSIONS=32" in done.stdout


@pytest.mark.integration
def test_a_wrong_setting_ends_the_process_with_the_variable_to_mend(tmp_path):
    done = run(tmp_path, "--check", VIVA_EMBED_ENGINE="magic")
    assert done.returncode == 1
    assert "VIVA_EMBED_ENGINE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_f13_no_model_library_is_imported_without_weights(tmp_path):
    code = (
        "import sys\nfrom services.embed.config import Settings\nimport services.embed.server\n"
        "from services.embed.engines import open_engine\nopen_engine(Settings.load())\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.integration
async def test_sigterm_lets_the_process_end_by_itself(tmp_path):
    async with process(tmp_path, free_port()) as (started, client):
        await client.embed("가")
        started.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(started.wait(), 20) == 0


@pytest.mark.chaos
async def test_f25_a_killed_server_comes_back_on_its_port_with_the_same_vectors(tmp_path):
    port = free_port()
    async with process(tmp_path, port) as (started, client):
        before = await client.embed("결제 시스템")
        busy = asyncio.create_task(client.embed(*["가나다라 " * 1600] * 256))
        await asyncio.sleep(0.1)
        started.send_signal(signal.SIGKILL)
        with pytest.raises(grpc.aio.AioRpcError) as lost:
            await busy
        assert lost.value.code() is grpc.StatusCode.UNAVAILABLE
        async with process(tmp_path, port):
            after = await client.embed("결제 시스템")  # the channel of before finds the new process
    assert after.vectors == before.vectors


@pytest.mark.chaos
async def test_f25_a_killed_model_server_comes_back_with_the_same_vectors(tiny_model, tmp_path):
    port, chosen = free_port(), {"VIVA_EMBED_MODEL": str(tiny_model), "VIVA_EMBED_DIMENSIONS": "32"}
    async with process(tmp_path, port, **chosen) as (started, client):
        before = await client.embed("결제 시스템")
        started.send_signal(signal.SIGKILL)
        await started.wait()
        async with process(tmp_path, port, **chosen):
            after = await client.embed("결제 시스템")
    assert after.model == before.model == "model"
    assert after.vectors == before.vectors
