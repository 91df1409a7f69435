"""The port on llama.cpp: admits requests, hands them to the thread that computes, streams what comes back."""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from llama_cpp.llama_grammar import json_schema_to_gbnf

from services.llm.engine import (
    Admitted,
    Completion,
    Conversation,
    Delta,
    Event,
    Generation,
    Message,
    Prefilled,
    Priority,
    Status,
    Timings,
)
from services.llm.engines.llama_cpp.metrics import CACHED, DECODE_S, PREFILL_S, QUEUE_S
from services.llm.engines.llama_cpp.native import Native
from services.llm.engines.llama_cpp.output import Output
from services.llm.engines.llama_cpp.pace import Pace
from services.llm.engines.llama_cpp.plan import Job, Plan
from services.llm.engines.llama_cpp.rendering import Prompt, Renderer
from services.llm.engines.llama_cpp.worker import Ended, Request, Worker
from services.runtime.capability import Capability, State
from services.runtime.errors import (
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)

# The converter lets control characters into strings; JSON does not.
ANY_CHARACTER, JSON_CHARACTER = r'char ::= [^"\\] |', r'char ::= [^"\\\x7F\x00-\x1F] |'
MOST_LISTED = 100
LEAST = 16  # tokens of a prompt in a step, however long they take: prompts must end
T = TypeVar("T")
LARGEST_GRAMMAR = 256 * 1024  # characters


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a priority's queue; of a step waited for, seconds; of parked states, bytes; until stuck, seconds."""

    queue: int = 64
    step_s: float = 0.15
    park_bytes: int = 512 * 2**20
    stall_s: float = 30.0


@dataclass(eq=False)
class Kept:
    """The key that what a running call has computed and said is kept under; none once it was forgotten."""

    key: str


