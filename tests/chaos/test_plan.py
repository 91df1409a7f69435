"""What the seeds kill, before anything is killed."""

from collections import Counter

import pytest

from tests.chaos.plan import POINTS, SEEDS, VICTIMS, kills

pytestmark = pytest.mark.unit


def test_fifty_seeds_kill_every_process_often() -> None:
    killed = Counter(kill.victim for seed in SEEDS for kill in kills(seed))
    assert len(SEEDS) >= 50
    assert killed.keys() == VICTIMS.keys()
    assert min(killed.values()) >= 8
    assert killed["session"] == max(killed.values())


def test_they_kill_at_every_point_and_between() -> None:
    points = Counter(kill.point for seed in SEEDS for kill in kills(seed))
    assert points.keys() == {"", *POINTS}


def test_a_seed_always_plans_the_same() -> None:
    assert [kills(seed) for seed in SEEDS] == [kills(seed) for seed in SEEDS]
    assert len({tuple(map(str, kills(seed))) for seed in SEEDS}) == len(SEEDS)
