"""The servers that the LLM bench compares, started on one GGUF, with one way to ask. Measures nothing."""

import asyncio
import json
import math
import os
import shlex
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
from prometheus_client.parser import text_string_to_metric_families
from viva.v1 import common_pb2, llm_pb2_grpc
from viva.v1 import llm_pb2 as pb

from deploy.local.environment import free_ports
from services.runtime.channel import open_channel

APART = "viva_llm_steps_between_tokens"
TOKEN = "bench"
TIMEOUT_S = 900.0
READY_S = 120.0
TEMPERATURE, TOP_K, SEED = 0.7, 40, 11
ROLES = {"system": pb.CHAT_ROLE_SYSTEM, "user": pb.CHAT_ROLE_USER, "assistant": pb.CHAT_ROLE_ASSISTANT}
# Weights laid out for AMX end the process where a machine announces AMX and traps it.
PACKAGED = """
import runpy, sys
import llama_cpp.llama_cpp as low
defaults = low.llama_model_default_params
def plain():
    options = defaults()
    options.use_extra_bufts = False
    return options
if {plain}:
    low.llama_model_default_params = plain
sys.argv = ["llama_cpp.server", *{arguments!r}]
runpy.run_module("llama_cpp.server", run_name="__main__")
"""
PROBE = """
import sys, llama_cpp
model = llama_cpp.Llama(sys.argv[1], n_ctx=256, n_threads=2, verbose=False)
model.eval([5] * 128)
"""


@dataclass(frozen=True)
class Said:
    role: str
    content: str


Messages = Sequence[Said]


@dataclass
class Reply:
    """What came back, and when: seconds of the monotonic clock."""

    sent: float
    text: str = ""
    arrivals: list[float] = field(default_factory=list)
    done: float = 0.0
    cached_tokens: int = 0
    prompt_tokens: int = 0
    tokens: int = 0

    @property
    def first_s(self) -> float:
        return (self.arrivals[0] if self.arrivals else self.done) - self.sent

    @property
    def gaps_s(self) -> list[float]:
        return [after - before for before, after in zip(self.arrivals, self.arrivals[1:], strict=False)]


class ChatServer(Protocol):
    name: str

    async def ask(self, messages: Messages, key: str, new_tokens: int) -> Reply:
        """One answer, streamed."""


@dataclass(frozen=True)
class Load:
    """How much a server must hold: conversations at once, tokens of context for each."""

    slots: int
    context: int
    threads: int
    plain: bool
    step: int = 512
    unified: bool = False


class OurServer:
    """services.llm over gRPC."""

    name = "services.llm"

    def __init__(self, stub: llm_pb2_grpc.LlmServiceStub, metrics: str) -> None:
        self.stub, self._metrics = stub, metrics

    async def worst_steps(self) -> int:
        """Of all texts written so far: the most steps from one token to the next, as the engine counts."""
        async with httpx.AsyncClient() as client:
            told = (await client.get(self._metrics)).text
        families = [each for each in text_string_to_metric_families(told) if each.name == APART]
        buckets = {
            float(sample.labels["le"]): sample.value
            for sample in families[0].samples
            if sample.name.endswith("_bucket")
        }
        return round(min(most for most, count in buckets.items() if count == buckets[math.inf]))

    async def ask(
        self,
        messages: Messages,
        key: str,
        new_tokens: int,
        *,
        priority: pb.Priority.ValueType = pb.PRIORITY_INTERACTIVE,
        schema: str = "",
        greedy: bool = False,
        shared: int = 1,
    ) -> Reply:
        sampling = pb.SamplingOptions(temperature=TEMPERATURE, top_k=TOP_K, seed=SEED, greedy=greedy)
        request = pb.GenerateRequest(
            messages=_wire(messages),
            cache_key=key,
            shared_prefix_messages=shared,
            max_tokens=new_tokens,
            priority=priority,
            sampling=sampling,
            json_schema=schema,
        )
        reply = Reply(time.monotonic())
        async for response in self.stub.Generate(request, timeout=TIMEOUT_S):
            if response.HasField("delta"):
                reply.arrivals.append(time.monotonic())
                reply.text += response.delta.text
            else:
                usage = response.completion.usage
                reply.cached_tokens, reply.prompt_tokens = usage.cached_tokens, usage.prompt_tokens
                reply.tokens = usage.completion_tokens
        reply.done = time.monotonic()
        return reply

    async def prefill(self, messages: Messages, key: str) -> pb.PrefillResponse:
        request = pb.PrefillRequest(
            messages=_wire(messages), cache_key=key, shared_prefix_messages=1, open_last_message=True
        )
        return await self.stub.Prefill(request, timeout=TIMEOUT_S)


