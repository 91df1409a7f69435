"""Turns the characters and tables of a page into lines in reading order. Knows no files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pdfplumber.utils.text import dedupe_chars, extract_words

from services.session.adapters.documents.assemble import table_row
from services.session.adapters.documents.pdf_columns import Box, Row, as_rows, in_reading_order

# Share of a letter's height from which on a gap is a space.
_SPACE = 0.18
_LONG_CELL = 12
_USUAL_MARGIN = 0.8
IsHeading = Callable[[str], bool]


@dataclass(frozen=True)
class Line:
    """A line of one column. `right` is the column's edge, in points;
    `first_word` the width of its first word."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    right: float
    first_word: float
    ends_with_space: bool = False
    is_row: bool = False


@dataclass(frozen=True)
class PageLines:
    number: int
    height: float
    lines: tuple[Line, ...]


def page_lines(
    chars: list[dict[str, Any]],
    tables: list[Any],
    number: int,
    size: tuple[float, float],
    is_heading: IsHeading,
) -> PageLines:
    """Lines in reading order (`size`: the page's width and height in points);
    ruled tables row by row where they stand."""
    upright = [char for char in chars if char["upright"]]
    boxes = _words(upright if len(upright) * 2 >= len(chars) else chars)
    lines: list[Line] = []
    for table in _real_tables(tables, boxes):
        inside = [box for box in boxes if _in(box, table.bbox)]
        boxes = [box for box in boxes if box not in inside]
        rows = tuple(_cells(row, inside, is_heading) for row in table.rows)
        x0, top, x1, bottom = table.bbox
        boxes.append(Box("", x0, x1, top, bottom, 10.0, table=rows))
    runs = in_reading_order(boxes, is_heading)
    for run in runs:
        lines += _run_lines(run, number, _right_edge(run, size[0], len(runs) > 1))
    return PageLines(number, size[1], tuple(lines))


def _words(chars: list[dict[str, Any]]) -> list[Box]:
    chars = dedupe_chars(chars, tolerance=1)
    words = extract_words(chars, x_tolerance_ratio=_SPACE, y_tolerance=2, return_chars=True)
    spaces = {(round(c["x0"]), round(c["bottom"])) for c in chars if c["text"].isspace()}
    return [_box(word, spaces) for word in words]


def _box(word: dict[str, Any], spaces: set[tuple[int, int]]) -> Box:
    at, bottom = round(word["x1"]), round(word["chars"][-1]["bottom"])
    spaced = any((at + dx, bottom + dy) in spaces for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    size = max(char["size"] for char in word["chars"])
    return Box(word["text"], word["x0"], word["x1"], word["top"], word["bottom"], size, spaced)


def _in(box: Box, bbox: tuple[float, float, float, float]) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    return bbox[0] <= x <= bbox[2] and bbox[1] <= y <= bbox[3]


def _real_tables(tables: list[Any], boxes: list[Box]) -> list[Any]:
    """Frames and rules around headings are no tables:
    these have rows, columns and words in most of their rows."""
    return [
        table
        for table in tables
        if len(table.rows) > 1
        and max(sum(cell is not None for cell in row.cells) for row in table.rows) > 1
        and sum(sum(any(_in(b, c) for b in boxes) for c in row.cells if c) > 1 for row in table.rows) > 0
    ]


def _cells(row: Any, boxes: list[Box], is_heading: IsHeading) -> list[list[str]]:
    cells: list[list[str]] = []
    for bbox in (cell for cell in row.cells if cell is not None):
        inside = [box for box in boxes if _in(box, bbox)]
        rows = as_rows(inside)
        runs = in_reading_order(inside, is_heading) if len(rows) > _LONG_CELL else [rows]
        cells.append([_text(line) for run in runs for line in run])
    return cells


def _right_edge(run: list[Row], page_width: float, is_column: bool) -> float:
    """Where lines of the run are broken; infinite when nothing shows that they are broken at all."""
    ends = [row[-1].x1 for row in run]
    right = max(ends)
    near = sum(right - end < 2 * run[0][0].boxes[0].size for end in ends)
    return right if (is_column and near > 1) or right > _USUAL_MARGIN * page_width else float("inf")


def _run_lines(run: list[Row], page: int, right: float) -> list[Line]:
    lines: list[Line] = []
    for row in run:
        first, last = row[0].boxes[0], row[-1].boxes[-1]
        edges = (
            row[0].x0,
            row[-1].x1,
            min(b.top for p in row for b in p.boxes),
            max(b.bottom for p in row for b in p.boxes),
        )
        if first.table is not None:
            texts = [raw.text for cells in first.table for raw in table_row(cells, page)]
            lines += [Line(text, *edges, first.size, right, 0.0, is_row=True) for text in texts]
        else:
            size = max(box.size for part in row for box in part.boxes)
            lines.append(
                Line(_text(row), *edges, size, right, first.x1 - first.x0, last.ends_with_space, len(row) > 1)
            )
    return lines


def _text(row: Row) -> str:
    """Parts far apart are told apart by a bar, unless they are single letters of a spaced heading."""
    parts = [part.text for part in row]
    spaced = len(parts) > 1 and all(len(part) == 1 for part in parts)
    return (" " if spaced else " | ").join(parts)
