"""Joins lines that the page's width broke, and leaves out what every page repeats. Knows no PDF."""

import re
from collections import Counter
from collections.abc import Iterable

from services.session.adapters.documents.assemble import RawLine
from services.session.adapters.documents.pdf_layout import Line, PageLines
from services.session.domain.resumes.documents import BlockKind

_MARGIN = 0.1  # share of the page's height in which headers and footers stand
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—]*(?:page\s*)?\d{1,3}(?:\s*(?:/|of|중|쪽|페이지)\s*\d{0,3})?[\s\-–—]*$", re.IGNORECASE
)
_STARTS_ANEW = re.compile(
    r"^(?:[-–—•·▪■□◦○●◆◇▶▷>*※✓✔]|\(?\d{1,2}[.)]|[①-⑳]|[가-하]\.|[\[【<]|(?:19|20)\d{2}\s?[.년/-])"
)
_ENDS = re.compile(r"[.!?:：;。]$")
# A line that begins so continues a word that was cut: particles and verb endings.
_TAIL = re.compile(
    r"^(?:을|를|은|는|이|가|의|에|와|과|도|로|으로|에서|에게|까지|부터|보다|처럼|이나|라는|이며|하며|하고|하여|해서|했고|했으며|"
    r"니다|습니다|였습니다|었습니다|았습니다|했습니다|하였습니다|됩니다|합니다|입니다|다)(?=$|[\s.,)])"
)
_HYPHEN = re.compile(r"[A-Za-z]{2,}-$")
_KEPT_HYPHEN = re.compile(
    r"\b(?:real|high|low|end|full|open|cross|multi|self|long|large|well|event|test|time|cost|user|data|cloud)-$",
    re.IGNORECASE,
)


def paragraphs(pages: Iterable[PageLines]) -> list[RawLine]:
    """Lines of the whole document, an empty one at every wide gap and page end."""
    raw: list[RawLine] = []
    for page in _without_repeats(list(pages)):
        before: Line | None = None
        for line in page.lines:
            if before and _continues(before, line):
                raw[-1] = RawLine(_joined(raw[-1].text, before, line), page.number)
            else:
                raw += [RawLine("", page.number)] if before and _is_apart(before, line) else []
                raw.append(
                    RawLine(line.text, page.number, BlockKind.TABLE_ROW if line.is_row else BlockKind.LINE)
                )
            before = line
    return raw


def _continues(a: Line, b: Line) -> bool:
    """Whether `a` ended only because the next word found no room."""
    if a.is_row or b.is_row or a.right != b.right or abs(a.size - b.size) > 0.5 or _ENDS.search(a.text):
        return False
    if b.top - a.bottom > 0.9 * a.size or b.top < a.top or _STARTS_ANEW.match(b.text):
        return False
    # A narrow column of short entries is a list, whatever its widths.
    is_prose = a.x1 - a.x0 > 18 * a.size
    hangs = a.x0 - 0.5 * a.size <= b.x0 <= a.x0 + 2.5 * a.size
    return is_prose and hangs and a.x1 + min(b.first_word, 6 * b.size) + 0.2 * a.size > a.right


def _joined(text: str, a: Line, b: Line) -> str:
    if _HYPHEN.search(text) and b.text[:1].islower():
        return (text if _KEPT_HYPHEN.search(text) else text[:-1]) + b.text
    cut_word = not a.ends_with_space and re.search("[가-힣]$", text) and _TAIL.match(b.text)
    return f"{text}{b.text}" if cut_word else f"{text} {b.text}"


def _is_apart(a: Line, b: Line) -> bool:
    return not (a.is_row and b.is_row) and (b.top - a.bottom > 0.9 * max(a.size, b.size) or b.top < a.top)


def _without_repeats(pages: list[PageLines]) -> list[PageLines]:
    """Headers and footers go: page numbers everywhere, repeated words on all pages but the first."""
    if len(pages) < 2:
        return pages
    marks = Counter(
        mark for page in pages for mark in {_mark(line) for line in page.lines if _is_marginal(line, page)}
    )
    repeated = {mark for mark, count in marks.items() if count >= max(2, 0.6 * len(pages))}

    def kept(line: Line, page: PageLines) -> bool:
        if not _is_marginal(line, page):
            return True
        return not _PAGE_NUMBER.match(line.text) and (page is pages[0] or _mark(line) not in repeated)

    return [
        PageLines(page.number, page.height, tuple(line for line in page.lines if kept(line, page)))
        for page in pages
    ]


def _is_marginal(line: Line, page: PageLines) -> bool:
    return line.bottom < _MARGIN * page.height or line.top > (1 - _MARGIN) * page.height


def _mark(line: Line) -> tuple[str, int]:
    """A line's words without its numbers, and its height on the page to 3 points."""
    return re.sub(r"\d+", "#", line.text), round(line.top / 3)