class HttpServer:
    """A server with OpenAI's chat endpoint."""

    def __init__(self, name: str, client: httpx.AsyncClient) -> None:
        self.name = name
        self._client = client

    async def ask(self, messages: Messages, key: str, new_tokens: int) -> Reply:
        body = {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_tokens": new_tokens,
            "temperature": TEMPERATURE,
            "top_k": TOP_K,
            "seed": SEED,
            "stream": True,
        }
        reply = Reply(time.monotonic())
        async with self._client.stream("POST", "/v1/chat/completions", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                piece = _piece(line)
                if piece:
                    reply.arrivals.append(time.monotonic())
                    reply.text += piece
        reply.done, reply.tokens = time.monotonic(), len(reply.arrivals)
        return reply


@asynccontextmanager
async def our_server(model: Path, load: Load) -> AsyncIterator[OurServer]:
    port, metrics = free_ports(2)
    address = f"127.0.0.1:{port}"
    own = {
        "VIVA_LLM_LISTEN": address,
        "VIVA_LLM_MODEL": str(model),
        "VIVA_LLM_SLOTS": str(load.slots),
        "VIVA_LLM_CONTEXT_TOKENS": str(load.context),
        "VIVA_LLM_THREADS": str(load.threads),
        "VIVA_LLM_STEP_TOKENS": str(load.step),
        "VIVA_LLM_KV_UNIFIED": str(load.unified),
        "VIVA_LLM_REPACK": str(not load.plain),
        "VIVA_LLM_METRICS_PORT": str(metrics),
        "VIVA_MESH_TOKEN": TOKEN,
        "VIVA_LOG_LEVEL": "error",
    }
    with _process([sys.executable, "-m", "services.llm"], own):
        async with open_channel([address], token=TOKEN) as channel:
            stub = llm_pb2_grpc.LlmServiceStub(channel)
            request = pb.LlmServiceGetInfoRequest()
            told = await stub.GetInfo(request, wait_for_ready=True, timeout=READY_S)
            if told.capability.state != common_pb2.CAPABILITY_STATE_READY:
                raise SystemExit(f"services.llm cannot be measured: {told.capability}")
            yield OurServer(stub, f"http://127.0.0.1:{metrics}/metrics")


@asynccontextmanager
async def packaged_server(model: Path, load: Load) -> AsyncIterator[HttpServer]:
    """python -m llama_cpp.server. One completion at a time, so one conversation's context is all it needs."""
    port = free_ports(1)[0]
    options = {
        "model": model,
        "n_ctx": load.context,
        "n_threads": load.threads,
        "n_threads_batch": load.threads,
        "interrupt_requests": "false",
        "verbose": "false",
        "port": port,
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    program = PACKAGED.format(plain=load.plain, arguments=arguments)
    async with _http("llama_cpp.server", [sys.executable, "-c", program], port, "/v1/models") as server:
        yield server


@asynccontextmanager
async def llama_server(binary: str, model: Path, load: Load) -> AsyncIterator[HttpServer]:
    port = free_ports(1)[0]
    command = [
        *shlex.split(binary), "--model", str(model), "--ctx-size", str(load.context * load.slots),
        "--parallel", str(load.slots), "--threads", str(load.threads), "--port", str(port),
        *(["--no-repack"] if load.plain else []),
    ]  # fmt: skip
    async with _http("llama-server", command, port, "/health") as server:
        yield server


def plain_weights_needed(model: Path) -> bool:
    """Whether llama.cpp's own choice of weight layout ends a process here; found by trying one."""
    tried = subprocess.run([sys.executable, "-c", PROBE, str(model)], capture_output=True, check=False)
    return tried.returncode != 0


@contextmanager
def _process(command: list[str], more: dict[str, str]):
    log = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | more, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@asynccontextmanager
async def _http(name: str, command: list[str], port: int, ready: str) -> AsyncIterator[HttpServer]:
    url = f"http://127.0.0.1:{port}"
    with _process(command, {}) as process:
        async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as client:
            await _until_ready(client, ready, process)
            yield HttpServer(name, client)


async def _until_ready(client: httpx.AsyncClient, path: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"a peer ended with {process.returncode} before it served")
        try:
            if (await client.get(path)).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise TimeoutError(f"a peer was not ready within {READY_S} s")


def _wire(messages: Messages) -> list[pb.ChatMessage]:
    return [pb.ChatMessage(role=ROLES[each.role], content=each.content) for each in messages]


def _piece(line: str) -> str:
    if not line.startswith("data: {"):
        return ""
    choices = json.loads(line.removeprefix("data: "))["choices"]
    return (choices[0]["delta"].get("content") or "") if choices else ""
