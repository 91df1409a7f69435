"""A document that came in, what was read from it, and every way reading can fail. Knows no file format.

DocumentError           reason: Reason, detail: words for the locale's text
└── ParserUnavailable   ours to mend, not the person's: the same bytes may be sent again
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

MIB = 1024 * 1024
MAX_DOCUMENT_BYTES = 20 * MIB


class Reason(StrEnum):
    """Why a document was not read.
    The person's words stand in the locale files under `resume.errors.<reason>`."""

    ENCRYPTED = "RESUME_ENCRYPTED"
    IMAGE_ONLY = "RESUME_IMAGE_ONLY"
    CORRUPT = "RESUME_CORRUPT"
    EMPTY = "RESUME_EMPTY"
    BOMB = "RESUME_BOMB"
    TOO_LARGE = "RESUME_TOO_LARGE"
    WRONG_TYPE = "RESUME_WRONG_TYPE"
    TIMEOUT = "RESUME_TIMEOUT"
    UNREADABLE_TEXT = "RESUME_UNREADABLE_TEXT"
    PARSER_UNAVAILABLE = "RESUME_PARSER_UNAVAILABLE"


class Warned(StrEnum):
    """What was left out of a document that was read. Words: `resume.warnings.<value>` in the locale files."""

    HIDDEN_TEXT = "RESUME_HIDDEN_TEXT"
    PAGES_CUT = "RESUME_PAGES_CUT"
    TEXT_CUT = "RESUME_TEXT_CUT"
    LOST_GLYPHS = "RESUME_LOST_GLYPHS"


class DocumentError(Exception):
    """A document that cannot be used. `detail` fills the blanks of the locale's text (e.g. seen="HWP")."""

    def __init__(self, reason: Reason, **detail: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail: Mapping[str, str] = detail

    @property
    def retryable(self) -> bool:
        return False


class ParserUnavailable(DocumentError):
    """The parser could not be started; says nothing about the document."""

    def __init__(self) -> None:
        super().__init__(Reason.PARSER_UNAVAILABLE)

    @property
    def retryable(self) -> bool:
        return True


@dataclass(frozen=True)
class Document:
    """Bytes as uploaded. Name and type are what the sender claimed: shown to people, never trusted."""

    content: bytes = field(repr=False)
    declared_name: str = ""
    declared_type: str = ""


class BlockKind(StrEnum):
    LINE = "line"
    TABLE_ROW = "table_row"


@dataclass(frozen=True)
class Block:
    """One line of text and where it stood: characters [start, end) of the text, page from 1 (0: no pages)."""

    kind: BlockKind
    page: int
    start: int
    end: int


@dataclass(frozen=True)
class ParsedDocument:
    """Text in reading order (NFC, one block a line). `format` is pdf, docx or text."""

    format: str
    text: str = field(repr=False)
    pages: int = 0
    blocks: tuple[Block, ...] = ()
    warnings: tuple[Warned, ...] = ()


class DocumentParser(Protocol):
    """Turns bytes into text."""

    async def parse(self, document: Document) -> ParsedDocument:
        """Raises DocumentError, and nothing else, for any bytes whatever."""
        ...
