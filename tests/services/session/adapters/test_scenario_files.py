"""A folder of scenarios is loaded whole or refused with everything that is wrong in it."""

from pathlib import Path

import pytest

from services.session.adapters.scenario_files import SHIPPED, load_directory, load_files
from services.session.domain.scenario import Problem, ScenarioError

pytestmark = pytest.mark.unit

PRACTICE = (SHIPPED / "practice.ko.yaml").read_text("utf-8")


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load_directory(path)
    return caught.value.problems


def test_a_scenario_comes_with_its_source(tmp_path: Path) -> None:
    (tmp_path / "practice.ko.yaml").write_text(PRACTICE, "utf-8")
    (file,) = load_files(tmp_path)
    assert (file.scenario.name, file.source) == ("practice", PRACTICE)


def test_problems_of_all_files_are_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.ko.yaml").write_text(PRACTICE.replace("patience_s: 4", "patience_s: 400"), "utf-8")
    (tmp_path / "b.ko.yaml").write_text("name: [", "utf-8")
    (tmp_path / "practice.ko.yaml").write_text(PRACTICE, "utf-8")
    found = problems(tmp_path)
    assert [problem.file for problem in found] == ["a.ko.yaml", "b.ko.yaml"]
    assert found[0].line == 1 + PRACTICE[: PRACTICE.index("patience_s")].count("\n")


def test_a_file_that_is_called_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "warm.ko.yaml").write_text(PRACTICE, "utf-8")
    (problem,) = problems(tmp_path)
    assert problem.remedy == "call it practice.ko.yaml"


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "practice.ko.yaml").write_bytes(PRACTICE.encode("cp949"))
    (problem,) = problems(tmp_path)
    assert problem.reason == "not written in UTF-8"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "practice.ko.yaml").write_bytes(b"\xea" * 300_000)
    (problem,) = problems(tmp_path)
    assert "larger than 256 KiB" in problem.reason


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert problem.reason == "no scenario file is there"


def test_a_folder_that_is_named_like_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "practice.ko.yaml").mkdir()
    assert "cannot be read" in problems(tmp_path)[0].reason
