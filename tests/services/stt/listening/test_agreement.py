"""What is settled once two hypotheses agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stt.listening.agreement import LocalAgreement
from services.stt.listening.hypothesis import text_of
from tests.services.stt.listening.script import words

pytestmark = pytest.mark.unit

texts = st.lists(st.sampled_from("가나다"), max_size=6).map(" ".join)


def after(*hypotheses: str) -> tuple[str, str]:
    agreement = LocalAgreement()
    for hypothesis in hypotheses:
        agreement.hear(words(hypothesis))
    return text_of(agreement.committed), text_of(agreement.unstable)


def test_one_hypothesis_settles_nothing() -> None:
    assert after("저는 결제 서버를") == ("", "저는 결제 서버를")


def test_the_beginning_that_two_in_a_row_share_is_settled() -> None:
    assert after("저는 결제 서버", "저는 결제 서버를 만들") == ("저는 결제", "서버를 만들")


def test_agreement_ends_at_the_first_difference() -> None:
    assert after("가 나 다", "가 라 다") == ("가", "라 다")


def test_a_word_is_settled_by_two_in_a_row_and_not_by_two_apart() -> None:
    assert after("가", "나", "가") == ("", "가")


def test_what_contradicts_settled_words_changes_nothing() -> None:
    assert after("가 나", "가 나 다", "라 나 다 마") == ("가 나", "다")
    assert after("가 나", "가 나 다", "가") == ("가 나", "다")


def test_settled_words_stand_in_the_place_of_a_finals_first_words() -> None:
    agreement = LocalAgreement()
    agreement.hear(words("가 나"))
    agreement.hear(words("가 나 다"))
    assert text_of(agreement.kept(words("라 마 다 바"))) == "가 나 다 바"


@given(st.lists(texts, max_size=12))
def test_settled_text_only_grows(hypotheses: list[str]) -> None:
    agreement = LocalAgreement()
    for hypothesis in hypotheses:
        before = agreement.committed
        agreement.hear(words(hypothesis))
        assert agreement.committed[: len(before)] == before