class LlamaCppEngine:
    """Owns `native` from here on."""

    def __init__(self, native: Native, name: str, limits: Limits) -> None:
        self._native, self._name, self._limits = native, name, limits
        self._shape = native.shape
        self._renderer = Renderer(native, native.template)
        plan = Plan(
            native,
            slots=self._shape.slots,
            step=self._shape.step,
            pace=Pace(limits.step_s, LEAST, self._shape.step),
            park_bytes=limits.park_bytes,
        )
        self._worker = Worker(native, plan, self._shape.context)
        self._closed = False
        self._kept: set[Kept] = set()
        self._readers = ThreadPoolExecutor(thread_name_prefix="llm-reads")

    def status(self) -> Status:
        jobs = list(self._worker.requests)
        running = min(len(jobs), self._shape.slots)
        return Status(
            self._capability(),
            self._shape.context,
            self._shape.slots,
            self._native_quantisation,
            self._template_name,
            len(jobs) - running,
            running,
        )

    @property
    def _native_quantisation(self) -> str:
        return "" if self._closed else self._native.quantisation

    @property
    def _template_name(self) -> str:
        if self._closed:
            return ""
        return "tokenizer.chat_template" if self._native.template else "chatml (the file has none)"

    def _capability(self) -> Capability:
        stalled = self._worker.stalled_s()
        broken = self._worker.broken or ("the engine is closed" if self._closed else "")
        if stalled > self._limits.stall_s:
            broken = f"no step was made for {stalled:.0f} s while requests wait"
        return Capability(
            "llm",
            State.BROKEN if broken else State.READY,
            broken or "answers from this machine",
            engine="llama.cpp",
            model=self._name,
            device="gpu" if self._shape.gpu_layers else "cpu",
            licence="" if self._closed else self._native.meta("general.license"),
            remedy="restart the llm service" if broken else "",
            limits={
                "context": f"{self._shape.context} tokens",
                "slots": f"{self._shape.slots} conversations",
            },
        )

    async def generate(self, generation: Generation) -> AsyncGenerator[Event, None]:
        thinking = generation.thinking and not generation.json_schema
        with self._keeping(generation.conversation) as kept:
            prompt = await self._read(
                partial(self._renderer.prompt, generation.conversation, thinking=thinking)
            )
            grammar = await self._read(partial(_grammar, generation.json_schema))
            request = self._submit(generation, kept, prompt, grammar)
            try:
                yield Admitted()
                while isinstance(result := await request.results.get(), Delta):
                    yield result
                if not isinstance(result, Ended):
                    raise result
                self._renderer.remember(kept.key, request.output.text, request.produced)
                yield self._completion(request, result)
            finally:
                self._worker.cancel(request)

    async def prefill(self, conversation: Conversation, *, open_last_message: bool) -> Prefilled:
        with self._keeping(conversation) as kept:
            return await self._prefill(conversation, kept, open_last_message=open_last_message)

    async def _prefill(self, conversation: Conversation, kept: Kept, *, open_last_message: bool) -> Prefilled:
        prompt = await self._read(
            partial(self._renderer.beginning, conversation, open_last_message=open_last_message)
        )
        self._fits(prompt)
        job = Job(prompt.tokens, Priority.PREFETCH, kept.key, prompt.shared, decodes=False)
        known = self._worker.plan.known(job)
        if known >= len(job.tokens):
            return Prefilled(len(job.tokens), known, 0, Timings())
        self._admit(job, None)
        request = Request(job, asyncio.get_running_loop())
        self._worker.submit(request)
        try:
            result = await request.results.get()
        finally:
            self._worker.cancel(request)
        if not isinstance(result, Ended):
            raise result if not isinstance(result, Delta) else Internal("LLM_MIXED_UP", "a prefill made text")
        cached = min(job.cached, len(job.tokens))
        done = max(cached, self._worker.plan.known(job))
        return Prefilled(len(job.tokens), cached, done - cached, result.timings)

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        prompt = await self._read(partial(self._renderer.prompt, Conversation(messages)))
        return len(prompt.tokens)

    async def forget(self, cache_key: str) -> bool:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[bool] = loop.create_future()

        def tell(found: bool) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, told, found)

        running = [kept for kept in self._kept if kept.key == cache_key]
        for kept in running:
            kept.key = ""
        self._worker.forget(cache_key, tell)
        remembered = self._renderer.forget(cache_key)
        return await told or remembered or bool(running)

    @contextmanager
    def _keeping(self, conversation: Conversation) -> Iterator[Kept]:
        kept = Kept(conversation.cache_key)
        self._kept.add(kept)
        try:
            yield kept
        finally:
            self._kept.discard(kept)

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._worker.close)
        self._native.close()

    async def _read(self, reading: Callable[[], T]) -> T:
        """Beside the loop. What has begun is over before the vocabulary is freed, even if nobody waits."""
        self._open()
        read = await asyncio.get_running_loop().run_in_executor(self._readers, reading)
        self._open()
        return read

    def _open(self) -> None:
        if self._closed:
            raise Unavailable("LLM_STOPPED", "the language model is being stopped")

    # Admission

    def _submit(self, generation: Generation, kept: Kept, prompt: Prompt, grammar: str) -> Request:
        """Raises what `generate` says; makes the sampler only for a request that has its place."""
        self._fits(prompt)
        job = Job(prompt.tokens, generation.priority, kept.key, prompt.shared)
        self._admit(job, generation.deadline)
        seed = generation.sampling.seed
        drawn = secrets.randbits(32) if seed is None else seed
        sampler = self._native.sampler(generation.sampling, grammar, drawn)
        if sampler is None:
            raise InvalidArgument.of("json_schema", "is none that a grammar can be made of")
        output = Output(generation.stop, prompt.closes)
        loop, most = asyncio.get_running_loop(), generation.max_tokens
        request = Request(job, loop, most, sampler, output, generation.deadline)
        try:
            self._worker.submit(request)
        except Unavailable:
            sampler.free()
            raise
        return request

    def _fits(self, prompt: Prompt) -> None:
        if len(prompt.tokens) >= self._shape.context:
            problem = f"make {len(prompt.tokens)} tokens, the context holds {self._shape.context}"
            raise InvalidArgument.of("messages", problem)

    def _admit(self, job: Job, deadline: float | None) -> None:
        jobs = list(self._worker.requests)
        waiting = Counter(each.priority for each in jobs)[job.priority] - self._shape.slots
        rate = self._worker.rate
        # Those of no lower rank are computed first; what the cache holds is not computed at all.
        ahead = sum(each.prompt - each.cached for each in jobs if each.priority.value <= job.priority.value)
        needed_s = (len(job.tokens) - self._worker.plan.known(job) + ahead) / rate if rate else 0.0
        if waiting >= self._limits.queue:
            again = min(max(needed_s / 2, 0.2), 5.0)
            raise ResourceExhausted("LLM_QUEUE_FULL", "too many requests wait already", retry_after_s=again)
        if deadline is not None and time.monotonic() + needed_s / 2 >= deadline:
            raise DeadlineExceeded("LLM_DEADLINE_TOO_CLOSE", "not one token can be made before the deadline")

    def _completion(self, request: Request, ended: Ended) -> Completion:
        timings, job = ended.timings, request.job
        CACHED.inc(job.cached)
        for histogram, value in (
            (QUEUE_S, timings.queue_ms),
            (PREFILL_S, timings.prefill_ms),
            (DECODE_S, timings.decode_ms),
        ):
            histogram.observe(value / 1e3)
        produced = len(request.produced)
        return Completion(ended.finish, job.prompt, job.cached, produced, timings, self._name)


def _settle(told: asyncio.Future[bool], found: bool) -> None:
    if not told.done():
        told.set_result(found)


def _grammar(schema: str) -> str:
    """Raises InvalidArgument."""
    if not schema:
        return ""
    try:
        grammar: str = json_schema_to_gbnf(json.dumps(_listed(json.loads(schema))))
    except Exception as error:  # the converter raises whatever a strange schema makes it stumble over
        raise InvalidArgument.of("json_schema", f"cannot be a grammar: {type(error).__name__}") from None
    grammar = grammar.replace(ANY_CHARACTER, JSON_CHARACTER)
    if len(grammar) > LARGEST_GRAMMAR:
        raise InvalidArgument.of("json_schema", "makes a grammar that is too large")
    return grammar


def _listed(schema: Any) -> Any:
    """The schema with small ranges of integers written out: the converter ignores their bounds."""
    if isinstance(schema, list):
        return [_listed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    low, high = schema.get("minimum"), schema.get("maximum")
    bounded = schema.get("type") == "integer" and "enum" not in schema
    if bounded and isinstance(low, int) and isinstance(high, int) and 0 <= high - low < MOST_LISTED:
        return {"enum": list(range(low, high + 1))}
    return {name: _listed(each) for name, each in schema.items()}
