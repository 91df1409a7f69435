"""How many streams a model follows, from what its decodings take."""

import pytest

from services.stt.engines.ctranslate2.capacity import MOST, streams_in_real_time
from services.stt.listening.listener import Tuning

pytestmark = pytest.mark.unit


def streams(cost_s: float, per_s: float = 0.0, workers: int = 2, tuning: Tuning | None = None) -> int:
    return streams_in_real_time(lambda length, urgency: cost_s + per_s * length, workers, tuning or Tuning())


def test_dearer_decodings_leave_room_for_fewer() -> None:
    counts = [streams(cost) for cost in (0.01, 0.03, 0.1, 0.3, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 4 * counts[2]
    assert streams(0.05, per_s=0.05) < streams(0.05)


def test_more_workers_follow_more() -> None:
    assert streams(0.05, workers=8) >= 4 * streams(0.05, workers=2)


def test_one_stream_is_always_followed_and_never_more_than_the_most() -> None:
    assert streams(100) == 1
    assert streams(0.0, workers=64) == MOST


def test_rarer_captions_leave_room_for_more() -> None:
    assert streams(0.05, tuning=Tuning(partial_at_least_every_s=2.0)) > streams(0.05)
