"""The rules that tests/conftest.py enforces, seen from outside."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
HERE = Path(__file__).parent
INI = "[pytest]\naddopts = -q --import-mode=importlib\nmarkers =\n  unit:\n  chaos:\n  integration:\n"


def run(folder: Path, test: str, **variables: str) -> subprocess.CompletedProcess[str]:
    for name in ("conftest.py", "allowed_skips.txt"):
        shutil.copy(HERE / name, folder / name)
    (folder / "pytest.ini").write_text(INI)
    (folder / "test_it.py").write_text("import pytest\n" + test)
    environment = {name: value for name, value in os.environ.items() if name != "VIVA_STRICT"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-p", "no:cacheprovider"],
        cwd=folder, env=environment | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_test_without_a_category_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_x(): pass\n")
    assert done.returncode != 0
    assert "exactly one of" in done.stderr + done.stdout


@pytest.mark.parametrize(("reason", "status"), [("GPU is absent", 0), ("no network today", 1)])
def test_a_strict_run_is_red_for_a_skip_that_is_not_listed(tmp_path: Path, reason: str, status: int) -> None:
    test = f'@pytest.mark.unit\n@pytest.mark.skip(reason="{reason}")\ndef test_x(): pass\n'
    assert run(tmp_path, test, VIVA_STRICT="1").returncode == status
    assert run(tmp_path, test).returncode == 0


def test_a_strict_run_names_the_skip_that_turned_it_red(tmp_path: Path) -> None:
    test = '@pytest.mark.unit\ndef test_x(): pytest.skip("too lazy")\n'
    done = run(tmp_path, test, VIVA_STRICT="1")
    assert "STRICT" in done.stdout
    assert "too lazy" in done.stdout


def test_quick_tests_run_before_those_that_kill(tmp_path: Path) -> None:
    test = "@pytest.mark.chaos\ndef test_a(): assert 0\n@pytest.mark.unit\ndef test_b(): assert 0\n"
    said = run(tmp_path, test).stdout
    assert said.index("test_b") < said.index("test_a")


@pytest.mark.parametrize(("category", "status"), [("integration", 0), ("unit", 1), ("chaos", 1)])
def test_what_waits_for_processes_is_tried_once_more_and_that_is_said(
    tmp_path: Path, category: str, status: int
) -> None:
    body = "def test_x():\n tries.append(1)\n assert len(tries) > 1, 'why'\n"
    test = f"tries = []\n@pytest.mark.{category}\n{body}"
    done = run(tmp_path, test)
    assert done.returncode == status
    assert ("TRIED ONCE MORE: test_it.py::test_x: AssertionError: why" in done.stdout) is (status == 0)
