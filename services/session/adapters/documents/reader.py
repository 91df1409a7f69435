"""Reads a document in this very process: type by its bytes, then the parser for it.
Sets no limits on the machine."""

from collections.abc import Callable

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.sniff import Format, sniff
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason


def read(content: bytes, limits: ParserLimits) -> ParsedDocument:
    """Raises DocumentError for any bytes that are no readable résumé; MemoryError becomes RESUME_BOMB."""
    if len(content) > limits.document_bytes:
        raise DocumentError(Reason.TOO_LARGE)
    try:
        return _PARSERS[sniff(content)](content, limits)
    except MemoryError as full:
        raise DocumentError(Reason.BOMB) from full
    except RecursionError as deep:
        raise DocumentError(Reason.CORRUPT) from deep


# The parsers are imported when chosen: a text file pays for no PDF library.
def _pdf(content: bytes, limits: ParserLimits) -> ParsedDocument:
    from services.session.adapters.documents.pdf import parse_pdf
    from services.session.adapters.documents.wordlists import section_list
    from services.session.domain.resumes.sections import heading_of

    words = section_list()
    return parse_pdf(content, limits, lambda text: heading_of(text, words) is not None)


def _docx(content: bytes, limits: ParserLimits) -> ParsedDocument:
    from services.session.adapters.documents.docx import parse_docx

    return parse_docx(content, limits)


def _text(content: bytes, limits: ParserLimits) -> ParsedDocument:
    from services.session.adapters.documents.plain_text import parse_text

    return parse_text(content, limits)


_PARSERS: dict[Format, Callable[[bytes, ParserLimits], ParsedDocument]] = {
    Format.PDF: _pdf,
    Format.DOCX: _docx,
    Format.TEXT: _text,
}
