"""From a sentence to the characters that Supertonic reads. Pure; knows no model."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from services.tts.engine import Language

# The longest text that its makers hand over at once.
LONGEST = {Language.KOREAN: 120, Language.ENGLISH: 300}

_PLAIN = str.maketrans(
    {"–": "-", "‑": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "´": "'", "`": "'"}
)
_NOT_READ = re.compile(r"[_\[\]|/#\\<>→←♥☆♡©]")
_ENDING = re.compile(r"[.!?;:,'\")}…。」』】〉》›»]$")


def parts(sentence: str, language: Language) -> list[str]:
    """The sentence as it is spoken, cut at spaces where it is too long; none where nothing is to be said."""
    read = _NOT_READ.sub(" ", sentence.translate(_PLAIN))
    if not any(character.isalnum() for character in read):
        return []
    return textwrap.wrap(read, LONGEST[language])


def numbers(part: str, language: Language, indexer: Sequence[int]) -> list[int]:
    """`indexer` by code point, −1 for what the model does not read, which is left out.

    Hangul is taken apart into its letters. The language stands around the text as a mark.
    """
    text = unicodedata.normalize("NFKD", part).strip()
    text = text if _ENDING.search(text) else f"{text}."
    marked = f"<{language.value}>{text}</{language.value}>"
    found = [indexer[ord(character)] if ord(character) < len(indexer) else -1 for character in marked]
    return [number for number in found if number >= 0]
