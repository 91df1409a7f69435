"""The one thread that computes: takes requests, makes steps, hands results to event loops. Knows no gRPC."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from services.llm.engine import Delta, Finish, Priority, Timings
from services.llm.engines.llama_cpp.drawing import Sampler
from services.llm.engines.llama_cpp.metrics import APART, COMPUTED, FAULTS, KEPT, STEPS
from services.llm.engines.llama_cpp.output import Output
from services.llm.engines.llama_cpp.plan import Chunk, Job, Memory, Plan
from services.runtime.errors import DeadlineExceeded, Internal, Unavailable, VivaError

log = structlog.get_logger()

NO_ROOM, MOST_FAULTS = 1, 3


class Model(Memory, Protocol):
    """What the thread needs of native code; it alone calls this."""

    def decode(self, chunks: Sequence[Chunk]) -> int: ...

    def sample(self, sampler: Sampler, row: int) -> int: ...

    def length(self, slot: int) -> int: ...

    def ends(self, token: int) -> bool: ...

    def piece(self, token: int, *, special: bool = False) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A text is whole, or a prefill done."""

    finish: Finish
    timings: Timings


Result = Delta | Ended | VivaError


@dataclass(eq=False)
class Request:
    """One job with what is needed to turn its tokens into text. `deadline` in monotonic seconds."""

    job: Job
    loop: asyncio.AbstractEventLoop
    most: int = 0
    sampler: Sampler | None = None
    output: Output = field(default_factory=Output)
    deadline: float | None = None
    results: asyncio.Queue[Result] = field(default_factory=asyncio.Queue)
    produced: list[int] = field(default_factory=list)
    asked: float = field(default_factory=time.monotonic)
    began: float = 0.0
    first: float = 0.0
    faults: int = 0
    last_step: int = 0

    def timings(self) -> Timings:
        now = time.monotonic()
        began, first = self.began or now, self.first or now
        return Timings((began - self.asked) * 1e3, (first - began) * 1e3, (now - first) * 1e3)


