"""Korean particles after any word, as it is read aloud. Knows letters, not meanings.

Hangul is read by its final consonant, digits by their Sino-Korean names, capitals by their letter names,
other Latin words by how loanword spelling (외래어 표기법) would end them.
"""

import re
from enum import Enum

_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8


class Ending(Enum):
    """How a word ends when read aloud."""

    VOWEL = "vowel"
    RIEUL = "rieul"
    CONSONANT = "consonant"
    UNKNOWN = "unknown"


# A particle as templates write it: (after a consonant, after a vowel).
PARTICLES: dict[str, tuple[str, str]] = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라는": ("이라는", "라는"),
    "(이)라고": ("이라고", "라고"),
    "(이)란": ("이란", "란"),
    "(이)나": ("이나", "나"),
}

_SINO = dict.fromkeys("178", Ending.RIEUL) | dict.fromkeys("036", Ending.CONSONANT)
# "EC2" and "S3" are read in English, since the digit belongs to a Latin name.
_ENGLISH = dict.fromkeys("179", Ending.CONSONANT)
_LETTER_NAMES = dict.fromkeys("lr", Ending.RIEUL) | dict.fromkeys("mn", Ending.CONSONANT)
_SYMBOLS = {"#": Ending.CONSONANT, "%": Ending.VOWEL, "+": Ending.VOWEL}
# Read otherwise than the rules below would have it.
_IRREGULAR = dict.fromkeys(("hub", "apache", "sub", "acme"), Ending.VOWEL) | dict.fromkeys(
    ("type", "prototype"), Ending.CONSONANT
)
_LATIN_RULES = (
    (re.compile(r"le?$"), Ending.RIEUL),
    (re.compile(r"(?:ng|m|n|[aeiouy][mn]e)$"), Ending.CONSONANT),
    (re.compile(r"(?:ck|ook|[aeiou]c|[aeiou]p)$"), Ending.CONSONANT),
    (re.compile(r"(?:^|[^aeiou])[aeiou][kbt]$"), Ending.CONSONANT),
)
_LAST_PIECE = re.compile(r"[A-Z]{2,}$|[A-Z]?[a-z]+$|[A-Z]$")


def ending(word: str) -> Ending:
    """How `word` ends; quotes and brackets behind it are not read."""
    heard = word.rstrip(" \t'\"’”)]}」』.,·-/&")
    last = heard[-1:]
    if "가" <= last <= "힣":
        return _hangul(last)
    if last.isascii() and last.isdigit():
        return _digit(heard)
    if last.isascii() and last.isalpha():
        return _latin(heard)
    return _SYMBOLS.get(last, Ending.UNKNOWN)


def _hangul(syllable: str) -> Ending:
    final = (ord(syllable) - _FIRST_SYLLABLE) % _FINALS
    if final == _RIEUL:
        return Ending.RIEUL
    return Ending.CONSONANT if final else Ending.VOWEL


def _digit(heard: str) -> Ending:
    part_of_name = len(heard) > 1 and heard[-2].isascii() and heard[-2].isalpha()
    return (_ENGLISH if part_of_name else _SINO).get(heard[-1], Ending.VOWEL)


def _latin(heard: str) -> Ending:
    match = _LAST_PIECE.search(heard)
    piece = match[0] if match else heard[-1]
    word = piece.lower()
    if word in _IRREGULAR and not piece.isupper():
        return _IRREGULAR[word]
    if piece.isupper() or not re.search("[aeiouy]", word):
        return _LETTER_NAMES.get(word[-1], Ending.VOWEL)
    return next((end for rule, end in _LATIN_RULES if rule.search(word)), Ending.VOWEL)


def particle(word: str, form: str) -> str:
    """The particle that fits behind `word`; `form` is a key of PARTICLES.

    Where nobody can say how the word is read, the form comes back as written, which is correct Korean.

    Raises:
        KeyError: an unknown form.
    """
    after_consonant, after_vowel = PARTICLES[form]
    sound = ending(word)
    if sound is Ending.UNKNOWN:
        return form
    if sound is Ending.RIEUL and form == "(으)로":
        return after_vowel
    return after_vowel if sound is Ending.VOWEL else after_consonant
