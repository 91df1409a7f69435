"""Cuts a transcript into pieces with and without evidence. Knows offsets, not what they are evidence of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.session.domain.rubric import DimensionScore, Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `refs` are the evidence numbers it belongs to, `ends` those that end with it."""

    text: str
    refs: tuple[int, ...]
    ends: tuple[int, ...]


def numbered(scores: Sequence[DimensionScore]) -> dict[Evidence, int]:
    """Number each different evidence of one answer from 1, in the order of the text."""
    different = {evidence for score in scores for evidence in score.evidence}
    return {each: at for at, each in enumerate(sorted(different, key=lambda e: (e.start, e.end)), start=1)}


def pieces(text: str, numbers: dict[Evidence, int]) -> list[Piece]:
    """The whole text in order; overlapping evidence is cut so that each piece knows all its numbers."""
    cuts = sorted({0, len(text), *(at for each in numbers for at in (each.start, each.end))})
    return [_piece(text, start, end, numbers) for start, end in pairwise(cuts)]


def _piece(text: str, start: int, end: int, numbers: dict[Evidence, int]) -> Piece:
    covering = [each for each in numbers if each.start <= start and end <= each.end]
    return Piece(
        text[start:end],
        tuple(sorted(numbers[each] for each in covering)),
        tuple(sorted(numbers[each] for each in covering if each.end == end)),
    )
