"""Finds the names of projects. Knows nothing of who else took part."""

import re
from collections.abc import Iterator

from services.session.domain.resumes.lexicon import PhraseWords, SectionKind
from services.session.domain.resumes.lines import (
    RANGE,
    fields,
    is_bullet,
    is_sentence,
    unbulleted,
    without_dates,
)
from services.session.domain.resumes.places import is_role

_MAX_CHARS = 40
_LABELLED = re.compile(r"^([^:：|]{1,14}?)\s*(?:[:：]|\s\|)\s*(.+)$")
_NAMED = re.compile(r"^(.{3,34}?(?:프로젝트|[Pp]roject))(?=$|[\s,.(:을를의에])")
_PARENTHESIS = re.compile(r"\s*[(（\[【][^)）\]】]*[)）\]】]\s*$")
_BRACKETED = re.compile(r"^[\[【<〈「『\"“‘'](.{2,40}?)[\]】>〉」』\"”’'](?=$|\s)")
_NO_NAME = re.compile(r"[했였었았]|[.!?]$|[을를은는이가에서로고며]$|^(?:및|또는|그리고)\s")


def find_projects(kind: SectionKind, text: str, words: PhraseWords) -> Iterator[str]:
    """Names in the order of the text:
    headings of a projects section, `…프로젝트` in an experience section."""
    if kind is SectionKind.PROJECTS:
        yield from _headings(text.split("\n"), words)
    elif kind in (SectionKind.EXPERIENCE, SectionKind.ACTIVITIES):
        for line in text.split("\n"):
            match = _NAMED.match(unbulleted(line))
            name = _name(match[1], words) if match else ""
            if name and name.casefold() not in words.not_names and " " in name:
                yield name


def _headings(lines: list[str], words: PhraseWords) -> Iterator[str]:
    labelled = [name for line in lines if (name := _labelled_name(line, words))]
    if labelled:
        yield from labelled
        return
    heads = [line for at, line in enumerate(lines) if _is_head(lines, at, words)]
    if not heads:
        heads = [line for line in lines if is_bullet(line) and not is_sentence(line)]
    yield from (name for line in heads if (name := _name(line, words)))


def _labelled_name(line: str, words: PhraseWords) -> str:
    match = _LABELLED.match(unbulleted(line))
    if not match or match[1].casefold().strip() not in words.project_labels:
        return ""
    return _name(match[2], words)


def _is_head(lines: list[str], at: int, words: PhraseWords) -> bool:
    line = lines[at]
    if not line or is_sentence(line) or _is_detail(line, words):
        return False
    numbered = bool(re.match(r"^\d{1,2}[.)]\s", line))
    if is_bullet(line) and not numbered:
        return False
    opens = at == 0 or not lines[at - 1]
    below = lines[at + 1] if at + 1 < len(lines) else ""
    leads = is_bullet(below) or _is_detail(below, words) or bool(RANGE.match(below)) or is_sentence(below)
    return numbered or opens or leads or bool(RANGE.search(line))


def _is_detail(line: str, words: PhraseWords) -> bool:
    """`역할: 백엔드`, or a row of table heads."""
    match = _LABELLED.match(unbulleted(line))
    if match and match[1].casefold().strip() in words.detail_labels:
        return True
    parts = [part.casefold() for part in fields(line)]
    return bool(parts) and all(part in words.not_names or part in words.detail_labels for part in parts)


def _name(line: str, words: PhraseWords) -> str:
    """The part of a heading that names the project; "" when none does."""
    line = unbulleted(line)
    bracketed = _BRACKETED.match(line)
    if bracketed and len(bracketed[1]) > 6:
        line = bracketed[1]
    line = re.sub(r"^[\[【<][^\]】>]{1,12}[\]】>]\s*", "", line)
    for part in fields(without_dates(line)):
        part = _PARENTHESIS.sub("", re.split(r"\s*[:：]\s", part)[0]).strip(" \"'“”‘’·-–—")
        if _may_name(part, words):
            return part
    return ""


def _may_name(part: str, words: PhraseWords) -> bool:
    low = part.casefold()
    return (
        3 <= len(part) <= _MAX_CHARS
        and low not in words.not_names
        and low not in words.detail_labels
        and low not in words.project_labels
        and not _NO_NAME.search(part)
        and not (is_role(part, words) and len(part.split()) <= 2)
        and bool(re.search(r"[^\W\d_]{2}", part))
    )
