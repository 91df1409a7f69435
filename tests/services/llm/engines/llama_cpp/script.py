"""A KV cache that holds tokens instead of keys and values, and a driver that makes steps with it."""

import json

from services.llm.engine import Priority
from services.llm.engines.llama_cpp.pace import Pace
from services.llm.engines.llama_cpp.plan import Chunk, Job, Plan

QUESTION, AHEAD, GRADE = Priority.INTERACTIVE, Priority.PREFETCH, Priority.BATCH


class Cells:
    """`Memory` of the plan. `held` is the truth that the plan must know."""

    def __init__(self, slots: int, *, can_cut: bool = True) -> None:
        self.held: list[list[int]] = [[] for _ in range(slots)]
        self.can_cut = can_cut
        self.copied = self.saved = self.loaded = 0

    def cut(self, slot: int, length: int) -> bool:
        if length and not self.can_cut and length < len(self.held[slot]):
            return False
        del self.held[slot][length:]
        return True

    def copy(self, source: int, target: int, length: int) -> bool:
        assert not self.held[target]
        self.copied += 1
        if not self.can_cut and length < len(self.held[source]):
            return False
        self.held[target] = self.held[source][:length]
        return True

    def save(self, slot: int) -> bytes:
        self.saved += 1
        return json.dumps(self.held[slot]).encode()

    def load(self, slot: int, state: bytes) -> bool:
        assert not self.held[slot]
        self.loaded += 1
        self.held[slot] = json.loads(state)
        return True


class Desk:
    """A plan with its cells: steps are made, and texts of any length are written."""

    def __init__(
        self, slots: int = 2, *, step: int = 32, step_decoding: int = 8, park: int = 0, can_cut: bool = True
    ) -> None:
        self.cells = Cells(slots, can_cut=can_cut)
        pace = Pace(1.0, step_decoding, step_decoding)
        self.plan = Plan(self.cells, slots=slots, step=step, pace=pace, park_bytes=park)
        self.computed = 0
        self.written: dict[Job, int] = {}

    def ask(self, *tokens: int, priority: Priority = QUESTION, key: str = "", shared: int = 0) -> Job:
        return self._add(Job(list(tokens), priority, key, shared))

    def read(self, *tokens: int, priority: Priority = AHEAD, key: str = "", shared: int = 0) -> Job:
        """A prefill: it is over with its last token."""
        return self._add(Job(list(tokens), priority, key, shared, decodes=False))

    def _add(self, job: Job) -> Job:
        self.plan.add(job)
        self.written[job] = 0
        return job

    def step(self, writes: int = 1000) -> list[Chunk]:
        """One step. A job that has written `writes` tokens is over."""
        chunks = self.plan.next_batch()
        self.do(chunks)
        for chunk in chunks:
            self._go_on(chunk, writes)
        self.check()
        return chunks

    def do(self, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            held = self.cells.held[chunk.slot]
            assert len(held) == chunk.start
            held += chunk.tokens
            assert held == chunk.job.tokens[: len(held)]
            self.computed += len(chunk.tokens)
        self.plan.computed(chunks)

    def _go_on(self, chunk: Chunk, writes: int) -> None:
        job = chunk.job
        if chunk.output:
            assert self.cells.held[chunk.slot] == job.tokens
            self.written[job] += 1
            job.tokens.append(-self.written[job])
        if self.written[job] >= writes or (
            not job.decodes and chunk.start + len(chunk.tokens) == len(job.tokens)
        ):
            self.end(job)

    def end(self, job: Job) -> None:
        self.plan.end(job)
        self.written.pop(job, None)

    def run(self, writes: int = 1, most: int = 10_000) -> int:
        """Steps until nothing is left to do."""
        for steps in range(most):
            if not self.step(writes):
                return steps
        raise AssertionError(f"work is left after {most} steps")

    def check(self) -> None:
        """What the plan believes of the memory is so."""
        assert [slot.tokens for slot in self.plan.slots] == self.cells.held
        running = [slot.job for slot in self.plan.slots if slot.job]
        assert len(set(running)) == len(running)
        assert set(running).isdisjoint(self.plan.waiting)
        assert set(self.written) == {*running, *self.plan.waiting}
        idle_keys = [slot.key for slot in self.plan.slots if slot.key and not slot.job]
        assert len(idle_keys) == len(set(idle_keys))


def sizes(chunks: list[Chunk]) -> dict[Job, int]:
    return {chunk.job: len(chunk.tokens) for chunk in chunks}


def upto(count: int, start: int = 0) -> range:
    return range(start, start + count)
