"""When somebody speaks, from probabilities alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stt.listening.gate import OFF, ON, WINDOWS_TO_START, VoiceGate

pytestmark = pytest.mark.unit


def heard(*probabilities: float) -> VoiceGate:
    gate = VoiceGate()
    for probability in probabilities:
        gate.hear(probability)
    return gate


def test_three_sure_windows_in_a_row_open_it() -> None:
    assert heard(ON, ON, ON).is_open
    assert not heard(ON, ON).is_open
    assert not heard(ON, ON, 0.49, ON, ON).is_open


def test_while_open_only_windows_below_the_lower_threshold_are_quiet() -> None:
    assert heard(1, 1, 1, 0.4, 0.36).quiet_windows == 0
    assert heard(1, 1, 1, 0.34, 0.2).quiet_windows == 2
    assert heard(1, 1, 1, 0.2, 0.2, OFF).quiet_windows == 0


def test_at_rest_it_needs_three_windows_again() -> None:
    gate = heard(1, 1, 1, 0.1)
    gate.rest()
    assert (gate.is_open, gate.quiet_windows) == (False, 0)
    gate.hear(1)
    gate.hear(1)
    assert not gate.is_open
    gate.hear(1)
    assert gate.is_open


@given(st.lists(st.floats(0, 1)))
def test_it_is_open_exactly_when_a_run_of_sure_windows_came(probabilities: list[float]) -> None:
    runs = "".join("x" if each >= ON else " " for each in probabilities)
    assert heard(*probabilities).is_open == ("x" * WINDOWS_TO_START in runs)
