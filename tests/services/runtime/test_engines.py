"""An engine that is not there, as a value."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from services.runtime.capability import Capability, State
from services.runtime.engines import Missing, capability_of, find_weights, needed
from services.runtime.errors import FailedPrecondition

pytestmark = pytest.mark.unit

MISSING = Missing("llm", "LLM_WEIGHTS_MISSING", "There are no weights.", "viva models add llm")


@dataclass
class Status:
    capability: Capability


class Engine:
    def status(self) -> Status:
        return Status(Capability("llm", State.READY, "It serves."))


def test_f30_what_is_missing_is_a_state_with_the_command_that_mends_it() -> None:
    found = capability_of(MISSING)
    assert (found.name, found.state, found.detail) == ("llm", State.MISSING, "There are no weights.")
    assert found.remedy == "viva models add llm"
    assert not found.state.serves


def test_f30_a_call_that_needs_what_is_missing_is_refused_with_the_same_words() -> None:
    with pytest.raises(FailedPrecondition) as caught:
        needed(MISSING)
    assert caught.value.reason == "LLM_WEIGHTS_MISSING"
    assert str(caught.value) == "There are no weights."
    assert caught.value.remedy == "viva models add llm"


def test_an_engine_that_is_there_is_itself() -> None:
    engine = Engine()
    assert needed(engine) is engine
    assert capability_of(engine).state is State.READY


def test_weights_are_found_by_choice_or_the_first_by_name(tmp_path: Path) -> None:
    assert find_weights(tmp_path / "nowhere", "*.gguf", "") is None
    assert find_weights(tmp_path, "*.gguf", "") is None
    for name in ("b.gguf", "a.gguf", "0.txt"):
        (tmp_path / name).touch()
    assert find_weights(tmp_path, "*.gguf", "") == tmp_path / "a.gguf"
    assert find_weights(tmp_path, "*.gguf", "b.gguf") == tmp_path / "b.gguf"
    assert find_weights(tmp_path, "*.gguf", "c.gguf") is None
