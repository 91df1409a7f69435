"""How an utterance was spoken: loudness, pace, pauses, fillers."""

import pytest

from services.stt.listening.delivery import QUIETEST_DBFS, WINDOW_S, Window, measure, syllables

pytestmark = pytest.mark.unit

VOICED = Window(probability=0.9, power=0.01)
SILENT = Window(probability=0.05, power=1e-8)


def seconds(window: Window, length: float) -> list[Window]:
    return [window] * round(length / WINDOW_S)


def test_loudness_is_of_voiced_audio_alone() -> None:
    windows = seconds(VOICED, 1) + seconds(SILENT, 1) + seconds(VOICED, 1)
    assert measure(windows, "네").loudness_dbfs == pytest.approx(-20)


def test_of_silence_there_is_nothing_to_measure() -> None:
    metrics = measure(seconds(SILENT, 2), "")
    assert metrics.loudness_dbfs == QUIETEST_DBFS
    assert (metrics.syllables_per_s, metrics.speaking_ratio, metrics.pauses) == (0.0, 0.0, 0)
    assert measure([], "").loudness_dbfs == QUIETEST_DBFS


def test_pace_counts_syllables_by_voiced_time() -> None:
    windows = seconds(SILENT, 1) + seconds(VOICED, 2) + seconds(SILENT, 1)
    assert measure(windows, "안녕하세요 반갑습니다").syllables_per_s == pytest.approx(5, rel=0.02)


def test_silences_inside_longer_than_three_tenths_are_pauses() -> None:
    parts = (VOICED, 1), (SILENT, 0.2), (VOICED, 1), (SILENT, 0.64), (VOICED, 1), (SILENT, 0.4), (VOICED, 1)
    windows = [each for window, length in parts for each in seconds(window, length)]
    metrics = measure(seconds(SILENT, 3) + windows + seconds(SILENT, 3), "")
    assert metrics.pauses == 2
    assert metrics.pause_total_s == pytest.approx(1.04, abs=2 * WINDOW_S)
    assert metrics.speaking_ratio == pytest.approx(4 / 5.24, abs=0.02)


@pytest.mark.parametrize(
    ("text", "count"),
    [("결제 서버", 4), ("2024년", 5), ("payment server", 4), ("API", 2), ("gRPC", 1), ("", 0), ("...", 0)],
)
def test_syllables_are_hangul_blocks_digits_and_groups_of_vowels(text: str, count: int) -> None:
    assert syllables(text) == count


def test_only_words_that_stand_alone_are_fillers() -> None:
    assert measure(seconds(VOICED, 1), "음, 그 저는 음악을 어 좋아합니다").fillers == 3
    assert measure(seconds(VOICED, 1), "Um, I like drums, uh, a lot").fillers == 2
