"""What a score is: a number from 1 to 5 with evidence, or "insufficient evidence", never anything between.

Does not know who proposed the score (model or plain code) nor how evidence is checked.
"""

from dataclasses import dataclass
from enum import StrEnum

LOWEST, HIGHEST = 1, 5


class ScoreStatus(StrEnum):
    """Whether a dimension has a number."""

    SCORED = "scored"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence that the locale files hold: a dotted key and the words to slot in, as sorted pairs."""

    key: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **params: str) -> "Phrase":
        """Build one from keyword arguments."""
        return cls(key, tuple(sorted(params.items())))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of the transcript: `text == transcript[start:end]`, offsets in characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class RawScore:
    """What an evaluator proposes for one dimension, before anything of it is believed."""

    dimension: str
    score: int | None
    quotes: tuple[str, ...]
    reason: Phrase


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """One dimension of one answer after its evidence was checked.

    Raises:
        ValueError: a number without evidence or outside 1..5, or evidence missing its number.
    """

    dimension: str
    score: int | None
    status: ScoreStatus
    evidence: tuple[Evidence, ...]
    reason: Phrase
    engine: str

    def __post_init__(self) -> None:
        """Refuse the combinations that must never reach a report."""
        scored = self.status is ScoreStatus.SCORED
        if scored != (self.score is not None) or scored != bool(self.evidence):
            raise ValueError(f"{self.dimension}: a score needs evidence, and evidence a score")
        if self.score is not None and not LOWEST <= self.score <= HIGHEST:
            raise ValueError(f"{self.dimension}: {self.score} is outside {LOWEST}..{HIGHEST}")


def insufficient(dimension: str, reason: str, engine: str) -> DimensionScore:
    """A dimension without a number; `reason` is the last part of a `report.reason.*` key."""
    return DimensionScore(
        dimension, None, ScoreStatus.INSUFFICIENT_EVIDENCE, (), Phrase(f"report.reason.{reason}"), engine
    )
