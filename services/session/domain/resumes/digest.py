"""A short extract of the résumé, its own lines, for a prompt without a model. Knows no summariser.

A line's score = weight of its section + 2 for a figure + up to 2 for words of results + up to 1.5 for skills
- 2 below MIN_LINE characters - 1 above LONG_LINE, + 1 for a heading line with a period. The best lines are
taken until the digest is full, no more than PER_SECTION of one section, and written in the résumé's order.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.session.domain.resumes.chunks import sentences
from services.session.domain.resumes.lexicon import ResumeWords, SectionKind
from services.session.domain.resumes.lines import CONTACT, RANGE, figures, unbulleted, without_dates
from services.session.domain.resumes.sections import Section
from services.session.domain.resumes.skills import named_skills

MAX_DIGEST_CHARS = 800
MIN_LINE, LONG_LINE, PER_SECTION = 12, 160, 7
_WEIGHTS = {
    SectionKind.EXPERIENCE: 3.0,
    SectionKind.PROJECTS: 3.0,
    SectionKind.SUMMARY: 2.5,
    SectionKind.AWARDS: 2.0,
    SectionKind.CERTIFICATES: 1.0,
    SectionKind.PUBLICATIONS: 1.5,
    SectionKind.ACTIVITIES: 1.0,
    SectionKind.SELF_INTRODUCTION: 1.0,
    SectionKind.EDUCATION: 0.0,
    SectionKind.LANGUAGES: 0.0,
    SectionKind.OTHER: 0.5,
}


@dataclass(frozen=True)
class _Line:
    section: int
    order: int
    text: str
    score: float


def digest(sections: tuple[Section, ...], skills: Iterable[str], words: ResumeWords) -> str:
    """At most MAX_DIGEST_CHARS: skills first, then the chosen lines under their headings.
    No contact lines."""
    ranked = sorted(_scored(sections, words), key=lambda line: (-line.score, line.section, line.order))
    first = ", ".join(skills)[:160].rpartition(", ")[0] if len(", ".join(skills)) > 160 else ", ".join(skills)
    chosen: list[_Line] = []
    taken: Counter[int] = Counter()
    for line in ranked:
        if (
            taken[line.section] < PER_SECTION
            and len(_written(sections, first, [*chosen, line])) <= MAX_DIGEST_CHARS
        ):
            chosen.append(line)
            taken[line.section] += 1
    return _written(sections, first, chosen)


def _scored(sections: tuple[Section, ...], words: ResumeWords) -> list[_Line]:
    lines: list[_Line] = []
    seen: set[str] = set()
    for index, section in enumerate(sections):
        if section.kind not in _WEIGHTS:
            continue
        for order, raw in enumerate(sentences(section.text)):
            text = unbulleted(raw)
            if without_dates(text) and text not in seen and not CONTACT.search(text):
                seen.add(text)
                lines.append(_Line(index, order, text, _WEIGHTS[section.kind] + _salience(text, words)))
    return lines


def _salience(text: str, words: ResumeWords) -> float:
    low = text.casefold()
    results = sum(noun in low for noun in words.phrases.result_nouns)
    results += sum(verb in low.split() for verb in words.phrases.english_verbs)
    score = 2.0 if figures(text) else 0.0
    score += min(results, 2) + min(0.5 * len(set(named_skills(text, words.skills))), 1.5)
    score += 1.0 if RANGE.search(text) else 0.0
    return score - (2.0 if len(text) < MIN_LINE else 0.0) - (1.0 if len(text) > LONG_LINE else 0.0)


def _written(sections: tuple[Section, ...], skills: str, chosen: list[_Line]) -> str:
    parts = [f"• {skills}"] if skills else []
    at = -1
    for line in sorted(chosen, key=lambda item: (item.section, item.order)):
        if line.section != at and sections[line.section].heading:
            parts.append(f"[{sections[line.section].heading}]")
        at = line.section
        parts.append(f"- {line.text}")
    return "\n".join(parts)
