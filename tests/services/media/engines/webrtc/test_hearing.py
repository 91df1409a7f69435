"""Gaps, stalls and bursts, by a virtual clock."""

from fractions import Fraction

import numpy as np
import pytest
from av import AudioFrame

from services.media.engines.webrtc.hearing import LONGEST_GAP_S, SILENCE_S, STALL_S, Hearing
from services.media.peer import HEARD_PIECE_BYTES

pytestmark = pytest.mark.unit

LOUD = 8_000


class Ears:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.missed_s = 0.0
        self.hearing = Hearing(self.pieces.append, self.miss, 0.0)

    def miss(self, samples: int) -> None:
        self.missed_s += samples / 16_000

    def frame(self, number: int, now: float) -> None:
        samples = np.full((1, 1_920), LOUD, dtype="<i2")
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), number * 960
        self.hearing.take(frame, now)

    def on_time(self, *numbers: int) -> None:
        for number in numbers:
            self.frame(number, (number + 1) * 0.02)

    @property
    def seconds(self) -> float:
        return len(self.pieces) * 0.02

    def loud(self) -> list[bool]:
        return [bool(np.abs(np.frombuffer(piece, "<i2")).max() > LOUD / 2) for piece in self.pieces]


def test_frames_without_a_gap_are_pieces_of_20_ms() -> None:
    ears = Ears()
    ears.on_time(*range(100))
    assert {len(piece) for piece in ears.pieces} == {HEARD_PIECE_BYTES}
    assert ears.seconds == pytest.approx(2.0, abs=0.021)
    assert all(ears.loud())


def test_a_gap_between_packets_is_silence_of_its_length() -> None:
    ears = Ears()
    ears.on_time(*range(50), *range(60, 100))
    assert ears.seconds == pytest.approx(2.0, abs=0.021)
    assert 9 <= ears.loud().count(False) <= 11


def test_a_sender_that_stalls_is_silence_until_it_comes_back_and_the_gap_is_not_filled_twice() -> None:
    ears = Ears()
    ears.on_time(*range(50))
    for tenth in range(1, 11):
        ears.hearing.tick(1.0 + tenth / 10)
    assert ears.seconds == pytest.approx(2.0 - STALL_S, abs=0.021)
    ears.frame(100, 2.02)
    assert ears.seconds == pytest.approx(2.02, abs=0.041)
    assert ears.missed_s == 0


@pytest.mark.parametrize("ticks", [True, False])
def test_of_a_long_stall_one_second_is_silence_and_the_rest_is_missed(ticks: bool) -> None:
    ears = Ears()
    ears.on_time(*range(50))
    for tenth in range(1, 51 if ticks else 1):
        ears.hearing.tick(1.0 + tenth / 10)
    ears.frame(300, 6.02)
    assert ears.seconds == pytest.approx(1.0 + SILENCE_S + 0.02, abs=0.041)
    assert ears.seconds + ears.missed_s == pytest.approx(6.02, abs=0.041)


def test_what_comes_late_after_a_stall_is_heard_in_full() -> None:
    ears = Ears()
    ears.on_time(*range(50))
    for tenth in range(1, 11):
        ears.hearing.tick(1.0 + tenth / 10)
    for number in range(50, 100):
        ears.frame(number, 2.0)
    assert ears.loud().count(True) >= 99
    ears.on_time(*range(135, 200))
    assert ears.seconds == pytest.approx(4.0, abs=0.041), "a real gap makes up for the silence stood in"


def test_somebody_who_sends_nothing_at_all_is_silence_for_a_second() -> None:
    ears = Ears()
    for tenth in range(1, 51):
        ears.hearing.tick(tenth / 10)
    assert ears.seconds == pytest.approx(SILENCE_S, abs=0.021)
    assert not any(ears.loud())


@pytest.mark.parametrize("number", [round(LONGEST_GAP_S * 50) + 200, 2**31 // 960])
def test_a_clock_that_jumps_far_makes_no_silence(number: int) -> None:
    ears = Ears()
    ears.on_time(*range(50))
    ears.frame(number, 1.02)
    ears.frame(0, 1.04)
    assert ears.seconds == pytest.approx(1.04, abs=0.021)
