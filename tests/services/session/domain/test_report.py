"""Totals, coverage, strengths and gaps of a report."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.behaviour import Behaviour, Timeline, Voice
from services.session.domain.evidence import unanswered
from services.session.domain.report import (
    MIN_COVERAGE,
    SCHEMA,
    Delivery,
    Heading,
    QuestionRecord,
    ReportInput,
    ScoredText,
    Versions,
    build_report,
    report_to_dict,
    rescore,
)
from services.session.domain.rubric import DimensionScore, Evidence, Phrase, ScoreStatus, insufficient
from services.session.domain.scenario import Dimension
from tests.fixtures.reports import NON_ANSWER, report_input

pytestmark = pytest.mark.unit

NAMES = ("a", "b", "c")
TEXT = "커넥션 풀의 누수를 찾아 고쳤습니다"
HEADING = Heading("i-1", "ko", "", "", "", "", "2026-03-02", "2026-03-02T00:00:00Z")


def cell(name, score):
    if score is None:
        return insufficient(name, "non_answer", "m")
    words = (Evidence(0, len(TEXT), TEXT),)
    return DimensionScore(name, score, ScoreStatus.SCORED, words, Phrase("report.reason.model"), "m")


def made(rows, weights=None, rubric=None):
    """A report input from rows of scores, one per question, one place per dimension."""
    dimensions = tuple(Dimension(n, n.upper(), "", (), (rubric or {}).get(n, 1.0)) for n in NAMES)
    records = tuple(
        QuestionRecord(
            number=at + 1,
            turn_id=str(at),
            stage="s",
            stage_title="S",
            question="Q",
            transcript=TEXT,
            dimensions=NAMES,
            scores=tuple(cell(n, s) for n, s in zip(NAMES, row, strict=True)),
            versions=Versions("m"),
        )
        for at, row in enumerate(rows)
    )
    return ReportInput(HEADING, dimensions, records, weights or {})


scores = st.one_of(st.none(), st.integers(1, 5))
tables = st.lists(st.tuples(scores, scores, scores), min_size=1, max_size=15)
weight_maps = st.fixed_dictionaries({n: st.floats(0.1, 5) for n in NAMES})


@given(tables, weight_maps)
def test_a_total_lies_between_one_and_five_and_needs_its_coverage(rows, weights):
    report = build_report(made(rows, weights))
    assert 0 <= report.coverage <= 1
    assert (report.total is None) == (report.coverage < MIN_COVERAGE)
    if report.total is not None:
        assert 1 - 1e-9 <= report.total <= 5 + 1e-9


@given(tables, weight_maps, st.data())
def test_a_better_answer_never_lowers_the_total(rows, weights, data):
    scored = [(r, c) for r, row in enumerate(rows) for c, s in enumerate(row) if s is not None and s < 5]
    before = build_report(made(rows, weights)).total
    if not scored or before is None:
        return
    r, c = data.draw(st.sampled_from(scored))
    better = [list(row) for row in rows]
    better[r][c] += 1
    assert build_report(made(better, weights)).total > before - 1e-9


@given(tables, st.integers(0, 99))
def test_the_order_of_what_comes_in_does_not_matter(rows, seed):
    source = made(rows)
    shuffled = list(source.questions)
    random.Random(seed).shuffle(shuffled)
    mixed = [replace(q, scores=tuple(random.Random(seed).sample(q.scores, len(q.scores)))) for q in shuffled]
    assert build_report(replace(source, questions=tuple(mixed))) == build_report(source)


@given(tables)
def test_the_total_is_the_mean_of_what_has_evidence(rows):
    report = build_report(made(rows))
    found = [s for row in rows for s in row if s is not None]
    assert report.coverage == pytest.approx(len(found) / (3 * len(rows)))
    if report.total is not None:
        assert report.total == pytest.approx(sum(found) / len(found))


def test_talent_weights_multiply_the_rubrics():
    report = build_report(made([(5, 1, None), (5, 1, 1)], {"a": 3.0}, {"b": 2.0}))
    assert report.total == pytest.approx((2 * 5 * 3 + 2 * 1 * 2 + 1) / (2 * 3 + 2 * 2 + 1))
    assert dict(report.weights) == {"a": 3.0, "b": 2.0, "c": 1.0}


def test_a_dimension_of_no_weight_counts_neither_for_the_total_nor_for_coverage():
    report = build_report(made([(5, None, None)], {"b": 0.0, "c": 0.0}))
    assert (report.total, report.coverage) == (5.0, 1.0)


def test_no_weight_at_all_gives_no_total():
    report = build_report(made([(5, 5, 5)], dict.fromkeys(NAMES, 0.0)))
    assert (report.total, report.coverage) == (None, 0.0)


def test_below_sixty_percent_there_is_no_total_and_the_summary_says_so():
    report = build_report(made([(5, None, None), (5, 5, None)]))
    assert (report.total, report.coverage) == (None, 0.5)
    assert report.summary[0] == Phrase.of("report.summary.no_total", coverage="50", needed="60")


def test_exactly_sixty_percent_gives_a_total():
    report = build_report(made([(4, 4, 4), (4, 4, 4), (4, 4, 4), (None, None, None), (None, None, None)]))
    assert (report.total, report.coverage) == (4.0, 0.6)


def test_an_unanswered_question_counts_against_coverage():
    source = made([(4, 4, 4), (4, 4, 4)])
    silent = replace(source.questions[1], transcript="", scores=unanswered(NAMES, "m"))
    assert build_report(replace(source, questions=(source.questions[0], silent))).coverage == 0.5


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_interview_of_i_do_not_know_has_no_number_anywhere(language):
    report = build_report(report_input(language, **{f"q{n}": NON_ANSWER[language] for n in range(1, 9)}))
    assert (report.total, report.coverage) == (None, 0.0)
    assert all(each.score is None for each in report.dimensions)
    assert all(score.score is None for question in report.questions for score in question.scores)
    assert report.summary[0] == Phrase("report.summary.nothing")
    assert (report.strengths, report.improvements) == ((), ())


def test_a_score_whose_words_are_not_in_the_text_becomes_insufficient():
    source = made([(5, 5, 5)])
    moved = replace(source.questions[0], transcript="다른 말을 했습니다. 정말입니다.")
    report = build_report(replace(source, questions=(moved,)))
    assert report.total is None
    assert {score.reason.key for score in report.questions[0].scores} == {"report.reason.not_in_transcript"}


def test_a_corrected_answer_keeps_its_original_and_says_which_text_was_scored():
    source = made([(5, 5, 5)])
    fixed = replace(source.questions[0], corrected="고친 글입니다.", scored_text=ScoredText.ORIGINAL)
    report = build_report(replace(source, questions=(fixed,)))
    assert report.total == 5.0
    assert (report.questions[0].transcript, report.questions[0].corrected) == (TEXT, "고친 글입니다.")
    on_correction = replace(fixed, scored_text=ScoredText.CORRECTED)
    assert build_report(replace(source, questions=(on_correction,))).total is None


def test_strengths_and_improvements_come_from_evidence_and_never_name_one_dimension_twice():
    report = build_report(made([(5, 2, None), (4, 1, None), (5, 4, None)]))
    assert [(each.dimension, each.score, each.question) for each in report.strengths] == [("a", 5, 1)]
    assert [(each.dimension, each.score, each.question) for each in report.improvements] == [("b", 1, 2)]
    assert report.gaps == ("C",)
    assert all(each.evidence.text == TEXT for each in (*report.strengths, *report.improvements))
    assert [phrase.key for phrase in report.summary] == [
        "report.summary.total",
        "report.summary.strength",
        "report.summary.gap",
    ]


def test_rescoring_keeps_both_versions():
    source = made([(5, 1, 3)])
    first = build_report(source)
    both = rescore((first,), replace(source, weights={"a": 10.0}))
    assert both[0] == first
    assert [each.revision for each in both] == [1, 2]
    assert both[1].total > first.total


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="negative: b"):
        build_report(made([(5, 5, 5)], {"b": -1.0}))


def test_two_questions_with_one_number_are_refused():
    source = made([(5, 5, 5)])
    with pytest.raises(ValueError, match="same number"):
        build_report(replace(source, questions=source.questions * 2))


def test_the_dict_form_is_plain_json_and_names_its_schema():
    report = build_report(report_input("ko"))
    plain = report_to_dict(report)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["schema"] == SCHEMA
    assert list(plain)[:4] == ["schema", "revision", "heading", "total"]
    assert plain["questions"][0]["scores"][0]["status"] == "scored"
    assert plain["questions"][0]["versions"]["engine"] == "lightweight/1"


def spoken(source, *confidences):
    """The same input with voices of that confidence; None for a typed answer."""

    def heard(confidence):
        if confidence is None:
            return None
        voice = Voice(10.0, 5.0, -30.0, 1, 0.5, 0, 0.8, confidence, confidence, confidence)
        return Behaviour(voice, None, Timeline(10.0, (), ()), ())

    records = zip(source.questions, confidences, strict=True)
    return replace(source, questions=tuple(replace(each, behaviour=heard(c)) for each, c in records))


def test_behaviour_counts_nowhere_unless_the_company_scores_it():
    source = made([(3, 3, 3), (3, 3, 3)])
    plain, seen = build_report(source), build_report(spoken(source, 1.0, 0.0))
    assert (seen.total, seen.dimensions, seen.delivery) == (plain.total, plain.dimensions, None)


def test_where_it_is_scored_the_voice_weighs_as_one_more_score():
    source = replace(spoken(made([(3, 3, 3), (3, 3, 3)]), 1.0, 0.5), score_delivery=True)
    report = build_report(source)
    assert report.delivery == Delivery(score=4.0, weight=1.0, answers=2)
    assert report.total == pytest.approx((6 * 3 + 4) / 7)
    assert report.coverage == 1.0


def test_a_talent_profile_weighs_the_voice_by_its_name():
    source = replace(spoken(made([(3, 3, 3)], {"delivery": 3.0}), 1.0), score_delivery=True)
    assert build_report(source).total == pytest.approx((3 * 3 + 3 * 5) / 6)
    silent = replace(source, weights={"delivery": 0.0})
    assert (build_report(silent).total, build_report(silent).delivery) == (3.0, None)


def test_a_typed_answer_counts_neither_for_nor_against_its_candidate():
    source = replace(spoken(made([(3, 3, 3), (3, 3, 3)]), 0.5, None), score_delivery=True)
    assert build_report(source).delivery == Delivery(score=3.0, weight=1.0, answers=1)
    typed = replace(spoken(made([(3, 3, 3)]), None), score_delivery=True)
    assert (build_report(typed).delivery, build_report(typed).total) == (None, 3.0)


def test_the_voice_makes_no_total_where_answers_have_too_little_evidence():
    source = replace(spoken(made([(3, None, None)]), 1.0), score_delivery=True)
    assert build_report(source).total is None
