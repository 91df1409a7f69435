"""Reads the consent texts in force, one Markdown file a language. Does not know who agreed to what.

A file holds, for each purpose, a heading `# <purpose>: <title>` and the text below it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.session.app.consents import ConsentText, Purpose
from services.session.domain.scenario import Language

TEXTS = Path(__file__).resolve().parents[1] / "texts"
_HEADING = re.compile(r"^# (\w+): (.+)$", re.MULTILINE)


class ConsentTextsError(ValueError):
    """A consent file lacks a purpose, names one twice, or names one that is unknown."""


def load_consent_texts(folder: Path = TEXTS) -> Mapping[Language, Sequence[ConsentText]]:
    """Every purpose in every language, in the order of `Purpose`. Raises ConsentTextsError or OSError."""
    return {language: _read(folder / f"consents.{language}.md") for language in Language}


def _read(file: Path) -> list[ConsentText]:
    _, *parts = _HEADING.split(file.read_text(encoding="utf-8"))
    names = parts[0::3]
    if sorted(names) != sorted(Purpose):
        raise ConsentTextsError(f"{file.name} has {names}; it needs one heading each for {list(Purpose)}")
    found = {name: (title.strip(), text.strip()) for name, title, text in _triples(parts)}
    return [ConsentText(purpose, *found[purpose]) for purpose in Purpose]


def _triples(parts: Sequence[str]) -> list[tuple[str, str, str]]:
    return list(zip(parts[0::3], parts[1::3], parts[2::3], strict=True))
