"""Geometry of the radar chart, in the units of its own drawing. Knows no report and no colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

WIDTH, HEIGHT = 460.0, 340.0
_CENTRE = (WIDTH / 2, HEIGHT / 2)
_RADIUS = 122.0
_LABEL_GAP = 18.0
_TOP = 5
_LINE_CHARS = 12


@dataclass(frozen=True, slots=True)
class Axis:
    """One spoke: its end, the score's point (None without a score), and the label's lines and place."""

    end: tuple[float, float]
    point: tuple[float, float] | None
    label: tuple[float, float]
    anchor: str
    lines: tuple[str, ...]
    missing: bool


@dataclass(frozen=True, slots=True)
class Radar:
    """Rings from 1 to 5, spokes, the shape where every axis has a score, else lines between neighbours."""

    rings: tuple[str, ...]
    axes: tuple[Axis, ...]
    shape: str | None
    lines: tuple[str, ...]


def radar(scores: Sequence[tuple[str, float | None]]) -> Radar | None:
    """Lay out (title, score 1 to 5 or None) clockwise from the top; None for fewer than three axes."""
    if len(scores) < 3:
        return None
    axes = tuple(_axis(index, len(scores), title, score) for index, (title, score) in enumerate(scores))
    points = [axis.point for axis in axes]
    whole = [point for point in points if point is not None]
    neighbours = zip(points, points[1:] + points[:1], strict=True)
    return Radar(
        rings=tuple(_ring(level, len(scores)) for level in range(1, _TOP + 1)),
        axes=axes,
        shape=_path(whole) if len(whole) == len(points) else None,
        lines=tuple(_path([a, b]) for a, b in neighbours if a is not None and b is not None),
    )


def _at(index: int, count: int, radius: float) -> tuple[float, float]:
    angle = 2 * pi * index / count - pi / 2
    return round(_CENTRE[0] + radius * cos(angle), 1), round(_CENTRE[1] + radius * sin(angle), 1)


def _axis(index: int, count: int, title: str, score: float | None) -> Axis:
    label = _at(index, count, _RADIUS + _LABEL_GAP)
    side = label[0] - _CENTRE[0]
    return Axis(
        end=_at(index, count, _RADIUS),
        point=None if score is None else _at(index, count, _RADIUS * score / _TOP),
        label=label,
        anchor="middle" if abs(side) < 24 else "start" if side > 0 else "end",
        lines=_wrapped(title),
        missing=score is None,
    )


def _ring(level: int, count: int) -> str:
    return _path([_at(index, count, _RADIUS * level / _TOP) for index in range(count)])


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _wrapped(title: str) -> tuple[str, ...]:
    lines: list[str] = []
    for word in title.split():
        if lines and len(lines[-1]) + len(word) < _LINE_CHARS:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines[:3])
