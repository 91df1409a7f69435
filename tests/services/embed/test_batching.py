"""Concurrent callers against one engine: nothing lost, nothing wasted, nobody waits for ever."""

import asyncio
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.embed.batching import Batcher
from services.embed.engine import Kind
from services.embed.engines.fake import FakeEngine
from services.embed.errors import ClosedError, DeadlinePassedError, EngineFailedError, QueueFullError
from services.embed.lanes import BatchRules, Lane

pytestmark = pytest.mark.unit


class Gate:
    """Holds the engine inside its first batch until opened, so that a test can fill the queue."""

    def __init__(self):
        self.reached, self._open = threading.Event(), threading.Event()

    def __call__(self, texts):
        self.reached.set()
        assert self._open.wait(10)

    async def hold(self, batcher):
        task = asyncio.create_task(ask(batcher, "gate"))
        await asyncio.to_thread(self.reached.wait, 10)
        return task

    def open(self):
        self._open.set()


def make(engine, max_queued_texts=1000, **rules):
    return Batcher(engine, BatchRules(**rules), max_queued_texts)


def ask(batcher, *texts, lane=Lane.INTERACTIVE, timeout_s=None):
    return batcher.embed(list(texts), Kind.QUERY, lane, timeout_s)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


requests = st.lists(
    st.tuples(
        st.sampled_from(Lane), st.lists(st.text("가나다abc", min_size=1, max_size=30), min_size=1, max_size=9)
    ),
    min_size=1,
    max_size=12,
)


@given(requests, st.integers(1, 60), st.integers(1, 8), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_every_caller_gets_its_own_vectors_in_order_whatever_the_batches(
    waiting, max_tokens, max_texts, parallel
):
    engine = FakeEngine(parallel_batches=parallel)

    async def run():
        async with make(engine, max_tokens=max_tokens, max_texts=max_texts) as batcher:
            return await asyncio.gather(*(ask(batcher, *texts, lane=lane) for lane, texts in waiting))

    for (_, texts), found in zip(waiting, asyncio.run(run()), strict=True):
        expected = np.concatenate([engine.vector_of(text) for text in texts])
        np.testing.assert_array_equal(found.vectors, expected)
        assert found.token_counts == [len(text) for text in texts]
    assert sum(map(len, engine.batches)) == sum(len(texts) for _, texts in waiting)


async def test_callers_who_wait_at_the_same_time_share_a_batch():
    gate = Gate()
    engine = FakeEngine(before_batch=gate)
    async with make(engine) as batcher:
        first = await gate.hold(batcher)
        others = [asyncio.create_task(ask(batcher, f"text {i}")) for i in range(20)]
        await until(lambda: batcher.queued_requests == 20)
        gate.open()
        await asyncio.gather(first, *others)
    assert [len(batch) for batch in engine.batches] == [1, 20]


async def test_an_engine_that_computes_two_batches_at_once_gets_two_and_never_three():
    together, most, lock = 0, 0, threading.Lock()

    def watch(texts):
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.02)
        with lock:
            together -= 1

    async with make(FakeEngine(before_batch=watch, parallel_batches=2), max_texts=1) as batcher:
        await asyncio.gather(*(ask(batcher, f"text {i}") for i in range(8)))
    assert most == 2


async def test_a_request_larger_than_a_batch_is_split_and_joined():
    engine = FakeEngine()
    texts = [f"text number {i}" for i in range(100)]
    async with make(engine, max_texts=8) as batcher:
        found = await ask(batcher, *texts)
    assert max(map(len, engine.batches)) <= 8
    np.testing.assert_array_equal(found.vectors, np.concatenate([engine.vector_of(t) for t in texts]))


async def test_a_cancelled_callers_texts_are_never_computed():
    gate = Gate()
    engine = FakeEngine(before_batch=gate)
    async with make(engine) as batcher:
        first = await gate.hold(batcher)
        gone = asyncio.create_task(ask(batcher, "never compute this", "nor this"))
        stays = asyncio.create_task(ask(batcher, "stays"))
        await until(lambda: batcher.queued_requests == 2)
        gone.cancel()
        await asyncio.wait([gone])
        gate.open()
        await asyncio.gather(first, stays)
        assert batcher.counters.dropped == 2
    assert engine.batches == [["gate"], ["stays"]]


async def test_f20_a_result_whose_caller_has_gone_is_dropped_and_counted():
    gate = Gate()
    async with make(FakeEngine(before_batch=gate)) as batcher:
        first = await gate.hold(batcher)
        first.cancel()
        await asyncio.wait([first])
        gate.open()
        await until(lambda: batcher.counters.late == 1)
        assert len((await ask(batcher, "the server still works")).vectors) == 1


