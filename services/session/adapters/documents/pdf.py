"""PDF files: opens them, leaves out what no reader sees, and hands words and tables to the layout.
Knows no résumés."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdfpage import PDFPage
from pdfplumber.page import Page, PDFPageAggregatorWithMarkedContent
from pdfplumber.utils.exceptions import PdfminerException

from services.session.adapters.documents.assemble import RawLine, assemble
from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.pdf_layout import PageLines, page_lines
from services.session.adapters.documents.pdf_paragraphs import paragraphs
from services.session.adapters.documents.pdf_visibility import INVISIBLE, visible_chars
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason, Warned

# Above this many strokes a page is a drawing; looking for tables in it would take the whole time limit.
_MOST_EDGES = 3_000
_MOST_CHARS_ON_A_PAGE = 60_000
_FEWEST_CHARS = 12
_UNSEEN_MODES = (3, 7)

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def parse_pdf(content: bytes, limits: ParserLimits, is_heading: Callable[[str], bool]) -> ParsedDocument:
    """Raises RESUME_ENCRYPTED, RESUME_CORRUPT, RESUME_IMAGE_ONLY, RESUME_EMPTY, RESUME_UNREADABLE_TEXT."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            return _read(pdf, limits, is_heading)
    except (DocumentError, MemoryError):
        raise
    except Exception as broken:
        raise _told(broken) from broken


def _told(broken: Exception) -> BaseException:
    """What a library's error means. A hostile file can raise any;
    none but these two say more than "broken"."""
    causes = [broken, *(arg for arg in broken.args if isinstance(arg, BaseException))]
    if any(isinstance(cause, MemoryError) for cause in causes):
        return MemoryError()
    if any(isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError) for cause in causes):
        return DocumentError(Reason.ENCRYPTED)
    return DocumentError(Reason.CORRUPT)


def _read(pdf: Any, limits: ParserLimits, is_heading: Callable[[str], bool]) -> ParsedDocument:
    pages: list[PageLines] = []
    warnings: list[Warned] = []
    drawn = chars = 0
    for number, page in enumerate(_pages(pdf), start=1):
        if number > limits.pages:
            warnings.append(Warned.PAGES_CUT)
            break
        seen, has_hidden = visible_chars(page)
        chars += sum(not char["text"].isspace() for char in seen)
        drawn += len(page.images) + len(page.curves) // 50
        warnings += [Warned.HIDDEN_TEXT] if has_hidden else []
        pages.append(_page_lines(page, seen, is_heading))
        page.close()
    if not pages:
        raise DocumentError(Reason.CORRUPT)
    if chars < _FEWEST_CHARS and drawn:
        raise DocumentError(Reason.IMAGE_ONLY)
    lines: list[RawLine] = paragraphs(pages)
    return assemble("pdf", lines, len(pages), warnings, limits.text_chars)


def _page_lines(page: Page, chars: list[dict[str, Any]], is_heading: Callable[[str], bool]) -> PageLines:
    tables = page.find_tables() if 0 < len(page.edges) <= _MOST_EDGES else []
    return page_lines(
        chars[:_MOST_CHARS_ON_A_PAGE],
        tables,
        page.page_number,
        (float(page.width), float(page.height)),
        is_heading,
    )


def _pages(pdf: Any) -> Iterator[Page]:
    for number, page in enumerate(PDFPage.create_pages(pdf.doc), start=1):
        yield _Page(pdf, page, number)


class _Page(Page):
    """A page whose characters carry, as their `tag`, whether the file asked to draw them at all."""

    @property
    def layout(self) -> Any:
        if not hasattr(self, "_layout"):
            device = _Device(self.pdf.rsrcmgr, pageno=self.page_number, laparams=None)
            try:
                PDFPageInterpreter(self.pdf.rsrcmgr, device).process_page(self.page_obj)
            except Exception as broken:
                raise PdfminerException(broken) from broken
            self._layout = device.get_result()
        return self._layout


class _Device(PDFPageAggregatorWithMarkedContent):
    _unseen = False

    def render_string(self, textstate: Any, *rest: Any) -> None:
        self._unseen = textstate.render in _UNSEEN_MODES
        super().render_string(textstate, *rest)
        self._unseen = False

    def tag_cur_item(self) -> None:
        super().tag_cur_item()
        if self._unseen and self.cur_item._objs:
            self.cur_item._objs[-1].tag = INVISIBLE  # type: ignore[attr-defined] # a field pdfplumber adds
