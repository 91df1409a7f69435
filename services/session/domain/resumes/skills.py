"""Finds skills: listed words anywhere, and whatever the résumé's own skills section names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from services.session.domain.resumes.lexicon import SectionKind, SkillWords, heading_key
from services.session.domain.resumes.sections import Section, undecorated

MAX_SKILLS = 40
_MAX_CHARS = 30
_SEPARATORS = re.compile(r"\s*(?:[,，、;•·|\t]|\s/\s|/(?![A-Z]\b)|\n|\s-\s)\s*")
_LEVEL = re.compile(
    r"\s*[(（\[][^)）\]]*[)）\]]|\s*[★☆●○]+|\s*\d+\s*(?:년차?|개월|years?|yrs?)\b.*$", re.IGNORECASE
)
_LABEL = re.compile(r"^[^:：,]{1,24}[:：]\s*")
_SENTENCE = re.compile(r"(?:다|요|음|함|됨|임|며|고|서|는|은|을|를|한|해|지)[.]?$|[.!?]$")
_SKIP = (SectionKind.PROFILE, SectionKind.EDUCATION, SectionKind.PERSONAL_DETAILS)


def find_skills(sections: Iterable[Section], words: SkillWords) -> tuple[str, ...]:
    """Canonical names: the skills section's first, in its order, then the rest by how often they are
    named."""
    sections = tuple(sections)
    own = [skill for s in sections if s.kind is SectionKind.SKILLS for skill in _own_skills(s.text, words)]
    counts: Counter[str] = Counter()
    for section in sections:
        if section.kind not in _SKIP:
            counts.update(named_skills(section.text, words))
    ranked = sorted(counts, key=lambda name: -counts[name])
    return tuple(dict.fromkeys([*own, *ranked]))[:MAX_SKILLS]


def named_skills(text: str, words: SkillWords) -> list[str]:
    """Listed skills that the text names; an everyday word counts only in a list beside another skill."""
    found = [_canonical(match[0], words) for match in words.plain.finditer(text)]
    for line in text.split("\n"):
        items = [item for item in _SEPARATORS.split(_LABEL.sub("", undecorated(line))) if item]
        listed = [item for item in items if heading_key(item) in words.canonical]
        if len(listed) > 1:
            found += [_canonical(item, words) for item in listed if not words.plain.fullmatch(item)]
    return found


def _own_skills(text: str, words: SkillWords) -> Iterator[str]:
    for line in text.split("\n"):
        for item in _SEPARATORS.split(_LABEL.sub("", undecorated(line))):
            name = _LEVEL.sub("", item).strip(" -–:.·•")
            if heading_key(name) in words.canonical:
                yield _canonical(name, words)
            elif _is_skill_like(name, words):
                yield name
            else:
                yield from (_canonical(match[0], words) for match in words.any.finditer(item))


def _is_skill_like(name: str, words: SkillWords) -> bool:
    """A short noun phrase: no sentence, no label, no bare number."""
    return (
        1 < len(name) <= _MAX_CHARS
        and len(name.split()) <= 3
        and heading_key(name) not in words.labels
        and not _SENTENCE.search(name)
        and not re.search(r"@|https?:|\d{3,}|[()]", name)
        and not words.any.search(name)
    )


def _canonical(spelling: str, words: SkillWords) -> str:
    return words.canonical[heading_key(spelling)]
