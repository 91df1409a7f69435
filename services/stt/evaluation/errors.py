"""Error rates of speech recognition, for Korean first. Knows neither audio nor engines.

A rate is (S + D + I) / N: substitutions, deletions and insertions of a least-cost alignment (Levenshtein
1966), over the reference's length N. It exceeds 1 when more was made up than was said. Korean is compared by
character first: spaces are optional in much of its writing, and one wrong particle would make a whole
eojeol (what stands between spaces) wrong; see Bang et al., KsponSpeech, Applied Sciences 10(19), 2020.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from rapidfuzz.distance import Levenshtein

from services.stt.evaluation.normalise import normalised


@dataclass(frozen=True, slots=True)
class Count:
    """Edits that make the reference from what was heard; `length` counts the reference's units."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    length: int = 0

    @classmethod
    def between(cls, reference: Sequence[str], heard: Sequence[str]) -> Self:
        edits = [edit.tag for edit in Levenshtein.editops(reference, heard)]
        return cls(edits.count("replace"), edits.count("delete"), edits.count("insert"), len(reference))

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Infinite when something was heard where nothing was said."""
        if self.length:
            return self.errors / self.length
        return float("inf") if self.errors else 0.0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.length + other.length,
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """`characters` is the primary figure: neither spaces nor punctuation count."""

    characters: Count = Count()
    characters_with_spaces: Count = Count()
    eojeols: Count = Count()

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.characters + other.characters,
            self.characters_with_spaces + other.characters_with_spaces,
            self.eojeols + other.eojeols,
        )


def errors_of(reference: str, heard: str) -> Errors:
    """What was heard against what was said, both normalised first."""
    said, understood = normalised(reference), normalised(heard)
    return Errors(
        Count.between(said.replace(" ", ""), understood.replace(" ", "")),
        Count.between(said, understood),
        Count.between(said.split(), understood.split()),
    )


def total(errors: Iterable[Errors]) -> Errors:
    """Edits over all references' units: a long recording weighs more than a short one."""
    return sum(errors, Errors())
