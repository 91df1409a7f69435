"""The page's own typeface as files that a PDF can embed. `python -m edge_api.typeface` unpacks them.

Unpacking takes seconds of a core per weight, so `make web` does it and no request waits for it.
"""

from pathlib import Path

from fontTools.ttLib import TTFont

from edge_api.config import HERE, Settings
from services.runtime.errors import FailedPrecondition

PACKAGES = HERE.parent / "web/node_modules"
PACKED = PACKAGES / "pretendard/dist/web/static/woff2"
UNPACKED = PACKAGES / ".fonts"  # goes with the packages, so a newer typeface is unpacked anew
WEIGHTS = ("Regular", "Bold")


def typeface(settings: Settings) -> tuple[Path, Path]:
    """Regular and bold as TrueType. Raises FailedPrecondition."""
    regular, bold = [settings.font or UNPACKED / f"Pretendard-{weight}.ttf" for weight in WEIGHTS]
    if not (regular.is_file() and bold.is_file()):
        text, remedy = "PDFs use the page's typeface, which is not here.", "make web, or set VIVA_EDGE_FONT"
        raise FailedPrecondition("FONT_MISSING", text, remedy=remedy)
    return regular, bold


def unpack(source: Path, target: Path) -> None:
    """Under another name first: what is there is whole."""
    font = TTFont(source)
    font.flavor = None
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    font.save(draft)
    draft.replace(target)


if __name__ == "__main__":
    for each in WEIGHTS:
        unpack(PACKED / f"Pretendard-{each}.woff2", UNPACKED / f"Pretendard-{each}.ttf")
