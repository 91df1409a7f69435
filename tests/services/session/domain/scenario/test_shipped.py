"""The scenarios that ship: complete, lawful, and the same interview in both languages."""

import itertools
from pathlib import Path

import pytest

from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.scenario_files import SHIPPED, load_directory
from services.session.domain.question_template import QuestionTemplate
from services.session.domain.scenario import Language, Scenario
from services.session.domain.text import similarity

pytestmark = pytest.mark.unit

CATALOGUE = load_directory(policy=read_policy())
FULL = [CATALOGUE.find(name, lang) for name in ("standard", "career_transition") for lang in Language]
STANDARD_STAGES = (
    "introduction introduction_follow_up motivation skill skill_follow_up experience experience_follow_up "
    "problem_solving problem_solving_follow_up collaboration collaboration_follow_up values values_follow_up "
    "growth closing"
)


def name(scenario: Scenario) -> str:
    return f"{scenario.name}.{scenario.language}"


def test_all_ship_in_both_languages() -> None:
    names = {(s.name, s.language) for s in CATALOGUE.scenarios}
    assert names == set(itertools.product(("standard", "career_transition", "practice"), Language))


def test_the_standard_interview_has_its_fifteen_stages() -> None:
    for language in Language:
        stages = CATALOGUE.find("standard", language).stages
        assert [stage.id for stage in stages] == STANDARD_STAGES.split()


@pytest.mark.parametrize("scenario", FULL, ids=name)
def test_a_full_interview_keeps_its_limits(scenario: Scenario) -> None:
    assert len(scenario.stages) == 15
    assert 6 <= len(scenario.dimensions) <= 8
    for stage in scenario.stages:
        assert 90 <= stage.time_limit_s <= 240
        assert stage.question_deadline_s <= 8
        assert stage.dimensions
        assert (stage.follow_up_rule != "") == (stage.follows is not None)


@pytest.mark.parametrize("scenario", FULL, ids=name)
def test_every_stage_has_questions_with_and_without_resume_words(scenario: Scenario) -> None:
    for stage in scenario.stages:
        slots = [QuestionTemplate.of(text).slots for text in stage.fallbacks]
        assert sum(map(bool, slots)) >= 4, stage.id
        assert slots.count(()) >= 2, stage.id
        if stage.follows:
            assert sum("previous" in each for each in slots) >= 2, stage.id
            assert any(each and "previous" not in each for each in slots), stage.id


@pytest.mark.parametrize("scenario", FULL, ids=name)
def test_no_two_questions_of_an_interview_repeat_each_other(scenario: Scenario) -> None:
    texts = [text for stage in scenario.stages for text in stage.fallbacks]
    alike = [pair for pair in itertools.combinations(texts, 2) if similarity(*pair) >= 0.8]
    assert alike == []


@pytest.mark.parametrize("kind", ["standard", "career_transition", "practice"])
def test_both_languages_run_the_same_interview(kind: str) -> None:
    ko, en = (CATALOGUE.find(kind, language) for language in Language)
    for one, other in zip(ko.stages, en.stages, strict=True):
        for field in ("id", "follows", "patience_s", "time_limit_s", "question_deadline_s", "pause_allowed"):
            assert getattr(one, field) == getattr(other, field), one.id
        assert one.dimensions == other.dimensions
    assert [(d.id, d.weight) for d in ko.dimensions] == [(d.id, d.weight) for d in en.dimensions]


def test_practice_is_one_unscored_question() -> None:
    for language in Language:
        practice = CATALOGUE.find("practice", language)
        assert (len(practice.stages), practice.scored, practice.dimensions) == (1, False, ())


def test_files_lie_beside_the_service() -> None:
    assert isinstance(SHIPPED, Path)
    assert len(list(SHIPPED.glob("*.yaml"))) == 6
