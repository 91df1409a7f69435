"""`viva models` as an operator types it, against a local web server."""

import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli.__main__ import main
from deploy.cli.console import console
from tests.fixtures.weights_server import WeightsServer

pytestmark = pytest.mark.integration
WEIGHTS = random.Random(4).randbytes(200_000)
CATALOGUE = """
hub: HUB
licences:
  strict: {name: Strict Licence, link: "https://strict.example", commercial: false, note: Research only.}
models:
  one: {serves: llm, what: The first, repository: org/one, revision: main, folder: llm, licence: strict,
        suggested: true, files: [one.gguf]}
  two: {serves: llm, what: The second, repository: org/two, revision: main, folder: llm, licence: strict,
        files: [two.gguf]}
"""


class Operator:
    """Types `viva models ...` in this process: starting one takes longer than what it does."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.models = home / "models"
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def viva(self, *words: str) -> tuple[int, str]:
        self._monkeypatch.setattr(sys, "argv", ["viva", "models", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err


@pytest.fixture
def operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Operator]:
    files = {"/org/one/resolve/main/one.gguf": WEIGHTS, "/org/two/resolve/main/two.gguf": WEIGHTS}
    with WeightsServer(files).running() as server:
        (tmp_path / "catalogue.yaml").write_text(CATALOGUE.replace("HUB", server.address))
        monkeypatch.setenv("VIVA_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("VIVA_MODELS", str(tmp_path / "models"))
        monkeypatch.setenv("VIVA_MODELS_CATALOGUE", str(tmp_path / "catalogue.yaml"))
        monkeypatch.setattr(console, "width", 200)
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        yield Operator(tmp_path, monkeypatch, capsys)


def test_a_model_is_listed_pulled_verified_and_removed(operator):
    code, said = operator.viva("list")
    assert (code, "no commercial use" in said, "absent" in said) == (0, True, True)
    code, said = operator.viva("pull", "--accept-licence")
    assert (code, (operator.models / "llm/one.gguf").read_bytes()) == (0, WEIGHTS)
    assert "Research only." in said
    code, said = operator.viva("pull", "two")
    assert code == 0, "the licence was accepted before"
    assert "VIVA_LLM_MODEL=two.gguf" in said
    assert operator.viva("verify")[0] == 0
    code, said = operator.viva("rm", "one", "two")
    assert (code, "0.2 MB freed" in said) == (0, True)
    assert operator.viva("list")[1].count("absent") == 2


def test_a_licence_that_nobody_accepts_ends_the_command_before_a_byte(operator):
    code, said = operator.viva("pull", "one")
    assert code == 1
    assert "https://strict.example" in said
    assert "viva models pull one --accept-licence" in said
    assert not (operator.models / "llm").exists()


def test_damage_is_found_and_mended_by_the_command_that_is_named(operator):
    operator.viva("pull", "one", "--accept-licence")
    (operator.models / "llm/one.gguf").write_bytes(b"damaged")
    code, said = operator.viva("verify")
    assert code == 1
    assert "viva models pull one" in said
    assert operator.viva("pull", "one")[0] == 0
    assert operator.viva("verify")[0] == 0


@pytest.mark.parametrize("words", [("pull", "three"), ("verify", "three"), ("rm", "three")])
def test_an_unknown_name_is_answered_with_the_known_ones(operator, words):
    code, said = operator.viva(*words)
    assert (code, "one, two" in said) == (1, True)


def test_a_mirror_that_is_no_web_address_is_refused(operator):
    code, said = operator.viva("pull", "one", "--mirror", "file:///etc")
    assert (code, "no http" in said) == (2, True)
