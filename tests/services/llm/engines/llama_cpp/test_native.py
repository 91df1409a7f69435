"""Steps on a real context: what they leave in the slots that take no part."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from services.llm.engine import Priority, Sampling
from services.llm.engines.llama_cpp.native import Native, Shape
from services.llm.engines.llama_cpp.plan import Chunk, Job

pytestmark = pytest.mark.model
PROMPT = list(range(5, 25))


@pytest.fixture
def native(tiny_gguf: Path) -> Iterator[Native]:
    native = Native(tiny_gguf, Shape(slots=4, context=64, step=64, threads=1))
    yield native
    native.close()


def computed(native: Native, slots: dict[int, Sequence[int]]) -> dict[int, int]:
    """Slot → the likeliest next token, after one step with these tokens."""
    jobs = {slot: Job(list(tokens), Priority.INTERACTIVE) for slot, tokens in slots.items()}
    chunks = [
        Chunk(slot, jobs[slot], native.length(slot), list(tokens), output=True)
        for slot, tokens in sorted(slots.items())
    ]
    assert native.decode(chunks) == 0
    row, found = -1, {}
    for chunk in chunks:
        row += len(chunk.tokens)
        sampler = native.sampler(Sampling(greedy=True), "", 1)
        assert sampler is not None
        found[chunk.slot] = native.sample(sampler, row)
        sampler.free()
    return found


def test_a_slot_between_two_that_write_keeps_what_it_holds(native: Native) -> None:
    computed(native, {0: PROMPT, 1: PROMPT[:9], 2: PROMPT})
    together = computed(native, {0: [7], 2: [7]})
    assert [native.length(slot) for slot in range(4)] == [21, 9, 21, 0]
    assert computed(native, {1: PROMPT[9:]})[1] == computed(native, {3: PROMPT})[3]
    assert together[0] == together[2]


def test_a_slot_that_is_full_is_not_crossed(native: Native) -> None:
    full = native.shape.context
    computed(native, {1: [5] * full})
    computed(native, {0: PROMPT, 2: PROMPT})
    assert computed(native, {0: [7], 2: [7]}).keys() == {0, 2}
    assert native.length(1) == full
