"""How long a silence may last after which ending."""

import pytest

from services.stt.listening.endings import RULES, ends_a_sentence, rule_for

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("결제 서버를 만들었습니다", "sentence_final"),
        ("왜 그럴까요?", "question"),
        ("서버를 만들었는데", "connective"),
        ("그래서", "connective"),
        ("저는 음", "filler"),
        ("잠시만요", "hold"),
        ("제가 했거든요", "trailing"),
        ("제가 맡은 서버는...", "trailing"),
        ("제가 맡은 서버는…", "trailing"),
        ("결제 서버", "patience"),
        ("I built the payment server.", "sentence_final"),
        ("I built it because", "connective"),
        ("well um", "filler"),
        ("let me think", "hold"),
    ],
)
def test_the_ending_decides(text: str, rule: str) -> None:
    assert rule_for(text).name == rule


def test_a_model_that_hears_the_turn_overrules_all_but_a_request_to_wait() -> None:
    assert rule_for("만들었는데", 0.9).name == "audio_complete"
    assert rule_for("만들었습니다", 0.1).name == "audio_incomplete"
    assert rule_for("잠시만요", 0.9).name == "hold"


def test_a_finished_sentence_shortens_the_wait_and_an_open_one_stretches_it() -> None:
    factors = {rule.name: rule.factor for rule in RULES}
    assert factors["sentence_final"] < 1 < factors["connective"] < factors["filler"] < factors["hold"]


@pytest.mark.parametrize("text", ["음악", "그림", "저수지", "의자", "나무", "데이터", "하나"])
def test_a_noun_that_only_begins_or_ends_like_a_listed_word_is_neither(text: str) -> None:
    assert rule_for(text).name == "patience"


def test_the_last_word_counts_and_not_one_before_it() -> None:
    assert rule_for("잠시만요 저는 결제 서버를 만들었습니다").name == "sentence_final"
    assert rule_for("음 그래서 저는 개발자입니다").name == "sentence_final"


def test_a_sentence_has_ended_where_less_than_the_patience_is_enough() -> None:
    ended = ["만들었습니다", "왜 그럴까요?", "I built it."]
    open_ = ["만들었는데", "저는 음", "결제 서버", "제가 했거든요", "잠시만요", ""]
    assert [text for text in ended + open_ if ends_a_sentence(text)] == ended
    assert ends_a_sentence("결제 서버", 0.9)
    assert not ends_a_sentence("만들었습니다", 0.1)
