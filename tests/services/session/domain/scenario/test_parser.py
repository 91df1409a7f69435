"""Every way a scenario file can be wrong is told with its line, and all of them at once."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.forbidden_topics import read_policy
from services.session.domain.scenario import Language, Problem, ScenarioError, parse_scenario

pytestmark = pytest.mark.unit

GOOD = """\
name: short
language: ko
title: 짧은 면접
description: 두 단계로 된 면접입니다.
scored: true
variations:
  - 한 번 더 여쭤보겠습니다. {question}
dimensions:
  - id: job_fit
    title: 직무 적합성
    description: 직무와 이어지는가.
    weight: 1.5
    anchors: {1: 없다., 3: 일부., 5: 분명하다.}
stages:
  - id: skill
    title: 역량
    aim: 역량을 듣는다.
    guidance: 하나만 묻는다.
    patience_s: 4
    time_limit_s: 120
    question_deadline_s: 6
    pause_allowed: true
    dimensions: [job_fit]
    fallbacks:
      - 어떤 일을 가장 잘하시나요?
      - "{skill}을(를) 어디에 쓰셨나요?"
  - id: skill_follow_up
    title: 꼬리 질문
    aim: 더 듣는다.
    guidance: 이유를 묻는다.
    follows: skill
    follow_up_rule: 빠진 이유를 묻는다.
    patience_s: 4.5
    time_limit_s: 90
    question_deadline_s: 5
    pause_allowed: false
    dimensions: [job_fit]
    fallbacks:
      - 그렇게 하신 이유는 무엇인가요?
