"""Finds the reading order of boxes on a page: columns one after the other, rows across. Knows no PDF."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

_GUTTER = 8.0  # points that a column gap has at least
_WIDE = 1.2  # gaps in a line from this many letter heights on separate its parts
_LEAST_LINES = 3
_SAME_EDGE = 3.0
_SHORT = 10  # characters of a label such as "이름" or "2020.03"
_ROW_SHARE = 0.75
_DATE = re.compile(r"(?:19|20)\d{2}|\d{2}\.\d{2}|현재|[Pp]resent")


@dataclass(frozen=True)
class Box:
    """A word, or a whole table when `table` is set. Points from the page's top left."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    ends_with_space: bool = False
    table: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Part:
    """Boxes of one line that stand close together."""

    boxes: tuple[Box, ...]

    @property
    def x0(self) -> float:
        return self.boxes[0].x0

    @property
    def x1(self) -> float:
        return self.boxes[-1].x1

    @property
    def text(self) -> str:
        return " ".join(box.text for box in self.boxes)


Row = tuple[Part, ...]
IsHeading = Callable[[str], bool]


def in_reading_order(boxes: list[Box], is_heading: IsHeading) -> list[list[Row]]:
    """Runs of rows; within a run rows are one column, read from top to bottom."""
    rows = as_rows(boxes)
    split = _best_split(rows, is_heading)
    if split is None:
        return [rows] if rows else []
    first, last, gutter = split
    inside = [box for row in rows[first:last] for part in row for box in part.boxes]
    left = [box for box in inside if box.x0 < gutter]
    right = [box for box in inside if box.x0 >= gutter]
    around = [
        [box for row in rows[a:b] for part in row for box in part.boxes]
        for a, b in ((0, first), (last, len(rows)))
    ]
    ordered = [around[0], left, right, around[1]]
    return [run for group in ordered if group for run in in_reading_order(group, is_heading)]


def as_rows(boxes: list[Box]) -> list[Row]:
    """Boxes on one base line make a row; wide gaps cut it into parts."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.top + b.bottom, b.x0)):
        if rows and box.table is None and rows[-1][-1].table is None and _is_level(rows[-1][-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [_parts(sorted(row, key=lambda b: b.x0)) for row in rows]


def _is_level(a: Box, b: Box) -> bool:
    return abs((a.top + a.bottom) - (b.top + b.bottom)) / 2 < 0.45 * min(a.size, b.size)


def _parts(row: list[Box]) -> Row:
    parts: list[list[Box]] = [[row[0]]]
    for box in row[1:]:
        before = parts[-1][-1]
        if box.x0 - before.x1 > _WIDE * max(before.size, box.size):
            parts.append([box])
        else:
            parts[-1].append(box)
    return tuple(Part(tuple(part)) for part in parts)


def _best_split(rows: list[Row], is_heading: IsHeading) -> tuple[int, int, float] | None:
    """(first row, row behind the last, x of the gutter) of the tallest pair of columns; None without one."""
    if len(rows) < _LEAST_LINES:
        return None
    best: tuple[int, int, int, float] | None = None
    for gutter in _candidates(rows):
        for first, last in _runs(rows, gutter):
            score = _columns_score(rows[first:last], gutter, is_heading)
            if score and (best is None or score > best[0]):
                best = (score, first, last, gutter)
    return best[1:] if best else None


def _candidates(rows: list[Row]) -> list[float]:
    """Left edges that several lines share, away from the left margin."""
    edges = sorted(part.x0 for row in rows for part in row)
    left, right = edges[0], max(part.x1 for row in rows for part in row)
    groups: list[list[float]] = []
    for edge in edges:
        if groups and edge - groups[-1][0] <= _SAME_EDGE:
            groups[-1].append(edge)
        else:
            groups.append([edge])
    shared = [group[0] for group in groups if len(group) >= 2 and group[0] > left + 0.12 * (right - left)]
    return sorted(shared, key=lambda x: -sum(abs(edge - x) <= _SAME_EDGE for edge in edges))[:12]


def _runs(rows: list[Row], gutter: float) -> list[tuple[int, int]]:
    """Longest stretches of rows that leave the gutter free."""
    runs: list[tuple[int, int]] = []
    start = 0
    for at in range(len(rows) + 1):
        if at == len(rows) or any(part.x0 < gutter - 1 and part.x1 > gutter - _GUTTER for part in rows[at]):
            runs += [_trimmed(rows, start, at, gutter)] if at - start >= _LEAST_LINES else []
            start = at + 1
    return runs


def _trimmed(rows: list[Row], first: int, last: int, gutter: float) -> tuple[int, int]:
    """Without the lines at either end that stand alone, behind a clear gap, on one side."""

    def one_sided(row: Row) -> bool:
        return all(part.x0 < gutter for part in row) or all(part.x0 >= gutter for part in row)

    def gap(above: Row, below: Row) -> bool:
        return below[0].boxes[0].top - above[0].boxes[0].bottom > 1.5 * above[0].boxes[0].size

    while last - first > 1 and one_sided(rows[first]) and gap(rows[first], rows[first + 1]):
        first += 1
    while last - first > 1 and one_sided(rows[last - 1]) and gap(rows[last - 2], rows[last - 1]):
        last -= 1
    return first, last


def _columns_score(rows: list[Row], gutter: float, is_heading: IsHeading) -> int:
    """How many lines the shorter side has; 0 when the sides are one table read across."""
    left = [[part for part in row if part.x0 < gutter] for row in rows]
    right = [[part for part in row if part.x0 >= gutter] for row in rows]
    lefts, rights = sum(map(bool, left)), sum(map(bool, right))
    fewer = min(lefts, rights)
    if fewer < _LEAST_LINES:
        return 0
    both = sum(bool(a and b) for a, b in zip(left, right, strict=True))
    headed = all(any(is_heading(part.text) for parts in side for part in parts) for side in (left, right))
    if both / fewer >= _ROW_SHARE and not headed and _is_table(left, right):
        return 0
    return fewer + lefts + rights


def _is_table(left: list[list[Part]], right: list[list[Part]]) -> bool:
    """One side names or dates what the other tells: its lines are short, or most hold a date."""
    for side in (left, right):
        texts = [" ".join(part.text for part in parts) for parts in side if parts]
        if (
            median(len(text) for text in texts) <= _SHORT
            or sum(bool(_DATE.search(t)) for t in texts) >= len(texts) / 2
        ):
            return True
    return False
