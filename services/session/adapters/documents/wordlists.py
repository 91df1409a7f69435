"""Loads the word lists that the domain works with. Knows nothing of what they are used for."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from services.session.domain.resumes.lexicon import (
    PhraseWords,
    ResumeWords,
    SectionWords,
    section_words,
    skill_words,
)
from services.session.domain.resumes.mask_rules import MaskRules, mask_rules


@cache
def resume_words() -> ResumeWords:
    """Raises ValueError when a list contradicts itself."""
    skills, phrases = _load("skills"), _load("phrases")
    return ResumeWords(
        section_list(),
        skill_words(skills["skills"], skills["labels"]),
        _phrase_words(phrases),
    )


@cache
def section_list() -> SectionWords:
    raw = _load("sections")
    return section_words(raw["headings"], raw["essay_openings"], raw["joiners"])


@cache
def masking_rules() -> MaskRules:
    """Raises ValueError when a placeholder is missing."""
    raw = _load("masking")
    lists = {key: value for key, value in raw.items() if isinstance(value, list)}
    return mask_rules(raw["placeholders"], raw["labels"], raw["surnames"], lists)


def _phrase_words(raw: dict[str, Any]) -> PhraseWords:
    return PhraseWords(
        roles=tuple(sorted(raw["roles"], key=len, reverse=True)),
        departments=tuple(raw["departments"]),
        company_prefixes=tuple(raw["company_prefixes"]),
        company_suffixes=tuple(raw["company_suffixes"]),
        project_labels=frozenset(raw["project_labels"]),
        detail_labels=frozenset(raw["detail_labels"]),
        not_names=frozenset(raw["not_names"]),
        noun_endings=tuple((stem, nouns[0], nouns[-1]) for stem, *nouns in raw["noun_endings"]),
        result_nouns=tuple(sorted(raw["result_nouns"], key=len, reverse=True)),
        english_verbs=raw["english_verbs"],
    )


def _load(name: str) -> dict[str, Any]:
    text = (files("services.session") / "data" / "resumes" / f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return loaded
