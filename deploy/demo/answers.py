"""Where a demonstration's answers come from: a file, or composed for the question at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml
from viva.v1 import interview_pb2

from deploy.demo.composer import compose
from deploy.demo.errors import DemoError

FORMAT = "write YAML: either `stage_id: text` lines, or a list of texts in the order of the stages"
LONGEST_ANSWER = 20_000  # characters


class Answers(Protocol):
    def __call__(self, turn: interview_pb2.Turn) -> str:
        """What is said to the turn's question."""


@dataclass(frozen=True)
class Composed:
    """Answers made when the question is known, from the résumé's own words."""

    language: str
    topics: Sequence[str]
    seed: int

    def __call__(self, turn: interview_pb2.Turn) -> str:
        return compose(turn.question.text, turn.stage_id, self.language, self.topics, self.seed)


@dataclass(frozen=True)
class Written:
    """Answers that were written beforehand, by stage."""

    texts: Mapping[str, str]

    def __call__(self, turn: interview_pb2.Turn) -> str:
        return self.texts[turn.stage_id]


@dataclass(frozen=True)
class AnswersFile:
    """A checked file; `texts` is by stage or in order."""

    path: Path
    texts: Mapping[str, str] | Sequence[str]

    def fitted(self, stages: Sequence[str]) -> Written:
        """The answers of these stages. Raises DemoError for an unknown stage, or when one has no answer."""
        by_stage = self.texts if isinstance(self.texts, Mapping) else self._in_order(stages)
        unknown = [stage for stage in by_stage if stage not in stages]
        if unknown:
            raise self._error(f"no such stage: {', '.join(unknown)}", f"the stages are: {', '.join(stages)}")
        missing = [stage for stage in stages if stage not in by_stage]
        if missing:
            raise self._error(f"no answer for: {', '.join(missing)}", "add one text for each of them")
        return Written(by_stage)

    def _in_order(self, stages: Sequence[str]) -> dict[str, str]:
        if len(self.texts) != len(stages):
            told = f"{len(self.texts)} answers for {len(stages)} stages"
            raise self._error(told, f"write one text for each of: {', '.join(stages)}")
        return dict(zip(stages, self.texts, strict=True))

    def _error(self, problem: str, remedy: str) -> DemoError:
        return DemoError(f"{self.path}: {problem}.", remedy)


def read_answers(path: Path) -> AnswersFile:
    """Raises DemoError with the place in the file where it is not as it must be."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DemoError(f"{path} cannot be read: {error.strerror}.", "name a file that exists") from error
    except UnicodeDecodeError as error:
        raise DemoError(f"{path} is not UTF-8 text.", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f":{place.line + 1}" if place else ""
        raise DemoError(f"{path}{line} is not YAML: {getattr(error, 'problem', error)}.", FORMAT) from error
    return AnswersFile(path, _texts(path, told))


def _texts(path: Path, told: Any) -> Mapping[str, str] | Sequence[str]:
    if isinstance(told, list) and told:
        return [_text(path, f"answer {place}", each) for place, each in enumerate(told, start=1)]
    if isinstance(told, dict) and told:
        return {str(stage): _text(path, str(stage), each) for stage, each in told.items()}
    raise DemoError(f"{path} holds no answers.", FORMAT)


def _text(path: Path, where: str, value: Any) -> str:
    """The text as the product keeps it: without white space around it."""
    if not isinstance(value, str) or not value.strip():
        raise DemoError(f"{path}: {where} is no text.", "write text there, in quotes where it is a number")
    if len(value) > LONGEST_ANSWER:
        raise DemoError(f"{path}: {where} has {len(value)} characters.", f"at most {LONGEST_ANSWER}")
    return value.strip()