class Worker:
    """Runs until `close`. A thread that died answers every request with an error and says `broken`."""

    def __init__(self, model: Model, plan: Plan, context: int) -> None:
        self.plan, self.broken, self.steps = plan, "", 0
        self.rate = 0.0  # prompt tokens per second, of late
        self._model, self._context = model, context
        self._inbox: deque[Callable[[], None]] = deque()
        self._news = threading.Condition()
        self._closing = self._ended = False
        self._alive = time.monotonic()
        self._out: list[tuple[Request, Result]] = []
        self.requests: dict[Job, Request] = {}
        self._thread = threading.Thread(target=self._run, name="llm-steps", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Raises Unavailable once the thread is over; the sampler is then the caller's to free."""
        if not self._tell(lambda: self._add(request), request):
            raise self._over()

    def cancel(self, request: Request) -> None:
        """Takes effect before the next step; harmless for a request that is over."""
        self._tell(lambda: self._close(request))

    def forget(self, key: str, told: Callable[[bool], None]) -> None:
        if not self._tell(lambda: told(not self._ended and self.plan.forget(key))):
            told(False)

    def stalled_s(self) -> float:
        """Seconds since the last step while work waits."""
        return time.monotonic() - self._alive if self.requests or self._inbox else 0.0

    def close(self) -> None:
        """Ends what runs; returns when the thread is over and touches native memory no more."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()

    # Everything below runs on the thread.

    def _tell(self, action: Callable[[], None], request: Request | None = None) -> bool:
        """Whether the thread will do it; once it is over, native memory may be gone."""
        with self._news:
            if self._ended:
                return False
            if not self._inbox and not self.requests:
                self._alive = time.monotonic()
            if request:
                self.requests[request.job] = request
            self._inbox.append(action)
            self._news.notify()
        return True

    def _over(self) -> Unavailable:
        return Unavailable("LLM_STOPPED", self.broken or "the language model is being stopped")

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        except Exception as error:
            # A traceback may quote a prompt.
            self.broken = f"the thread that computes ended with {type(error).__name__}"
            log.error("llm_thread_died", error=type(error).__name__)
        with self._news:
            self._ended = True
        self._let_go()

    def _turn(self) -> None:
        while self._inbox:
            self._inbox.popleft()()
        self._end_late_ones()
        chunks = self.plan.next_batch()
        if chunks:
            self._step(self._alone(chunks))
        self._flush()
        KEPT.set(self.plan.kept_tokens)
        with self._news:
            if not chunks and not self._inbox and not self._closing:
                self._news.wait(0.1 if self.requests else None)
        if not chunks:
            self._alive = time.monotonic()

    def _add(self, request: Request) -> None:
        if request.job not in self.requests:
            return
        if request.job.decodes and request.job.key:
            for other in [each for each in self.requests.values() if not each.job.decodes]:
                if other.job.key == request.job.key:
                    self._finish(other, Finish.LENGTH)  # what it has computed is what it is for
        self.plan.add(request.job)

    def _alone(self, chunks: list[Chunk]) -> list[Chunk]:
        """After a step that failed, its requests go one by one until the one at fault is found."""
        suspect = next((each for each in chunks if self.requests[each.job].faults), None)
        return [suspect] if suspect else chunks

    def _step(self, chunks: list[Chunk]) -> None:
        begun = time.monotonic()
        for chunk in chunks:
            request = self.requests[chunk.job]
            request.began = request.began or begun
        code = self._model.decode(chunks)
        if code == 0:
            self.plan.computed(chunks)
            self._sample(chunks)
            self._measure(chunks, time.monotonic() - begun)
        elif code == NO_ROOM:
            self.plan.no_room()
        else:
            self._broke_off(chunks, code)
        self.steps += 1
        self._alive = time.monotonic()
        STEPS.inc()

    def _broke_off(self, chunks: list[Chunk], code: int) -> None:
        """Aborted, invalid or fatal: find out what is in the memory, and compute the rest again."""
        FAULTS.inc()
        log.warning("llm_step_failed", code=code, requests=len(chunks))
        for chunk in chunks:
            self.plan.reconcile(chunk.slot, self._model.length(chunk.slot))
            request = self.requests[chunk.job]
            request.faults += 1
            if len(chunks) == 1 and request.faults > MOST_FAULTS:
                self._fail(request, Internal("LLM_STEP_FAILED", f"llama.cpp ended this request with {code}"))

    def _sample(self, chunks: list[Chunk]) -> None:
        row = -1
        for chunk in chunks:
            row += len(chunk.tokens)
            request = self.requests[chunk.job]
            request.faults = 0
            if chunk.output and request.sampler is not None:
                self._take(request, self._model.sample(request.sampler, row))
            elif not chunk.job.decodes and chunk.start + len(chunk.tokens) == len(chunk.job.tokens):
                self._finish(request, Finish.END)

    def _take(self, request: Request, token: int) -> None:
        request.first = request.first or time.monotonic()
        if request.produced and request.job.priority is Priority.INTERACTIVE:
            APART.observe(self.steps - request.last_step)
        request.last_step = self.steps
        if self._model.ends(token):
            self._finish(request, Finish.END)
            return
        request.produced.append(token)
        request.job.tokens.append(token)
        for delta in request.output.feed(self._model.piece(token)):
            self._out.append((request, delta))
        if request.output.stopped:
            self._finish(request, Finish.STOP)
        elif len(request.produced) >= request.most or len(request.job.tokens) >= self._context:
            self._finish(request, Finish.LENGTH)

    def _measure(self, chunks: list[Chunk], seconds: float) -> None:
        tokens, writing = sum(len(chunk.tokens) for chunk in chunks), sum(len(c.tokens) == 1 for c in chunks)
        self.plan.pace.took(writing, tokens - writing, seconds)
        COMPUTED.inc(tokens)
        if tokens >= 32 and seconds > 0:
            now = tokens / seconds
            self.rate = now if not self.rate else 0.8 * self.rate + 0.2 * now

    def _finish(self, request: Request, finish: Finish) -> None:
        for delta in request.output.feed(b"", last=True):
            self._out.append((request, delta))
        self._out.append((request, Ended(finish, request.timings())))
        self._close(request)

    def _fail(self, request: Request, error: VivaError) -> None:
        self._out.append((request, error))
        self._close(request)

    def _close(self, request: Request) -> None:
        if request.job in self.requests:
            self._release(request)
            self.plan.end(request.job)

    def _release(self, request: Request) -> None:
        del self.requests[request.job]
        if request.sampler is not None:
            request.sampler.free()
            request.sampler = None

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        late = [each for each in list(self.requests.values()) if each.deadline and each.deadline < now]
        for request in late:
            self._fail(
                request, DeadlineExceeded("LLM_TOO_LATE", "the deadline passed before the text was whole")
            )

    def _let_go(self) -> None:
        """Answers everybody, and frees what is theirs. The plan may be what broke: it is not asked."""
        for request in list(self.requests.values()):
            self._out.append((request, self._over()))
            self._release(request)
        while self._inbox:
            self._inbox.popleft()()
        self._flush()

    def _flush(self) -> None:
        """One wake-up of each loop for all that a step has produced."""
        out, self._out = self._out, []
        for loop in {request.loop for request, _ in out}:
            mine = [(request, result) for request, result in out if request.loop is loop]
            try:
                loop.call_soon_threadsafe(_deliver, mine)
            except RuntimeError:  # the loop is closed: nobody waits any more
                continue


def _deliver(results: list[tuple[Request, Result]]) -> None:
    for request, result in results:
        request.results.put_nowait(result)
