"""Scoring without a model: apt answers beat shuffled ones, and nothing is earned by not answering."""

import statistics
from dataclasses import fields

import pytest

from services.session.domain.evaluator import AnswerContext, evaluate, relevance
from services.session.domain.evidence import AnswerWarning
from services.session.domain.report import Heading, QuestionRecord, ReportInput
from tests.fixtures.answers import compose
from tests.fixtures.reports import NON_ANSWER, ORDER, TOPICS, context, record

pytestmark = pytest.mark.unit

LANGUAGES = ["ko", "en"]
RESUMES = {
    "ko": [TOPICS["ko"], ("쿠버네티스", "파이썬", "검색 엔진", "데이터 파이프라인", "모니터링")],
    "en": [TOPICS["en"], ("Kubernetes", "Python", "search engine", "data pipeline", "monitoring")],
}


def corpus(language, seed):
    """32 questions, each with an answer made for it: 8 stages, 2 résumés, 2 turns of topics."""
    contexts = []
    for topics in RESUMES[language]:
        contexts += [
            context(language, at, topics[turn:] + topics[:turn]) for at in range(8) for turn in (0, 2)
        ]
    return [
        (c, compose(c.question, c.stage.id, language, c.topics, seed + i)) for i, c in enumerate(contexts)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled_answers_are_less_relevant_than_matched_ones(language, seed):
    pairs = corpus(language, seed)
    assert len(pairs) >= 30
    matched = [relevance(answer, held) for held, answer in pairs]
    shuffled = [[relevance(other, held) for _, other in pairs if other != answer] for held, answer in pairs]
    wins = [own > other for own, others in zip(matched, shuffled, strict=True) for other in others]
    assert statistics.mean(matched) > statistics.mean(each for others in shuffled for each in others) + 0.2
    assert statistics.mean(wins) >= 0.8


@pytest.mark.parametrize("language", LANGUAGES)
def test_shuffled_answers_earn_lower_scores(language):
    pairs = corpus(language, 5)
    half = len(pairs) // 2

    def mean(answer_of):
        scored = [evaluate(answer_of(i), held).scores for i, (held, _) in enumerate(pairs)]
        return statistics.mean(each.score or 0 for scores in scored for each in scores)

    assert mean(lambda i: pairs[i][1]) > mean(lambda i: pairs[(i + half + 3) % len(pairs)][1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_score_of_a_composed_answer_quotes_it(language):
    for held, answer in corpus(language, 7):
        result = evaluate(answer, held)
        assert [each.dimension for each in result.scores] == [each.id for each in held.dimensions]
        for each in result.scores:
            assert each.score is not None
            assert all(answer[e.start : e.end] == e.text for e in each.evidence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_fifteen_times_i_do_not_know_earns_no_score_anywhere(language):
    for at in range(15):
        result = evaluate(NON_ANSWER[language], context(language, at))
        assert all(each.score is None for each in result.scores)
        assert result.features.relevance == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_echoing_the_question_earns_no_score(language):
    for at in range(8):
        held = context(language, at)
        for text in (held.question, f"{held.question} {held.question}", ""):
            assert all(each.score is None for each in evaluate(text, held).scores)


@pytest.mark.parametrize("language", LANGUAGES)
def test_orders_earn_no_score_and_do_not_raise_one(language):
    held = context(language, 4)
    alone = evaluate(ORDER[language].strip() * 3, held)
    assert all(each.score is None for each in alone.scores)
    plain, with_order = (
        record(language, 4),
        record(language, 4, record(language, 4).transcript + ORDER[language]),
    )
    assert [s.score for s in with_order.scores] == [s.score for s in plain.scores]
    assert with_order.warnings == (AnswerWarning.ADDRESSES_GRADER,)


def test_a_richer_answer_scores_higher_than_a_vague_one():
    held = context("ko", 4)
    vague = evaluate("그냥 열심히 노력해서 여러 가지 방법으로 잘 처리한 것 같습니다.", held)
    rich = evaluate(compose(held.question, held.stage.id, "ko", held.topics, 1), held)
    assert rich.features.structure > vague.features.structure
    assert rich.features.specificity > vague.features.specificity
    assert min(s.score for s in rich.scores) > max(s.score or 0 for s in vague.scores)


def test_accommodations_and_behaviour_are_no_input_of_scoring_an_answer():
    assert {each.name for each in fields(AnswerContext)} == {
        *("question", "stage", "dimensions", "topics", "language"),
    }


def test_accommodations_are_no_input_of_a_report():
    names = {each.name for kind in (ReportInput, QuestionRecord, Heading) for each in fields(kind)}
    assert [name for name in names if "accommodation" in name] == []
    assert {each.name for each in fields(ReportInput)} == {
        *("heading", "dimensions", "questions", "weights", "score_delivery"),
    }


def test_a_composed_answer_is_the_same_for_the_same_seed_and_another_for_another():
    held = context("ko", 2)
    made = [compose(held.question, held.stage.id, "ko", held.topics, seed) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
