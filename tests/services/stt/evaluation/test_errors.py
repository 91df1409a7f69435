import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stt.evaluation.errors import Count, errors_of, total

pytestmark = pytest.mark.unit
korean = st.text(st.sampled_from("가나다라 "), max_size=12)


def test_a_missing_space_is_an_error_of_words_and_not_of_characters() -> None:
    errors = errors_of("오늘 날씨가 좋습니다.", "오늘날씨가 좋습니다")
    assert errors.characters.errors == 0
    assert errors.characters_with_spaces == Count(deletions=1, length=11)
    assert errors.eojeols == Count(substitutions=1, deletions=1, length=3)


def test_one_wrong_particle_costs_one_character_or_a_whole_eojeol() -> None:
    errors = errors_of("서버를 고쳤습니다", "서버가 고쳤습니다")
    assert errors.characters.rate == pytest.approx(1 / 8)
    assert errors.eojeols.rate == pytest.approx(1 / 2)


def test_words_made_up_in_silence_have_no_finite_rate() -> None:
    assert errors_of("", "감사합니다").characters.rate == math.inf
    assert errors_of("", "").characters.rate == 0


def test_more_can_be_made_up_than_was_said() -> None:
    assert errors_of("네", "네네네네").characters.rate == 3


def test_a_long_recording_weighs_more_than_a_short_one() -> None:
    all_of_them = total([errors_of("가나다라마바사아자", "가나다라마바사아자"), errors_of("가", "나")])
    assert all_of_them.characters.rate == pytest.approx(1 / 10)


@given(korean, korean)
def test_errors_lie_between_the_difference_of_lengths_and_the_longer_one(said: str, heard: str) -> None:
    count = Count.between(said, heard)
    assert abs(len(said) - len(heard)) <= count.errors <= max(len(said), len(heard))
    assert count.insertions - count.deletions == len(heard) - len(said)


@given(korean, korean)
def test_hearing_and_saying_exchanged_exchange_deletions_and_insertions(said: str, heard: str) -> None:
    assert Count.between(said, heard).errors == Count.between(heard, said).errors


@given(korean)
def test_what_is_heard_as_said_has_no_error(said: str) -> None:
    assert errors_of(said, said).eojeols.errors == 0
