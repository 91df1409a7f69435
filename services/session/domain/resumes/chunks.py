"""Cuts sections into pieces for retrieval. A change in one section moves no piece of another.
Knows no vectors."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.session.domain.resumes.lexicon import SectionKind
from services.session.domain.resumes.sections import Section

TARGET_CHARS = 300
MAX_CHARS = 420
_MIN_CHARS = 80
_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|(?<=다\.)(?=\S)")


@dataclass(frozen=True)
class Chunk:
    """`text` begins with its heading in brackets, so that a passage is understood alone."""

    index: int
    section: SectionKind
    heading: str
    text: str


def cut_chunks(sections: Iterable[Section]) -> tuple[Chunk, ...]:
    """Pieces of about TARGET_CHARS, never over MAX_CHARS plus the heading, cut at lines and sentences."""
    chunks: list[Chunk] = []
    for section in sections:
        for body in _pieces(section.text):
            text = f"[{section.heading}] {body}" if section.heading else body
            chunks.append(Chunk(len(chunks), section.kind, section.heading, text))
    return tuple(chunks)


def sentences(text: str) -> list[str]:
    """Lines, long ones cut at sentence ends and, where there is none, at spaces."""
    return [part for line in text.split("\n") for part in _shortened(line) if part]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for line in sentences(text):
        if pieces and len(pieces[-1]) + 1 + len(line) <= TARGET_CHARS:
            pieces[-1] += "\n" + line
        else:
            pieces.append(line)
    if (
        len(pieces) > 1
        and len(pieces[-1]) < _MIN_CHARS
        and len(pieces[-2]) + 1 + len(pieces[-1]) <= MAX_CHARS
    ):
        pieces[-2:] = [pieces[-2] + "\n" + pieces[-1]]
    return pieces


def _shortened(line: str) -> Iterator[str]:
    if len(line) <= TARGET_CHARS // 2:
        yield line.strip()
        return
    for sentence in _SENTENCE_END.split(line):
        while len(sentence) > TARGET_CHARS:
            at = sentence.rfind(" ", TARGET_CHARS // 2, TARGET_CHARS)
            at = at if at > 0 else TARGET_CHARS
            yield sentence[:at].strip()
            sentence = sentence[at:].strip()
        yield sentence.strip()
