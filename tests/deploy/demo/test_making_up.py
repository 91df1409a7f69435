"""What a demonstration makes up: equal for equal seeds, plausible to the product's own reading."""

import io
import re

import pdfplumber
import pytest

from deploy.demo.composer import compose, family, phrasebook
from deploy.demo.resumes import compose_resume, draw_resume
from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.domain.resumes.resume import understand

pytestmark = pytest.mark.unit
LANGUAGES = ["ko", "en"]
SEEDS = range(40)
QUESTIONS = {
    "ko": [
        "왜요?",
        "결제 시스템을 개편하면서 동료와 의견이 달랐던 점은 무엇이었나요?",
        "Kafka{2}를 쓰셨나요?",
    ],
    "en": ["Why?", "Where did you and a colleague disagree about the payment system?", "Did {n} help?"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_seeds_make_equal_resumes_and_others_others(language: str) -> None:
    made = [compose_resume(language, seed) for seed in SEEDS]
    assert made == [compose_resume(language, seed) for seed in SEEDS]
    assert len(set(made)) == len(made)
    assert draw_resume(made[0], language) == draw_resume(made[0], language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_product_understands_a_made_up_resume(language: str) -> None:
    for seed in SEEDS:
        text = compose_resume(language, seed)
        assert "{" not in text
        found = understand(text, resume_words(), masking_rules(), language)
        assert len(found.skills) >= 5, text
        assert len(found.topics.projects) == 2, text
        assert len(found.topics.employers) == 2, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drawn_resume_holds_every_line(language: str) -> None:
    text = compose_resume(language, 1)
    with pdfplumber.open(io.BytesIO(draw_resume(text, language))) as pdf:
        drawn = "".join(page.extract_text() for page in pdf.pages)
    assert re.sub(r"\s", "", drawn) == re.sub(r"\s", "", text)


def test_a_long_resume_takes_several_pages() -> None:
    with pdfplumber.open(io.BytesIO(draw_resume("\n".join(map(str, range(100))), "en"))) as pdf:
        assert len(pdf.pages) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_answer_fills_its_slots_for_any_question(language: str) -> None:
    for stage in phrasebook(language).families:
        for question in QUESTIONS[language]:
            for seed in SEEDS:
                answer = compose(question, stage, language, ("캐시", "{n}"), seed)
                assert not re.search(r"\{(topic|other|word|who|pct)\}", answer)
                assert len(answer) > 60


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        ("introduction_follow_up", "introduction"),
        ("transition_reason", "motivation"),
        ("transferable_skill", "skill"),
        ("learning_follow_up", "growth"),
        ("problem_solving", "problem"),
        ("nobody_knows", "experience"),
    ],
)
def test_a_stage_is_answered_in_its_kind(stage: str, kind: str) -> None:
    assert family(stage) == kind