"""


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "mine.ko.yaml", read_policy())
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def line_of(fragment: str, text: str = GOOD) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if fragment in line)


def test_a_good_file_is_read_whole() -> None:
    scenario = parse_scenario(GOOD, "short.ko.yaml", read_policy())
    assert (scenario.name, scenario.language, scenario.scored) == ("short", Language.KO, True)
    assert re.fullmatch("[0-9a-f]{12}", scenario.version)
    assert [stage.id for stage in scenario.stages] == ["skill", "skill_follow_up"]
    assert scenario.stages[1].follows == "skill"
    assert scenario.stages[1].patience_s == 4.5
    assert scenario.dimension("job_fit").anchors[1] == (3, "일부.")
    assert scenario.variations == ("한 번 더 여쭤보겠습니다. {question}",)


def test_the_version_changes_with_the_text() -> None:
    one, other = parse_scenario(GOOD, "a"), parse_scenario(GOOD + "\n# a remark\n", "a")
    assert one.version != other.version


@pytest.mark.parametrize(
    ("old", "new", "where", "path", "reason"),
    [
        ("patience_s: 4\n", "patience_s: four\n", "patience_s: 4", "stages[0].patience_s", "where a number"),
        ("patience_s: 4\n", "patience_s: .nan\n", "patience_s: 4", "stages[0].patience_s", "where a number"),
        (
            "time_limit_s: 120",
            "time_limit_s: 5000",
            "time_limit_s: 120",
            "stages[0].time_limit_s",
            "out of range",
        ),
        (
            "question_deadline_s: 6",
            "question_deadline_s: 9",
            "deadline_s: 6",
            "stages[0].question_deadline_s",
            "range",
        ),
        (
            "pause_allowed: true",
            'pause_allowed: "yes"',
            "pause_allowed: true",
            "stages[0].pause_allowed",
            "true or",
        ),
        ("language: ko", "language: fr", "language: ko", "language", "not spoken"),
        ("language: ko", "language: no", "language: ko", "language", "where text belongs"),
        (
            "follows: skill\n",
            "follows: skil\n",
            "id: skill_follow_up",
            "stages[1].follows",
            "no earlier stage",
        ),
        ("id: skill_follow_up", "id: skill", "id: skill_follow_up", "stages[1].id", "stands twice"),
        ("[job_fit]", "[job_fit, charm]", "id: skill\n", "stages[0].dimensions", "unknown dimension 'charm'"),
        ("id: skill\n", "id: Skill Stage\n", "id: skill\n", "stages[0].id", "is not allowed"),
        ("title: 짧은 면접", "title:", "title: 짧은 면접", "title", "where text belongs"),
        ("    aim: 더 듣는다.\n", "", "id: skill_follow_up", "stages[1].aim", "is missing"),
        (
            "어떤 일을 가장 잘하시나요?",
            "일을 소개합니다.",
            "어떤 일을",
            "stages[0].fallbacks[0]",
            "question mark",
        ),
        (
            "어떤 일을 가장 잘하시나요?",
            "왜요? 뭘까요?",
            "어떤 일을",
            "stages[0].fallbacks[0]",
            "question mark",
        ),
        (
            "어떤 일을 가장 잘하시나요?",
            "결혼은 하셨나요?",
            "어떤 일을",
            "stages[0].fallbacks[0]",
            "forbidden_topic",
        ),
        ("{skill}을(를)", "{skil}을(를)", "{skill}", "stages[0].fallbacks[1]", "unknown slot {skil}"),
        ("{skill}을(를)", "{skill}을", "{skill}", "stages[0].fallbacks[1]", "does not fit every word"),
        ("{skill}을(를)", "{skill 을(를)", "{skill}", "stages[0].fallbacks[1]", "brace"),
        ("겠습니다. {question}", "겠습니다.", "한 번 더", "variations[0]", "needs {question}"),
        ("겠습니다. {question}", "까요? {question}", "한 번 더", "variations[0]", "question mark"),
        ("weight: 1.5", "weight: 0", "weight: 1.5", "dimensions[0].weight", "out of range"),
        ("3: 일부., ", "", "anchors:", "dimensions[0].anchors.3", "is missing"),
        ("    follows: skill\n", "", "follow_up_rule:", "stages[1].follow_up_rule", "follows no stage"),
        (
            "      - 어떤 일을 가장 잘하시나요?\n",
            "",
            "{skill}",
            "stages[0].fallbacks",
            "every question has slots",
        ),
        (
            "- 어떤 일을 가장 잘하시나요?",
            "- 어떤 일을 하시나요?\n      - 어떤 일을 하시나요?",
            "{skill}",
            "stages[0].fallbacks[1]",
            "twice",
        ),
    ],
)
def test_a_wrong_value_is_told_at_its_line(old: str, new: str, where: str, path: str, reason: str) -> None:
    text = changed(old, new)
    found = problems(text)
    matching = [problem for problem in found if problem.path == path and reason in str(problem)]
    assert matching, [str(problem) for problem in found]
    assert matching[0].remedy
    assert abs(matching[0].line - line_of(where.strip("\n"))) <= 1


def test_empty_fallbacks_are_refused() -> None:
    text = GOOD.replace("fallbacks:\n      - 그렇게 하신 이유는 무엇인가요?", "fallbacks: []")
    assert [problem.path for problem in problems(text)] == ["stages[1].fallbacks"]


def test_an_unknown_key_suggests_the_right_one() -> None:
    (problem,) = problems(changed("    guidance: 하나만", "    guidence: x\n    guidance: 하나만"))
    assert (problem.path, problem.remedy) == ("stages[0].guidence", "did you mean guidance?")


def test_a_key_written_twice_is_told() -> None:
    (problem,) = problems(GOOD + "title: 또\n")
    assert problem.reason == "stands twice, first in line 3"
    assert problem.line == len(GOOD.splitlines()) + 1


def test_all_problems_come_at_once_in_the_order_of_lines() -> None:
    text = GOOD.replace("weight: 1.5", "weight: -1").replace("time_limit_s: 90", "time_limit_s: 1")
    text = text.replace("scored: true", "scored: 1")
    found = problems(text)
    assert {"scored", "dimensions[0].weight", "stages[1].time_limit_s"} <= {problem.path for problem in found}
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_a_problem_reads_like_a_compilers() -> None:
    (problem,) = problems(changed("weight: 1.5", "weight: 99"))
    assert str(problem).startswith(
        "mine.ko.yaml:12:13: dimensions[0].weight: 99 is out of range; write 0.1 to 10"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("just words", "keys with values"),
        ("- a\n- b\n", "keys with values"),
        ("a: [1, 2", "not valid YAML"),
        ("a: \t- b: c: d", "not valid YAML"),
        ("a: &x [1]\nb: *x\n", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", "tags are not allowed"),
        ("[" * 5000, "nested deeper"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("a: " + "x" * 300_000, "larger than 256 KiB"),
        ("- 1\n" * 30_000, "more than 20000 entries"),
        ("a: \x00", "not valid YAML"),
        ("a: \ud800", "half a character"),
    ],
)
def test_what_is_no_scenario_at_all_is_refused(text: str, reason: str) -> None:
    assert reason in problems(text)[0].reason


def test_a_bomb_of_aliases_is_refused_before_it_is_built() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 30))
    assert "anchors and aliases" in problems(bomb)[0].reason


def test_an_unscored_scenario_needs_no_dimensions() -> None:
    text = re.sub(r"dimensions:\n  - id.*?(?=stages:)", "", GOOD, flags=re.DOTALL)
    text = text.replace("scored: true", "scored: false").replace("    dimensions: [job_fit]\n", "")
    scenario = parse_scenario(text, "x")
    assert scenario.dimensions == ()
    assert all(stage.dimensions == () for stage in scenario.stages)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_gives_problems_and_nothing_else(text: str) -> None:
    assert problems(text)


@given(
    st.integers(0, len(GOOD) - 1), st.integers(1, 40), st.sampled_from(["", "x", ": ", "\n", "- ", "{", "?"])
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_never_breaks_the_reader(at: int, length: int, put: str) -> None:
    text = GOOD[:at] + put + GOOD[at + length :]
    found: tuple[Problem, ...] = ()
    try:
        parse_scenario(text, "x")
    except ScenarioError as error:
        found = error.problems
    assert all(problem.line >= 1 and problem.reason and problem.remedy for problem in found)


def test_the_domain_reads_no_file(tmp_path: Path) -> None:
    assert problems(str(tmp_path / "standard.ko.yaml"))
