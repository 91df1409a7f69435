"""The five model servers as processes: without weights they start, say what is missing, and refuse."""

import ast
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from deploy.cli.models import SHIPPED
from deploy.local.environment import free_ports
from deploy.weights.catalogue import parse
from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.errors import FailedPrecondition, Unauthenticated
from services.runtime.settings import ServiceSettings
from tests.services.rooms import (
    NOT_SERVING,
    ROOMS,
    SERVICES,
    SERVING,
    TOKEN,
    Room,
    call,
    health,
    refusal,
    served,
)

pytestmark = pytest.mark.integration

EVERY_ROOM = pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
HEAVY = {
    "aiortc",
    "av",
    "ctranslate2",
    "cv2",
    "faster_whisper",
    "llama_cpp",
    "mediapipe",
    "numpy",
    "onnxruntime",
    "torch",
    "transformers",
}
WEIGHTS = {
    "llm": "llm/tiny.gguf",
    "stt": "stt/tiny/model.bin",
    "vision": "vision/face.task",
}
SHIPPED_MODELS = parse(SHIPPED.read_text(), SHIPPED.name).models
REPLACE_ENGINE = """
import sys
from services.{name} import __main__ as entry
from services.{name}.engines.fake import FakeEngine
entry.open_engine = lambda *_: FakeEngine()
sys.exit(entry.main())
"""


@dataclass(frozen=True)
class Process:
    room: Room
    address: str
    pid: int
    models: Path


def environment(room: Room, models: Path, **more: str) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("VIVA_")}
    # The distribution's own voice would make a server of voices ready without weights.
    return {**plain, "VIVA_MODELS": str(models), "VIVA_MESH_TOKEN": TOKEN, "VIVA_TTS_ESPEAK": "", **more}


