"""Adverse impact of a selection, by group. Does not know who belongs to which group, nor why."""

from collections.abc import Mapping
from dataclasses import dataclass

FOUR_FIFTHS = 0.8
"""29 CFR 1607.4(D): a rate under four fifths of the highest is generally regarded as adverse impact."""

SMALL_CELL = 5
"""In a group of fewer people a rate says little about the selection and much about its members."""


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """One group. `rate` is selected over total, `ratio` that over the highest rate; None where undefined."""

    group: str
    selected: int
    total: int
    rate: float | None
    ratio: float | None
    below_four_fifths: bool
    small: bool


def impact_ratios(groups: Mapping[str, tuple[int, int]]) -> tuple[ImpactRow, ...]:
    """Compare (selected, total) of each group with the highest rate, in the order given.

    Small groups are marked and still compared; none of them sets the highest rate while a larger one can.

    Raises:
        ValueError: a negative count, or more selected than there are.
    """
    for name, (selected, total) in groups.items():
        if not 0 <= selected <= total:
            raise ValueError(f"{name}: {selected} selected of {total} cannot be")
    large = [counts for counts in groups.values() if not _small(counts)]
    rates = [selected / total for selected, total in large or groups.values() if total]
    highest = max(rates, default=0.0)
    return tuple(_row(name, counts, highest) for name, counts in groups.items())


def _row(name: str, counts: tuple[int, int], highest: float) -> ImpactRow:
    selected, total = counts
    rate = selected / total if total else None
    ratio = rate / highest if rate is not None and highest else None
    # A ratio of exactly four fifths must not fall under it by rounding.
    below = ratio is not None and ratio < FOUR_FIFTHS - 1e-9
    return ImpactRow(name, selected, total, rate, ratio, below, _small(counts))


def _small(counts: tuple[int, int]) -> bool:
    return counts[1] < SMALL_CELL
