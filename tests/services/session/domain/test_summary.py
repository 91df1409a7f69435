"""Shorter forms: what of a model's text is kept, and what plain code makes of old turns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.prompts import PromptTurn
from services.session.domain.summary import (
    MAX_DIGEST_LINE_CHARS,
    MAX_DIGEST_LINES,
    MAX_SUMMARY_CHARS,
    extracted_summary,
    tidy_digest,
    tidy_summary,
)
from tests.services.session.domain.interviews import scenario

pytestmark = pytest.mark.unit
PLAN = scenario("first", "second", "third")


def turns(*answers: str) -> list[PromptTurn]:
    return [PromptTurn(PLAN.stages[n % 3], (), "질문?", answer) for n, answer in enumerate(answers)]


def test_a_digest_loses_its_marks_and_empty_lines() -> None:
    assert (
        tidy_digest("# 요약\n\n- Kafka로 옮김\n  • 지연을 절반으로\n")
        == "- 요약\n- Kafka로 옮김\n- 지연을 절반으로"
    )


@given(st.text(max_size=4000))
def test_a_digest_is_bounded_whatever_a_model_says(text: str) -> None:
    lines = tidy_digest(text).splitlines()
    assert len(lines) <= MAX_DIGEST_LINES
    assert all(len(line) <= MAX_DIGEST_LINE_CHARS + 2 for line in lines)
    assert all(line.strip("- ") for line in lines)


def test_a_digest_of_nothing_is_empty() -> None:
    assert tidy_digest(" \n - \n##\n") == ""


def test_a_long_summary_ends_with_a_whole_sentence() -> None:
    text = "지원자는 결제 서버를 맡았습니다. " * 200
    kept = tidy_summary(text)
    assert len(kept) <= MAX_SUMMARY_CHARS
    assert kept.endswith("맡았습니다.")


def test_an_extract_tells_each_turn_s_stage_and_the_first_sentences_of_its_answer() -> None:
    told = extracted_summary(
        turns("캐시를 고쳤습니다. " + "그리고 길게 말했습니다. " * 30, "짧은 답"), "앞서 인사했습니다."
    )
    assert told.startswith("앞서 인사했습니다.")
    assert f"{PLAN.stages[0].title}: 캐시를 고쳤습니다." in told
    assert f"{PLAN.stages[1].title}: 짧은 답" in told
    assert len(told) < 400


def test_what_was_told_longest_ago_goes_first() -> None:
    told = extracted_summary(turns(*[f"{n}번 답입니다. " + "가" * 150 for n in range(40)]), "맨 처음")
    assert len(told) <= MAX_SUMMARY_CHARS
    assert "39번 답입니다." in told
    assert "맨 처음" not in told
    assert "0번 답입니다. 가" not in told.partition("30번")[0]


@given(st.lists(st.text(max_size=300), max_size=20), st.text(max_size=3000))
def test_an_extract_is_bounded_and_the_same_every_time(answers: list[str], before: str) -> None:
    told = extracted_summary(turns(*answers), before)
    assert len(told) <= MAX_SUMMARY_CHARS
    assert told == extracted_summary(turns(*answers), before)