def run(room: Room, models: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(room, models, **more),
        cwd=SERVICES.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def check(room: Room, models: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return run(room, models, "-m", f"services.{room.name}", "--check", "--json", **more)


@pytest.fixture(scope="module", params=ROOMS, ids=lambda room: room.name)
def process(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A real `python -m services.<name>` with an empty models folder."""
    room, models = request.param, tmp_path_factory.mktemp("models")
    address = f"127.0.0.1:{free_ports(1)[0]}"
    started = subprocess.Popen(
        [sys.executable, "-m", f"services.{room.name}"],
        env=environment(room, models, **{f"VIVA_{room.name.upper()}_LISTEN": address}),
        cwd=SERVICES.parent,
        stderr=subprocess.DEVNULL,
    )
    try:
        asyncio.run(serving(address, started))
        yield Process(room, address, started.pid, models)
    finally:
        started.send_signal(signal.SIGTERM)
        assert started.wait(20) == 0


async def serving(address: str, process: subprocess.Popen[bytes]) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        for _ in range(600):
            assert process.poll() is None, "the server ended"
            with suppress(grpc.aio.AioRpcError):
                if await health(channel) == SERVING:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not serve within 30 seconds")


@asynccontextmanager
async def opened(process: Process, token: str = TOKEN) -> AsyncIterator[grpc.aio.Channel]:
    channel = open_channel([process.address], token=token)
    try:
        yield channel
    finally:
        await channel.close()


async def test_f30_a_missing_model_is_a_named_state_with_the_command_that_mends_it(process: Process) -> None:
    room = process.room
    async with opened(process) as channel:
        (info,) = await call(room.stub(channel), room, "GetInfo", room.request("GetInfo"))
        found = Capability.from_pb(info.capability)
        assert (found.name, found.state) == (room.name, State.MISSING)
        assert found.detail
        assert found.remedy
        assert not found.engine
        assert not found.model
        if room.name in WEIGHTS:
            assert str(process.models) in found.detail
            assert found.remedy.partition("viva models pull ")[2] in SHIPPED_MODELS
        assert await health(channel) == SERVING
        assert await health(channel, room.full_name) == NOT_SERVING


async def test_f30_every_rpc_of_a_server_without_a_model_is_refused_with_the_remedy(process: Process) -> None:
    room = process.room
    async with opened(process) as channel:
        for method in room.descriptor.methods_by_name:
            if method == "GetInfo" or "Recording" in method:  # what was kept needs no engine
                continue
            error = await refusal(call(room.stub(channel), room, method, room.request(method)))
            assert isinstance(error, FailedPrecondition)
            assert error.reason.startswith(f"{room.name.upper()}_")
            assert error.reason.endswith("_MISSING")
            assert error.remedy


async def test_a_stranger_is_refused_by_every_rpc(process: Process) -> None:
    room = process.room
    for token in ("", "not-the-mesh"):
        async with opened(process, token) as channel:
            for method in room.descriptor.methods_by_name:
                error = await refusal(knock(room, channel, method))
                assert isinstance(error, Unauthenticated)


async def knock(room: Room, channel: grpc.aio.Channel, method: str) -> None:
    """Calls and sends nothing where it need not: a client that writes may lose the status."""
    if room.descriptor.methods_by_name[method].client_streaming:
        await getattr(room.stub(channel), method)(timeout=20).read()
    else:
        await call(room.stub(channel), room, method, room.request(method))


async def test_reflection_names_the_service(process: Process) -> None:
    async with opened(process, token="") as channel:
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]))
        names = [each.name async for answer in answers for each in answer.list_services_response.service]
        assert process.room.full_name in names


def test_an_idle_server_takes_less_than_80_mb(process: Process) -> None:
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    assert int(line.split()[1]) < 80 * 1000


@EVERY_ROOM
def test_f13_a_server_without_weights_imports_no_model_library(room: Room, tmp_path: Path) -> None:
    script = (
        f"import sys\n"
        f"from services.{room.name}.__main__ import Settings, build, open_engine\n"
        f"settings = Settings.load()\n"
        f"build(open_engine(settings), settings)\n"
        f"print(' '.join(sys.modules))"
    )
    done = run(room, tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert not [name for name in loaded if name.endswith(".fake")]


@EVERY_ROOM
def test_f15_check_exits_3_without_a_model_and_says_what_mends_it(room: Room, tmp_path: Path) -> None:
    done = check(room, tmp_path)
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    assert (found["name"], found["state"]) == (room.name, "missing")
    assert found["remedy"]


@EVERY_ROOM
def test_f15_check_exits_0_with_a_ready_engine(room: Room, tmp_path: Path) -> None:
    done = run(room, tmp_path, "-c", REPLACE_ENGINE.format(name=room.name), "--check")
    assert done.returncode == 0, done.stderr


@EVERY_ROOM
def test_f15_check_exits_1_for_a_broken_configuration(room: Room, tmp_path: Path) -> None:
    prefix = f"VIVA_{room.name.upper()}_"
    wrong_value = check(room, tmp_path, **{f"{prefix}MAX_CONCURRENT": "many"})
    assert wrong_value.returncode == 1
    assert f"{prefix}MAX_CONCURRENT" in wrong_value.stderr
    no_token = check(room, tmp_path, VIVA_MESH_TOKEN="")
    assert no_token.returncode == 1
    assert "VIVA_MESH_TOKEN_FILE" in no_token.stdout


@EVERY_ROOM
def test_a_chosen_model_that_is_not_there_is_named(room: Room, tmp_path: Path) -> None:
    weights = {**WEIGHTS, "tts": "tts/tiny/onnx/tts.json"}  # tts speaks without weights too
    if room.name not in weights:
        assert "model" not in room.module("config").Settings.model_fields
        return
    file = tmp_path / weights[room.name]
    file.parent.mkdir(parents=True)
    file.touch()
    done = check(room, tmp_path, **{f"VIVA_{room.name.upper()}_MODEL": "elsewhere"})
    assert "elsewhere" in json.loads(done.stdout)["detail"]


@EVERY_ROOM
def test_f29_a_service_whose_handler_cannot_load_never_serves(room: Room, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    script = (
        f"import runpy, sys\n"
        f"sys.modules['services.{room.name}.requests'] = None\n"
        f"runpy.run_module('services.{room.name}', run_name='__main__')"
    )
    begun = time.monotonic()
    done = run(room, tmp_path, "-c", script, **{f"VIVA_{room.name.upper()}_LISTEN": address})
    assert done.returncode == 1
    assert f"services.{room.name}.requests" in done.stderr
    assert "serving" not in done.stderr
    assert time.monotonic() - begun < 30


@EVERY_ROOM
def test_f29_every_rpc_of_the_contract_has_a_handler(room: Room) -> None:
    assert set(room.descriptor.methods_by_name) <= set(vars(room.servicer))


@EVERY_ROOM
async def test_f29_an_engine_that_breaks_turns_the_capability_unhealthy_and_back(room: Room) -> None:
    engine = room.module("engines.fake").FakeEngine()
    good = engine.status()
    async with served(room.module("server").build, engine, room.module("config").Settings) as channel:
        assert await health(channel, room.full_name) == SERVING
        broken = Capability(room.name, State.BROKEN, "the engine makes no step", remedy="viva logs")
        engine.status = lambda: type("Status", (), {"capability": broken})()
        await turns(channel, room.full_name, NOT_SERVING)
        assert await health(channel) == SERVING
        engine.status = lambda: good
        await turns(channel, room.full_name, SERVING)


async def turns(channel: grpc.aio.Channel, service: str, wanted: int) -> None:
    async with asyncio.timeout(10):
        asked = health_pb2.HealthCheckRequest(service=service)
        async for answer in health_pb2_grpc.HealthStub(channel).Watch(asked):
            if answer.status == wanted:
                return


@EVERY_ROOM
def test_no_product_module_imports_a_fake(room: Room) -> None:
    for path in (SERVICES / room.name).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert "fake" not in (node.module or "")
                assert "FakeEngine" not in [each.name for each in node.names]


@EVERY_ROOM
def test_an_engine_port_has_at_most_six_methods_and_no_transport(room: Room) -> None:
    source = (SERVICES / room.name / "engine.py").read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len(methods) <= 6
    assert "_pb2" not in source
    assert "import grpc" not in source


@EVERY_ROOM
def test_the_readme_lists_every_setting(room: Room) -> None:
    text = (SERVICES / room.name / "README.md").read_text()
    assert settings_table(room.module("config").Settings) in text, settings_table(
        room.module("config").Settings
    )


def settings_table(settings: type[ServiceSettings]) -> str:
    """The settings of one service alone, as Markdown; those of all services are in docs/operations.md."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for name, field in settings.model_fields.items():
        if field.validation_alias is None:
            variable = f"{settings.model_config['env_prefix']}{name}".upper()
            default = f"`{field.default}`" if field.default != "" else "(empty)"
            rows.append(f"| `{variable}` | {default} | {field.description} |")
    return "\n".join(rows)
