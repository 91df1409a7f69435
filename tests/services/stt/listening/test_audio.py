"""Audio by offset: what is held, and what is not any more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stt.listening.audio import AudioBuffer

pytestmark = pytest.mark.unit


def counting(start: int, count: int) -> AudioBuffer:
    """Each sample is its own offset."""
    buffer = AudioBuffer(start)
    buffer.append(np.arange(start, start + count, dtype="<i2").tobytes())
    return buffer


def offsets(buffer: AudioBuffer, start: int, end: int) -> list[int]:
    return (buffer.read(start, end) * 32768).astype(int).tolist()


def test_samples_are_found_at_their_offsets_from_minus_one_to_one() -> None:
    assert offsets(counting(100, 50), 110, 113) == [110, 111, 112]
    buffer = AudioBuffer(0)
    buffer.append(np.array([-32768, 0, 16384], "<i2").tobytes())
    assert buffer.read(0, 3).tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize(("start", "end"), [(99, 101), (140, 151), (120, 110)])
def test_what_is_not_held_is_an_error(start: int, end: int) -> None:
    with pytest.raises(IndexError, match="is not in"):
        counting(100, 50).read(start, end)


def test_what_was_read_stays_when_the_buffer_moves_on() -> None:
    buffer = counting(0, 10)
    before = buffer.read(0, 10)
    buffer.drop_before(10)
    buffer.append(bytes(20))
    assert (before * 32768).astype(int).tolist() == list(range(10))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-10, 300)), max_size=20))
def test_offsets_outlive_any_forgetting(moves: list[tuple[int, int]]) -> None:
    buffer = AudioBuffer(0)
    for count, drop in moves:
        buffer.append(np.arange(buffer.end, buffer.end + count, dtype="<i2").tobytes())
        held = buffer.end - buffer.start
        assert 0 <= buffer.drop_before(drop) <= held
        assert offsets(buffer, buffer.start, buffer.end) == list(range(buffer.start, buffer.end))
        assert buffer.start >= min(drop, buffer.end)
