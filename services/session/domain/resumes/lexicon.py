"""The word lists that reading a résumé rests on, as plain values. Knows not where they are kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SectionKind(StrEnum):
    PROFILE = "profile"
    SUMMARY = "summary"
    EXPERIENCE = "experience"
    EDUCATION = "education"
    PROJECTS = "projects"
    SKILLS = "skills"
    CERTIFICATES = "certificates"
    AWARDS = "awards"
    LANGUAGES = "languages"
    ACTIVITIES = "activities"
    PUBLICATIONS = "publications"
    SELF_INTRODUCTION = "self_introduction"
    PERSONAL_DETAILS = "personal_details"
    OTHER = "other"


@dataclass(frozen=True)
class SectionWords:
    """`kinds` maps a heading as `heading_key` writes it to its section."""

    kinds: Mapping[str, SectionKind]
    essay_openings: tuple[str, ...]
    joiners: re.Pattern[str]


@dataclass(frozen=True)
class SkillWords:
    """`canonical` maps every spelling (casefolded, without spaces) to the skill's own;
    `plain` finds the sure ones."""

    canonical: Mapping[str, str]
    plain: re.Pattern[str]
    any: re.Pattern[str]
    labels: frozenset[str]


@dataclass(frozen=True)
class PhraseWords:
    """Words of roles, companies, projects and results, lower case. `noun_endings`:
    verb stem, noun, noun for times."""

    roles: tuple[str, ...]
    departments: tuple[str, ...]
    company_prefixes: tuple[str, ...]
    company_suffixes: tuple[str, ...]
    project_labels: frozenset[str]
    detail_labels: frozenset[str]
    not_names: frozenset[str]
    noun_endings: tuple[tuple[str, str, str], ...]
    result_nouns: tuple[str, ...]
    english_verbs: Mapping[str, str]


@dataclass(frozen=True)
class ResumeWords:
    sections: SectionWords
    skills: SkillWords
    phrases: PhraseWords


def heading_key(text: str) -> str:
    """The form in which headings are compared: no spaces, no case."""
    return re.sub(r"\s+", "", text).casefold()


def section_words(
    headings: Mapping[str, list[str]], essay_openings: list[str], joiners: list[str]
) -> SectionWords:
    """Raises ValueError for a kind that does not exist or a heading of two kinds."""
    kinds: dict[str, SectionKind] = {}
    for kind, names in headings.items():
        for name in names:
            key = heading_key(name)
            if kinds.setdefault(key, SectionKind(kind)) is not SectionKind(kind):
                raise ValueError(f"heading {name!r} belongs to both {kinds[key]} and {kind}")
    symbols = "".join(re.escape(item) for item in joiners if len(item) == 1 and not item.isalpha())
    words = "|".join(re.escape(item) for item in joiners if item.isalpha())
    return SectionWords(kinds, tuple(essay_openings), re.compile(rf"[{symbols}]|\s(?:{words})\s"))


def skill_words(skills: list[Mapping[str, object]], labels: list[str]) -> SkillWords:
    """`skills`: items with `name`, optional `aliases` and `plain` (default true)."""
    canonical: dict[str, str] = {}
    plain: list[str] = []
    every: list[str] = []
    for skill in skills:
        name = str(skill["name"])
        aliases = skill.get("aliases") or []
        spellings = [name, *(str(alias) for alias in aliases)] if isinstance(aliases, list) else [name]
        # An English résumé keeps its English word where the list's own name is Korean.
        english = next((spelling for spelling in spellings if spelling.isascii()), name)
        canonical.update({heading_key(s): english if s.isascii() else name for s in spellings})
        every += spellings
        # An alias longer than the everyday word it stands for is sure even where the word is not.
        plain += (
            spellings
            if skill.get("plain", True)
            else [s for s in spellings[1:] if s.casefold() != name.casefold()]
        )
    return SkillWords(
        canonical, _any_of(plain), _any_of(every), frozenset(heading_key(label) for label in labels)
    )


_KOREAN_TAIL = (
    r"(?=$|[^가-힣]|(?:을|를|로|와|과|의|은|는|이|가|에|등|및|도|기반|으로|이나|이며|에서|까지"
    r"|부터)(?![가-힣]))"
)


def _any_of(spellings: list[str]) -> re.Pattern[str]:
    latin = sorted((s for s in spellings if not re.search("[가-힣]$", s)), key=len, reverse=True)
    korean = sorted((s for s in spellings if re.search("[가-힣]$", s)), key=len, reverse=True)
    parts = [
        rf"(?<![A-Za-z0-9])(?:{_alternatives(latin)})(?![A-Za-z0-9+#]|\.[A-Za-z])",
        rf"(?<![가-힣A-Za-z0-9])(?:{_alternatives(korean)}){_KOREAN_TAIL}",
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


def _alternatives(spellings: list[str]) -> str:
    return "|".join(re.escape(s).replace(r"\ ", r"\s?") for s in spellings) or r"(?!)"
