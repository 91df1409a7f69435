"""What an interview is run by: stages in order, and the rubric they are judged on.

Does not know where a scenario came from, how it is written, or who is being interviewed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """The language a candidate is spoken to in."""

    KO = "ko"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that answers are judged on, from 1 to 5."""

    id: str
    title: str
    description: str
    # What an answer worth that score looks like; scores 1, 3 and 5, ascending.
    anchors: tuple[tuple[int, str], ...]
    # Share in the total, relative to the other dimensions; above 0.
    weight: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One question of an interview: what it is for, and the limits that hold while it stands."""

    id: str
    title: str
    aim: str
    guidance: str
    # The id of the earlier stage whose answer this one follows up; None asks something new.
    follows: str | None
    # What a follow-up takes up from the answer; empty where nothing is followed.
    follow_up_rule: str
    # Silence a speaker is allowed before the answer counts as ended.
    patience_s: float
    # The longest answer.
    time_limit_s: float
    # When no question has passed the guard by then, the bank asks one.
    question_deadline_s: float
    pause_allowed: bool
    # Ids of the rubric dimensions this stage's answer gives evidence for.
    dimensions: tuple[str, ...]
    # Question templates of the bank; slots such as {skill} are filled by it. At least one has none.
    fallbacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole interview. Equal names and languages may exist in several versions."""

    name: str
    language: Language
    # The first 12 hex digits of the SHA-256 of the source text.
    version: str
    title: str
    description: str
    # False for a warm-up: nothing is evaluated and no report is made.
    scored: bool
    dimensions: tuple[Dimension, ...]
    stages: tuple[Stage, ...]
    # Lead-ins with {question}, for a question that has to be put once more.
    variations: tuple[str, ...] = ()

    def stage(self, stage_id: str) -> Stage:
        """Raise KeyError for an id that this version does not have."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(stage_id)

    def position(self, stage_id: str) -> int | None:
        """The place in the order, from 0; None for an unknown id."""
        return next((index for index, stage in enumerate(self.stages) if stage.id == stage_id), None)

    def after(self, stage_id: str) -> Stage | None:
        """The stage that comes next; None after the last one or an unknown one."""
        position = self.position(stage_id)
        if position is None or position + 1 == len(self.stages):
            return None
        return self.stages[position + 1]

    def dimension(self, dimension_id: str) -> Dimension:
        """Raise KeyError for an id that this version does not have."""
        for dimension in self.dimensions:
            if dimension.id == dimension_id:
                return dimension
        raise KeyError(dimension_id)


def resolve_stage(scenario: Scenario, stage_id: str, position: int) -> tuple[Stage, str | None]:
    """Find a stored stage again, whatever became of the scenario file since; never raises.

    `position` is where the interview stands, from 0. An unknown id gives the stage that now holds
    that place, or the last one, and a warning to be logged.
    """
    known = scenario.position(stage_id)
    if known is not None:
        return scenario.stages[known], None
    stage = scenario.stages[max(0, min(position, len(scenario.stages) - 1))]
    warning = (
        f"scenario {scenario.name}.{scenario.language} version {scenario.version} has no stage "
        f"{stage_id!r}; going on with {stage.id!r}"
    )
    return stage, warning
