"""Filling slots with particles that fit, and refusing templates that could go wrong."""

import pytest

from services.session.domain.guard import GuardPolicy
from services.session.domain.question_template import QuestionTemplate, question_fits, template_problems

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("template", "words", "question"),
    [
        ("{skill}을(를) 왜 쓰셨나요?", {"skill": "API"}, "API를 왜 쓰셨나요?"),
        ("{skill}을(를) 왜 쓰셨나요?", {"skill": "SQL"}, "SQL을 왜 쓰셨나요?"),
        ("{job}(으)로 지원하셨나요?", {"job": "서울"}, "서울로 지원하셨나요?"),
        ("'{previous}'(이)라는 말씀인가요?", {"previous": "카프카"}, "'카프카'라는 말씀인가요?"),
        ("'{previous}'(이)라는 말씀인가요?", {"previous": "시스템"}, "'시스템'이라는 말씀인가요?"),
        ("{project}과(와) {skill}은(는)?", {"project": "전환", "skill": "Kafka"}, "전환과 Kafka는?"),
        ("Why {skill}?", {"skill": "Go"}, "Why Go?"),
    ],
)
def test_particles_follow_the_word(template: str, words: dict[str, str], question: str) -> None:
    assert QuestionTemplate.of(template).fill(words) == question


def test_words_with_braces_of_their_own_are_not_filled_again() -> None:
    assert (
        QuestionTemplate.of("{skill}, {project}?").fill({"skill": "{project}", "project": "x"})
        == "{project}, x?"
    )


def test_a_missing_word_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        QuestionTemplate.of("{skill}?").fill({})


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("{skil}을(를) 쓰셨나요?", "ko", "unknown slot"),
        ("{}을(를) 쓰셨나요?", "ko", "unknown slot"),
        ("{skill을(를) 쓰셨나요?", "ko", "brace"),
        ("{skill}를 쓰셨나요?", "ko", "particle"),
        ("'{previous}'이라는 말씀인가요?", "ko", "particle"),
        ("무엇을 하셨나요? 왜 하셨나요?", "ko", "only question mark"),
        ("무엇을 하셨나요", "ko", "only question mark"),
        ("What did you do there?", "ko", "language"),
        ("무엇을 하셨나요?", "en", "language"),
        ("**무엇을** 하셨나요?", "ko", "markup"),
        ("가" * 170 + " {skill}은(는) 무엇인가요?", "ko", "characters long"),
    ],
)
def test_a_template_that_could_go_wrong_is_refused(text: str, language: str, reason: str) -> None:
    found = template_problems(text, language, GuardPolicy())
    assert len(found) == 1
    assert reason in found[0]
    assert "; " in found[0]


def test_a_question_fits_only_whole_and_once() -> None:
    policy = GuardPolicy()
    assert question_fits("어떤 일을 가장 잘하시나요?", "ko", (), policy)
    assert not question_fits("어떤 일을 가장 잘하시나요?", "ko", ("어떤 일을 가장 잘하시나요?",), policy)
    assert not question_fits("어떤 일을 가장 잘하시나요? 네.", "ko", (), policy)
    assert not question_fits("어떤 일을 가장 잘하시나요" + " 정말" * 80 + "?", "ko", (), policy)
