"""How many prompt tokens fit: learnt from what steps took."""

from dataclasses import dataclass

import pytest

from services.llm.engines.llama_cpp.pace import Pace

pytestmark = pytest.mark.unit


@dataclass
class Machine:
    """One on which a step takes so long for each text and each token of a prompt, and at all."""

    fixed_s: float
    text_s: float
    token_s: float

    def seconds(self, writing: int, tokens: int) -> float:
        return (self.fixed_s if writing else 0.0) + writing * self.text_s + tokens * self.token_s

    def steps(self, pace: Pace, writing: int, count: int = 60) -> int:
        """Those before any prompt, then full ones; how many tokens fit in the end."""
        pace.took(writing, 0, self.seconds(writing, 0))
        for _ in range(count):
            tokens = pace.tokens(writing)
            pace.took(writing, tokens, self.seconds(writing, tokens))
        return pace.tokens(writing)


LAPTOP = Machine(0.02, 0.005, 0.003)


@pytest.mark.parametrize(
    ("machine", "fitting"),
    [
        (Machine(0.02, 0.01, 0.003), 40),
        (Machine(0.05, 0.01, 0.0015), 60),
        (Machine(0.003, 0.001, 0.00002), 512),
        (Machine(0.09, 0.01, 0.02), 16),
        (Machine(0.2, 0.1, 0.003), 16),
    ],
)
def test_steps_come_to_take_as_long_as_they_may_on_any_machine(machine: Machine, fitting: int) -> None:
    assert machine.steps(Pace(0.15, 16, 512), 1) == pytest.approx(fitting, abs=1)


def test_at_first_few_are_taken() -> None:
    assert Pace(0.15, 16, 512).tokens(0) == Pace(0.15, 16, 512).tokens(8) == 16
    assert Pace(0.15, 16, 8).tokens(0) == 8


def test_more_texts_beside_the_prompts_leave_less_for_these_in_the_same_step() -> None:
    pace = Pace(0.15, 16, 512)
    LAPTOP.steps(pace, 1)
    for writing in (2, 4, 8):
        pace.took(writing, 0, LAPTOP.seconds(writing, 0))
    for writing in (0, 1, 2, 3, 4, 6, 8):
        assert LAPTOP.seconds(writing, pace.tokens(writing)) == pytest.approx(0.15, abs=0.011)


def test_a_number_of_texts_never_seen_is_taken_to_cost_no_less_than_one_that_was() -> None:
    pace = Pace(0.15, 16, 512)
    LAPTOP.steps(pace, 2)
    assert LAPTOP.seconds(1, pace.tokens(1)) <= 0.15
    assert LAPTOP.seconds(6, pace.tokens(6)) <= 0.15


@pytest.mark.parametrize("seconds", [5.0, 0.0001])
def test_a_strange_step_changes_little_and_is_forgotten_soon(seconds: float) -> None:
    pace = Pace(0.15, 16, 512)
    before = LAPTOP.steps(pace, 4)
    pace.took(4, before, seconds)
    assert before * 0.49 <= pace.tokens(4) <= before * 1.26
    assert LAPTOP.steps(pace, 4, count=6) == pytest.approx(before, abs=3)


def test_a_quick_step_with_little_to_do_says_nothing() -> None:
    pace = Pace(0.15, 16, 512)
    before = LAPTOP.steps(pace, 2)
    for tokens, seconds in ((3, 0.04), (before - 1, 0.02), (10, 0.0)):
        pace.took(2, tokens, seconds)
    assert pace.tokens(2) == before
