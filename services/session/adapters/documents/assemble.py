"""Puts lines together into a ParsedDocument. Knows no format."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.session.domain.resumes.documents import (
    Block,
    BlockKind,
    DocumentError,
    ParsedDocument,
    Reason,
    Warned,
)
from services.session.domain.resumes.text import drop_lost, has_tag_characters, lost_share, tidy

MOST_LOST = 0.1
_FEWEST_LETTERS = 2


@dataclass(frozen=True)
class RawLine:
    """A line as a parser found it; an empty text is a gap between blocks."""

    text: str
    page: int = 0
    kind: BlockKind = BlockKind.LINE


def assemble(
    file_format: str, lines: Iterable[RawLine], pages: int, warnings: Iterable[Warned], most_chars: int
) -> ParsedDocument:
    """Raises RESUME_UNREADABLE_TEXT or RESUME_EMPTY. Text beyond `most_chars` is left out, with a warning."""
    lines, warned = list(lines), dict.fromkeys(warnings)
    whole = "\n".join(line.text for line in lines)
    lost = lost_share(whole)
    if lost > MOST_LOST:
        raise DocumentError(Reason.UNREADABLE_TEXT)
    if lost:
        warned[Warned.LOST_GLYPHS] = None
    if has_tag_characters(whole):
        warned[Warned.HIDDEN_TEXT] = None
    text, blocks, is_cut = _laid_out(lines, most_chars)
    if is_cut:
        warned[Warned.TEXT_CUT] = None
    if sum(char.isalnum() for char in text) < _FEWEST_LETTERS:
        raise DocumentError(Reason.EMPTY)
    return ParsedDocument(file_format, text, pages, tuple(blocks), tuple(warned))


def _laid_out(lines: list[RawLine], most_chars: int) -> tuple[str, list[Block], bool]:
    parts: list[str] = []
    blocks: list[Block] = []
    at = 0
    for line in lines:
        for text in tidy(drop_lost(line.text)).split("\n"):
            if not text and (not parts or not parts[-1]):
                continue
            if at + len(text) > most_chars:
                return "\n".join(parts).rstrip(), blocks, True
            if text:
                blocks.append(Block(line.kind, line.page, at, at + len(text)))
            parts.append(text)
            at += len(text) + 1
    return "\n".join(parts).rstrip(), blocks, False


def table_row(cells: list[list[str]], page: int) -> list[RawLine]:
    """One line `a | b | c`; a row with a long cell is written cell by cell, each with its own lines."""
    filled = [cell for cell in cells if any(line.strip() for line in cell)]
    if any(len(cell) > 2 for cell in filled):
        return [RawLine(line, page, BlockKind.TABLE_ROW) for cell in filled for line in cell]
    text = " | ".join(" ".join(" ".join(cell).split()) for cell in filled)
    return [RawLine(text, page, BlockKind.TABLE_ROW)] if text else []
