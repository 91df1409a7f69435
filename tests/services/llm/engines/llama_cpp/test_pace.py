"""How many prompt tokens fit: learnt from what steps took."""

import pytest

from services.llm.engines.llama_cpp.pace import Pace

pytestmark = pytest.mark.unit


def settled(pace: Pace, fixed_s: float, token_s: float, steps: int = 60) -> int:
    """After so many full steps on a machine where a step takes `fixed_s` and `token_s` for each token."""
    for _ in range(steps):
        pace.took(pace.tokens, fixed_s + pace.tokens * token_s)
    return pace.tokens


@pytest.mark.parametrize(
    ("fixed_s", "token_s", "fitting"),
    [(0.03, 0.003, 40), (0.06, 0.0015, 60), (0.004, 0.00002, 512), (0.1, 0.02, 16), (0.3, 0.003, 16)],
)
def test_steps_come_to_take_as_long_as_they_may_on_any_machine(
    fixed_s: float, token_s: float, fitting: int
) -> None:
    assert settled(Pace(0.15, 16, 512), fixed_s, token_s) == pytest.approx(fitting, abs=1)


def test_more_texts_beside_the_prompts_leave_less_for_them_at_once() -> None:
    pace = Pace(0.15, 16, 512)
    before = settled(pace, 0.03, 0.003)
    pace.took(before, 0.06 + before * 0.003)
    assert 0.06 + pace.tokens * 0.003 < 0.165


def test_a_step_that_others_slowed_down_costs_half_at_most_and_is_forgotten_soon() -> None:
    pace = Pace(0.15, 16, 512)
    before = settled(pace, 0.03, 0.003)
    pace.took(before, 5.0)
    assert pace.tokens == pytest.approx(before / 2, abs=1)
    assert settled(pace, 0.03, 0.003, steps=6) >= before - 3


def test_a_quick_step_with_little_to_do_says_nothing() -> None:
    pace = Pace(0.15, 16, 512)
    before = settled(pace, 0.03, 0.003)
    for tokens, seconds in ((0, 0.03), (3, 0.04), (before - 1, 0.02), (10, 0.0)):
        pace.took(tokens, seconds)
    assert pace.tokens == before
