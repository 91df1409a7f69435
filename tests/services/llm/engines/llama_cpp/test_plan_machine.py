"""The plan under any order of requests, steps, cancellations, erasures and faults."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.llm.engine import Priority
from services.llm.engines.llama_cpp.plan import Job
from tests.services.llm.engines.llama_cpp.script import Desk

pytestmark = pytest.mark.unit

WRITES = 4
KEYS = ("", "one", "two", "three", "four")
# Beginnings that conversations have in common, and some that differ late.
BEGINNINGS = (range(24), (*range(20), 90, 91, 92, 93), range(50, 80))


class Requests(RuleBasedStateMachine):
    @initialize(
        slots=st.integers(1, 4),
        step=st.integers(1, 24),
        park=st.sampled_from((0, 150, 100_000)),
        can_cut=st.booleans(),
    )
    def open(self, slots: int, step: int, park: int, can_cut: bool) -> None:
        self.step_size = step
        self.desk = Desk(slots, step=step, step_decoding=max(1, step // 2), park=park, can_cut=can_cut)

    def jobs(self) -> list[Job]:
        return sorted(self.desk.written, key=lambda job: job.order)

    @rule(
        beginning=st.sampled_from(BEGINNINGS),
        end=st.lists(st.integers(100, 103), max_size=12),
        priority=st.sampled_from(Priority),
        key=st.sampled_from(KEYS),
        shares=st.booleans(),
        decodes=st.booleans(),
    )
    def ask(
        self, beginning: range, end: list[int], priority: Priority, key: str, shares: bool, decodes: bool
    ) -> None:
        add = self.desk.ask if decodes else self.desk.read
        add(*beginning, *end, priority=priority, key=key, shared=len(beginning) if shares else 0)

    @rule()
    def step(self) -> None:
        chunks = self.desk.step(WRITES)
        assert sum(len(chunk.tokens) for chunk in chunks) <= self.step_size
        assert all(chunk.tokens for chunk in chunks)
        assert bool(chunks) or not self.desk.written

    @rule()
    def a_step_of_the_highest_rank_only(self) -> None:
        chunks = self.desk.step(WRITES)
        assert len({chunk.job.priority for chunk in chunks}) <= 1
        waiting = [job.priority.value for job in self.desk.plan.waiting]
        if chunks and waiting:
            assert chunks[0].job.priority.value <= min(waiting) or len(self.desk.plan.slots) > 1

    @precondition(lambda self: self.desk.written)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.desk.end(data.draw(st.sampled_from(self.jobs())))

    @rule(key=st.sampled_from(KEYS[1:]))
    def forget(self, key: str) -> None:
        self.desk.plan.forget(key)
        assert key not in self.desk.plan.parked
        assert not any(slot.key == key for slot in self.desk.plan.slots if not slot.job)
        assert not any(job.key == key for job in self.desk.written)

    @precondition(lambda self: self.desk.written)
    @rule()
    def there_is_no_room(self) -> None:
        if self.desk.plan.next_batch():
            self.desk.plan.no_room()

    @precondition(lambda self: self.desk.written)
    @rule(data=st.data())
    def a_step_breaks_off(self, data: st.DataObject) -> None:
        """Of each chunk some tokens arrived, or what was there before is gone."""
        for chunk in self.desk.plan.next_batch():
            held = self.desk.cells.held[chunk.slot]
            held += chunk.tokens
            del held[data.draw(st.integers(0, len(held))) :]
            self.desk.plan.reconcile(chunk.slot, len(held))

    @invariant()
    def the_plan_knows_what_the_memory_holds(self) -> None:
        self.desk.check()

    @invariant()
    def what_is_known_of_a_job_is_no_more_than_it_has(self) -> None:
        assert all(self.desk.plan.known(job) <= len(job.tokens) for job in self.desk.written)

    def teardown(self) -> None:
        """Everybody gets to the end, however it began."""
        if hasattr(self, "desk"):
            self.desk.run(WRITES)
            assert not self.desk.written
            assert not self.desk.plan.waiting


TestRequests = Requests.TestCase
TestRequests.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
