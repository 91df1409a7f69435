"""Where sound lies in a recording, by a virtual clock."""

import random

import numpy as np
import pytest

from services.media.recording.lanes import HOLD_S, RATE_HZ, Lane, TwoLanes

pytestmark = pytest.mark.unit

PIECE = RATE_HZ // 50
BEEP = np.full(PIECE, 9_000, dtype="<i2").tobytes()
QUIET = bytes(PIECE * 2)


def record(seconds: float, *, speed: float = 1.0, jitter_s: float = 0.0) -> np.ndarray:
    """A candidate that beeps for 20 ms each second, by a clock that runs `speed` times as fast as ours;
    the interviewer says nothing."""
    chance, lanes, written = random.Random(1), TwoLanes(), bytearray()
    latest = 0.0
    for number in range(round(seconds * 50 * speed)):
        latest = max(latest, (number + 1) * 0.02 / speed + chance.uniform(0, jitter_s))
        now = round(latest * RATE_HZ)
        beeps = int(number * 0.02 / speed) != int((number + 1) * 0.02 / speed)
        lanes.left.add(BEEP if beeps else QUIET, now)
        written += lanes.ready(now)
    written += lanes.rest()
    return np.frombuffer(bytes(written), "<i2").reshape(-1, 2)


def beeps(samples: np.ndarray) -> np.ndarray:
    """The seconds at which beeps end."""
    loud = np.abs(samples) > 1_000
    return (np.flatnonzero(loud[:-1] & ~loud[1:]) + 1) / RATE_HZ


@pytest.mark.parametrize("speed", [1.0, 1.0002, 0.9998])
def test_ten_minutes_drift_less_than_50_ms_whatever_the_clock_of_the_browser(speed: float) -> None:
    recorded = record(600, speed=speed, jitter_s=0.01)
    found = beeps(recorded[:, 0])
    assert len(found) >= 598
    assert np.abs(found - np.round(found)).max() < 0.05
    assert not recorded[:, 1].any()


def test_what_arrives_in_a_burst_keeps_its_length_and_its_place() -> None:
    lane = Lane()
    for number in range(50):
        lane.add(QUIET, (number + 1) * PIECE)
    for _ in range(25):
        lane.add(BEEP, 75 * PIECE)
    for number in range(75, 250):
        lane.add(QUIET, (number + 1) * PIECE)
    samples = np.array(lane.take(lane.end))
    loud = np.flatnonzero(samples)
    assert len(loud) == 25 * PIECE
    assert abs(loud[0] - 50 * PIECE) <= PIECE


def test_a_voice_that_sends_nothing_is_silence_beside_the_other() -> None:
    lanes = TwoLanes()
    for number in range(500):
        lanes.right.add(BEEP, (number + 1) * PIECE)
    both = np.frombuffer(lanes.ready(500 * PIECE), "<i2").reshape(-1, 2)
    assert len(both) == 500 * PIECE - HOLD_S * RATE_HZ
    assert not both[:, 0].any()
    assert both[:, 1].all()


def test_a_pause_of_both_is_as_long_in_the_recording() -> None:
    lanes = TwoLanes()
    lanes.left.add(BEEP, PIECE)
    lanes.left.add(BEEP, 60 * RATE_HZ)
    for number in range(100):
        lanes.left.add(QUIET, 60 * RATE_HZ + (number + 1) * PIECE)
    ends = beeps(np.frombuffer(lanes.rest(), "<i2")[0::2])
    assert ends[1] - ends[0] == pytest.approx(60 - 0.02, abs=0.05)
