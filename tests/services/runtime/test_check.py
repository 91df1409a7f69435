"""`--check`: what a person or a supervisor learns from it."""

import json
import sys

import pytest

from services.runtime.capability import Capability, State
from services.runtime.check import entry
from services.runtime.errors import FailedPrecondition

pytestmark = pytest.mark.unit

READY = Capability("embed", State.READY, "hashing serves.")
DEGRADED = Capability("embed", State.DEGRADED, "hashing serves.", remedy="viva models add kure")
MISSING = Capability("llm", State.MISSING, "no weights.", remedy="viva models add llm")
BROKEN = Capability("database", State.BROKEN, "no answer.", remedy="start it")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    def run(*arguments: str, found: object = (READY,), serve: object = None) -> int:
        async def check() -> list[Capability]:
            if isinstance(found, Exception):
                raise found
            return list(found)

        async def serving() -> None:
            if isinstance(serve, Exception):
                raise serve

        monkeypatch.setattr(sys, "argv", ["service", *arguments])
        return entry(serving, check)

    return run


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([READY], 0),
        ([READY, DEGRADED], 3),
        ([MISSING, READY], 3),
        ([BROKEN, MISSING], 1),
        ([READY, BROKEN], 1),
    ],
)
def test_f15_the_worst_finding_decides_the_exit_code(run, found: list[Capability], code: int) -> None:
    assert run("--check", found=found) == code


def test_f15_each_finding_is_a_line_with_what_mends_it(run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--check", found=[READY, MISSING])
    ready, missing = capsys.readouterr().out.splitlines()
    assert ready == "embed: ready. hashing serves."
    assert missing == "llm: missing. no weights. Mend it with: viva models add llm"


def test_f15_json_is_for_programs(run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--check", "--json", found=[DEGRADED])
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["state"], found["remedy"]) == ("degraded", "viva models add kure")


@pytest.mark.parametrize(
    "fault", [ImportError("no module named torch"), FailedPrecondition("X", "no token", remedy="set it")]
)
def test_f15_a_check_that_cannot_even_be_made_is_broken(
    run, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    assert run("--check", found=fault) == 1
    told = capsys.readouterr().out
    assert str(fault) in told
    assert "Mend it with:" in told


def test_an_unknown_argument_is_refused_by_name(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--chekc") == 2
    assert "--chekc" in capsys.readouterr().err


def test_a_server_that_cannot_start_says_what_mends_it(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert run(serve=FailedPrecondition("PORT_TAKEN", "taken.", remedy="set VIVA_X_LISTEN")) == 1
    told = capsys.readouterr().err
    assert told == "taken. Mend it with: set VIVA_X_LISTEN\n"
