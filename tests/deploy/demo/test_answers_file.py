"""Answers files: what is taken, and what is said of the others."""

from pathlib import Path

import pytest
from viva.v1 import interview_pb2

from deploy.demo.answers import read_answers
from deploy.demo.errors import DemoError

pytestmark = pytest.mark.unit
STAGES = ["introduction", "closing"]


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "answers.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    ["closing: 끝\nintroduction: 처음\n", "- 처음\n- 끝\n", "- ' 처음 '\n- |\n  끝\n"],
)
def test_texts_by_stage_and_in_order_are_taken(tmp_path: Path, text: str) -> None:
    answers = read_answers(written(tmp_path, text)).fitted(STAGES)
    said = [answers(interview_pb2.Turn(stage_id=stage)) for stage in STAGES]
    assert said == ["처음", "끝"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no answers"),
        ("just words", "holds no answers"),
        ("[]", "holds no answers"),
        ("introduction: [a]\n", "introduction is no text"),
        ("- 1\n", "answer 1 is no text"),
        ("- a\n- '  '\n", "answer 2 is no text"),
        ("a: b\n c: d\n", "answers.yaml:2 is not YAML"),
        (b"\xff\xfe\xfa", "is not UTF-8"),
        ("- " + "a" * 20_001, "20001 characters"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused_with_the_place(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    with pytest.raises(DemoError, match=problem) as refused:
        read_answers(written(tmp_path, text))
    assert refused.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"none\.yaml cannot be read"):
        read_answers(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("introduction: a\n", "no answer for: closing"),
        ("introduction: a\nclosing: b\nclosign: c\n", "no such stage: closign"),
        ("- a\n", "1 answers for 2 stages"),
        ("- a\n- b\n- c\n", "3 answers for 2 stages"),
    ],
)
def test_answers_that_do_not_fit_the_stages_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DemoError, match=problem) as refused:
        read_answers(written(tmp_path, text)).fitted(STAGES)
    assert "closing" in str(refused.value) + refused.value.remedy
