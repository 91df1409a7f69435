"""Checks of what came over the wire: each refusal names its field."""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import DeadlineExceeded, InvalidArgument
from services.runtime.requests import at_most, in_time, refuse, within

pytestmark = pytest.mark.unit


def test_a_refusal_names_the_field() -> None:
    with pytest.raises(InvalidArgument) as caught:
        refuse("answer.text", "is empty")
    assert caught.value.violations == {"answer.text": "is empty"}


@given(st.floats(), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_number_is_itself_inside_its_bounds_and_refused_outside(
    value: float, low: float, size: float
) -> None:
    high = low + size
    if low <= value <= high:
        assert within("rate", value, low, high) == value
        return
    with pytest.raises(InvalidArgument) as caught:
        within("rate", value, low, high, "Hz")
    assert caught.value.violations["rate"].endswith("Hz")


def test_no_number_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        within("rate", math.nan, -math.inf, math.inf)


def test_a_text_is_counted_in_characters() -> None:
    assert at_most("text", "가나다", 3) == "가나다"
    with pytest.raises(InvalidArgument, match="characters"):
        at_most("text", "가나다라", 3)


async def slowly(*waits_s: float) -> AsyncIterator[float]:
    for wait_s in waits_s:
        await asyncio.sleep(wait_s)
        yield wait_s


async def test_messages_in_time_pass_and_the_end_of_a_stream_is_its_end() -> None:
    assert [each async for each in in_time(slowly(0.0, 0.01, 0.0), 1.0)] == [0.0, 0.01, 0.0]
    assert [each async for each in in_time(slowly(), 1.0)] == []


async def test_f21_a_stream_that_falls_silent_ends_with_a_reason() -> None:
    messages = in_time(slowly(0.0, 30.0), 0.05)
    assert await anext(messages) == 0.0
    with pytest.raises(DeadlineExceeded) as caught:
        await anext(messages)
    assert caught.value.reason == "STREAM_IDLE"
