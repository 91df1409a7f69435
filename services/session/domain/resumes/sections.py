"""Splits a résumé's text at its headings. Knows nothing of what stands under them."""

import re
from dataclasses import dataclass

from services.session.domain.resumes.lexicon import SectionKind, SectionWords, heading_key
from services.session.domain.resumes.text import close_letter_spacing

_DECORATION = re.compile(r"^[\s#>*\-–—=_~•·▪■□◆◇●○▶▷►※★☆◎|【\[<〈《「『(]+|[\s#*\-–—=_~:：|】\]>〉》」』)]+$")
_NUMBERING = re.compile(r"^(?:\d{1,2}|[IVX]{1,4}|[가-하])[.)]\s*")
_ASIDE = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]\s*$")
_INLINE = re.compile(r"^(.{1,24}?)\s*(?::|：|\s\|)\s+(\S.*)$")
# Inside these a line such as "기술: Django" belongs to the entry and opens no section.
_ENTRY_KINDS = {SectionKind.PROJECTS, SectionKind.EXPERIENCE, SectionKind.ACTIVITIES}
_FORM_KINDS = {SectionKind.PROFILE, SectionKind.PERSONAL_DETAILS}
_MAX_HEADING_CHARS = 40


@dataclass(frozen=True)
class Section:
    """Lines under one heading. `heading` is "" for what stands above the first one."""

    kind: SectionKind
    heading: str
    text: str


def split_sections(text: str, words: SectionWords) -> tuple[Section, ...]:
    """Sections in document order, empty ones left out. Expects tidied text."""
    sections: list[Section] = []
    kind, heading, lines = SectionKind.PROFILE, "", list[str]()
    for line in text.split("\n"):
        line = close_letter_spacing(line)
        found = heading_of(line, words) or _inline_heading(line, kind, words)
        if found is None:
            lines.append(line)
            continue
        sections.append(Section(kind, heading, "\n".join(lines).strip()))
        kind, heading, rest = found
        lines = [rest] if rest else []
    sections.append(Section(kind, heading, "\n".join(lines).strip()))
    return tuple(section for section in sections if section.text)


def heading_of(line: str, words: SectionWords) -> tuple[SectionKind, str, str] | None:
    """(kind, heading, "") when the whole line is a heading."""
    if not line or len(line) > _MAX_HEADING_CHARS:
        return None
    for bare in (undecorated(line), undecorated(_ASIDE.sub("", line))):
        kind = _kind_of(bare, words) or _essay_kind(bare, words)
        if kind:
            return kind, bare, ""
    return None


def undecorated(line: str) -> str:
    """`## ■ 1. 경 력 :` -> `경력`."""
    before = None
    while before != line:
        before = line
        line = _NUMBERING.sub("", _DECORATION.sub("", line)).strip()
    return close_letter_spacing(line)


def _kind_of(text: str, words: SectionWords) -> SectionKind | None:
    kind = words.kinds.get(heading_key(text))
    if kind:
        return kind
    parts = [heading_key(part) for part in words.joiners.split(text)]
    if len(parts) > 1 and all(part in words.kinds for part in parts):
        return words.kinds[parts[0]]
    return None


def _essay_kind(text: str, words: SectionWords) -> SectionKind | None:
    starts = any(text.startswith(opening) for opening in words.essay_openings)
    ends_a_sentence = text.rstrip(".").endswith(("니다", "습니까", "어요", "했다"))
    return SectionKind.SELF_INTRODUCTION if starts and not ends_a_sentence else None


def _inline_heading(
    line: str, current: SectionKind, words: SectionWords
) -> tuple[SectionKind, str, str] | None:
    """`기술: Python, Java` opens a section and gives its first line."""
    match = _INLINE.match(line)
    if not match:
        return None
    bare = undecorated(match[1])
    kind = words.kinds.get(heading_key(bare))
    return (kind, bare, match[2]) if kind and _may_open(kind, current) else None


def _may_open(kind: SectionKind, current: SectionKind) -> bool:
    if current in _ENTRY_KINDS:
        return kind is SectionKind.CERTIFICATES
    # "Languages: Python" among skills are no foreign languages.
    among_skills = current is SectionKind.SKILLS and kind is SectionKind.LANGUAGES
    return kind is not current and kind not in _FORM_KINDS and not among_skills