async def test_interactive_texts_are_computed_before_bulk_texts_that_came_earlier():
    gate = Gate()
    engine = FakeEngine(before_batch=gate)
    async with make(engine, max_texts=4) as batcher:
        first = await gate.hold(batcher)
        bulk = asyncio.create_task(ask(batcher, *["bulk"] * 12, lane=Lane.BULK))
        await until(lambda: batcher.queued_requests == 1)
        interactive = asyncio.create_task(ask(batcher, "interactive"))
        await until(lambda: batcher.queued_requests == 2)
        gate.open()
        await asyncio.gather(first, bulk, interactive)
    assert engine.batches[1] == ["interactive"]


async def test_bulk_gets_its_turn_under_steady_interactive_load():
    engine = FakeEngine(seconds_per_batch=0.001)
    async with make(engine, max_texts=2, bulk_every=3) as batcher:
        bulk = asyncio.create_task(ask(batcher, *["bulk"] * 6, lane=Lane.BULK))

        async def interactive_until_bulk_is_done():
            while not bulk.done():
                await ask(batcher, "interactive")

        async with asyncio.timeout(10):
            await asyncio.gather(*(interactive_until_bulk_is_done() for _ in range(8)))
        await bulk


async def test_a_full_queue_refuses_with_a_time_to_come_back():
    gate = Gate()
    async with make(FakeEngine(before_batch=gate), max_queued_texts=3) as batcher:
        first = await gate.hold(batcher)
        second = asyncio.create_task(ask(batcher, "a", "b"))
        await until(lambda: batcher.queued_requests == 1)
        with pytest.raises(QueueFullError) as refused:
            await ask(batcher, "c")
        assert 0 < refused.value.retry_after_s <= 5
        assert batcher.counters.refused_requests == 1
        gate.open()
        await asyncio.gather(first, second)
        await ask(batcher, "c")


async def test_f19_a_request_whose_wait_would_outlast_its_deadline_is_refused_at_once():
    gate = Gate()
    async with make(FakeEngine(seconds_per_batch=0.05), max_texts=1) as batcher:
        await ask(batcher, "x" * 10)  # five milliseconds a token are learnt here
        batcher.engine.before_batch = gate
        first = await gate.hold(batcher)
        second = asyncio.create_task(ask(batcher, "y" * 400))
        await until(lambda: batcher.queued_requests == 1)
        with pytest.raises(QueueFullError):
            await ask(batcher, "short", timeout_s=0.5)
        gate.open()
        await asyncio.gather(first, second)


async def test_a_deadline_that_passes_in_the_queue_is_said_and_costs_no_computing():
    gate = Gate()
    engine = FakeEngine(before_batch=gate)
    async with make(engine) as batcher:
        first = await gate.hold(batcher)
        late = asyncio.create_task(ask(batcher, "late", timeout_s=0.02))
        await until(lambda: batcher.queued_requests == 1)
        await asyncio.sleep(0.03)
        gate.open()
        with pytest.raises(DeadlinePassedError):
            await late
        await first
    assert engine.batches == [["gate"]]


async def test_a_text_that_breaks_the_engine_fails_its_own_caller_only():
    gate = Gate()
    engine = FakeEngine(before_batch=gate, poison="poison")
    async with make(engine) as batcher:
        first = await gate.hold(batcher)
        callers = [asyncio.create_task(ask(batcher, f"good {i}")) for i in range(7)]
        bad = asyncio.create_task(ask(batcher, "poison"))
        await until(lambda: batcher.queued_requests == 8)
        gate.open()
        found = await asyncio.gather(first, *callers)
        with pytest.raises(EngineFailedError):
            await bad
        assert batcher.counters.failed == 1
    assert len(found) == 8


async def test_closing_fails_those_who_wait_and_closes_the_engine():
    gate = Gate()
    engine = FakeEngine(before_batch=gate)
    batcher = make(engine)
    async with batcher:
        first = await gate.hold(batcher)
        waiting = asyncio.create_task(ask(batcher, "waiting"))
        await until(lambda: batcher.queued_requests == 1)
        gate.open()
    assert (await first).token_counts == [4]  # its batch was running and was let end
    with pytest.raises(ClosedError):
        await waiting
    assert engine.closed
    with pytest.raises(ClosedError):
        await ask(batcher, "after the end")


async def test_times_tell_waiting_from_computing():
    engine = FakeEngine(seconds_per_batch=0.05)
    async with make(engine, max_texts=1) as batcher:
        first, second = await asyncio.gather(ask(batcher, "first"), ask(batcher, "second"))
    assert first.compute_s >= 0.05
    assert second.queue_s >= 0.04
