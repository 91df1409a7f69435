"""What a decoder says that nobody said."""

import pytest

from services.stt.listening.hallucination import (
    believed,
    compression,
    is_invented,
    loops,
    repetition_start,
    token_cap,
    without_loop,
)
from services.stt.listening.hypothesis import Hypothesis, text_of
from services.stt.listening.phrases import PHANTOMS
from tests.services.stt.listening.script import words

pytestmark = pytest.mark.unit


def test_a_loop_is_seen_and_what_was_said_before_it_is_kept() -> None:
    said = words("저는 네 네 네 네 네")
    assert loops(said)
    assert text_of(without_loop(said)) == "저는 네"
    assert not loops(words("저는 결제 서버를 만들었습니다"))


def test_four_rounds_of_up_to_six_words_are_a_loop_and_three_are_emphasis() -> None:
    assert repetition_start(words("정말 정말 정말 좋았습니다")) is None
    assert repetition_start(words("처음에 " + "이 말을 또 합니다 " * 4)) == 5
    assert repetition_start(words("하나 둘 셋 넷 다섯 여섯 " * 4)) == 6
    assert repetition_start(words("하나 둘 셋 넷 다섯 여섯 일곱 " * 4)) is None


def test_a_repetition_too_long_to_count_is_told_by_its_compression_and_none_of_it_is_kept() -> None:
    said = words("하나 둘 셋 넷 다섯 여섯 일곱 " * 6)
    assert compression(text_of(said)) > 2.4
    assert without_loop(said) == ()


def test_a_short_text_never_looks_compressed() -> None:
    assert compression("네 네") < 1
    assert compression("") == 0


def test_no_speech_and_an_unlikely_text_must_agree() -> None:
    assert is_invented("무슨 말", 0.9, -1.5)
    assert not is_invented("무슨 말", 0.9, -0.5)
    assert not is_invented("무슨 말", 0.5, -1.5)


@pytest.mark.parametrize("phrase", PHANTOMS)
def test_a_known_phantom_needs_less_evidence_but_both_kinds(phrase: str) -> None:
    assert is_invented(phrase, 0.3, -0.7)
    assert not is_invented(phrase, 0.3, -0.1)
    assert not is_invented(phrase, 0.1, -0.7)


def test_punctuation_and_case_do_not_hide_a_phantom() -> None:
    assert is_invented("Thank you for watching!", 0.3, -0.7)
    assert is_invented("시청해주셔서, 감사합니다.", 0.3, -0.7)


def test_of_what_is_not_believed_no_word_is_left_and_the_figures_stay() -> None:
    heard = Hypothesis(words("구독과 좋아요"), avg_log_prob=-0.8, no_speech=0.4)
    assert believed(heard) == Hypothesis(avg_log_prob=-0.8, no_speech=0.4)
    said = Hypothesis(words("감사합니다"), avg_log_prob=-0.2, no_speech=0.4)
    assert believed(said) is said


def test_nobody_speaks_more_than_eight_tokens_a_second_and_eight() -> None:
    assert [token_cap(seconds) for seconds in (0, 2.5, 25)] == [8, 28, 208]
