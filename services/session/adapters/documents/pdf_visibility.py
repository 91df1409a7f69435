"""Tells text that a reader sees from text that only a machine would read. Knows no words.

Found: invisible drawing mode, under 2 points, off the page, or in the colour of what lies behind it.
Not found: text under a picture drawn later, clipped text, full transparency.
"""

from typing import Any

Char = dict[str, Any]
INVISIBLE = "invisible"

_LEAST_POINTS = 2.0
_LEAST_CONTRAST = 0.08
# A drawing of many filled shapes is looked through only for white text.
_MOST_FILLS = 200
_SCAN_SHARE = 0.5
_PAPER = (1.0, 1.0, 1.0)
_NAMED = ("DeviceGray", "CalGray", "DeviceRGB", "CalRGB", "ICCBased", "DeviceCMYK", "")

Rgb = tuple[float, float, float]


def visible_chars(page: Any) -> tuple[list[Char], bool]:
    """(characters that a reader sees, whether any were left out)."""
    fills = [box for box in [*page.rects, *page.curves] if box.get("fill") and _rgb(box) is not None][
        -_MOST_FILLS:
    ]
    images = page.images
    is_scan = _covered_share(page, images) >= _SCAN_SHARE
    seen = [char for char in page.chars if _is_seen(char, page, fills, images, is_scan)]
    hidden = sum(not char["text"].isspace() for char in page.chars) - sum(
        not char["text"].isspace() for char in seen
    )
    return seen, hidden > 0


def _is_seen(char: Char, page: Any, fills: list[Char], images: list[Char], is_scan: bool) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    left, top, right, bottom = page.bbox
    if not (left <= x <= right and top <= y <= bottom) or char["size"] < _LEAST_POINTS:
        return False
    if char.get("tag") == INVISIBLE:
        # Scanners lay the recognised words invisibly over the picture of the page.
        return is_scan
    colour = _rgb(char)
    if colour is None or any(_holds(image, x, y) for image in images):
        return True
    behind = next((_rgb(box) for box in reversed(fills) if _holds(box, x, y)), _PAPER) or _PAPER
    return max(abs(a - b) for a, b in zip(colour, behind, strict=True)) >= _LEAST_CONTRAST


def _holds(box: Char, x: float, y: float) -> bool:
    return bool(box["x0"] <= x <= box["x1"] and box["top"] <= y <= box["bottom"])


def _covered_share(page: Any, images: list[Char]) -> float:
    area = float(page.width) * float(page.height)
    return (
        max(((i["x1"] - i["x0"]) * (i["bottom"] - i["top"]) / area for i in images), default=0.0)
        if area
        else 0.0
    )


def _rgb(thing: Char) -> Rgb | None:
    """The fill colour; None where it cannot be told (patterns, spot colours)."""
    space = thing.get("ncs") or ""
    colour = thing.get("non_stroking_color")
    if not str(space).startswith(_NAMED) or (
        space and not any(n and str(space).startswith(n) for n in _NAMED)
    ):
        return None
    values = (colour,) if isinstance(colour, int | float) else colour
    if not isinstance(values, tuple | list) or not all(isinstance(v, int | float) for v in values):
        return None
    if len(values) == 1:
        return (float(values[0]),) * 3
    if len(values) == 3:
        return float(values[0]), float(values[1]), float(values[2])
    if len(values) == 4:
        cyan, magenta, yellow, black = (float(v) for v in values)
        return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)
    return None
