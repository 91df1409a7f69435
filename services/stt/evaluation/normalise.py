"""Makes texts alike that say the same, so that spelling habits count as no error. Knows no error rate."""

import re
import unicodedata

# Transcription rules of AI Hub's Korean corpora (Bang et al., KsponSpeech, Applied Sciences 10(19), 2020):
# "(written)/(spoken)" gives a word twice; "b/", "l/", "o/", "n/", "u/" are noises; "+" and "*" mark doubt.
_TWICE = re.compile(r"\([^()]*\)\s*/\s*\(([^()]*)\)")
_NOISES = re.compile(r"(?<![^\s])[blonu]/")
# What subtitles say of sounds: "(웃음)", "[음악]".
_SOUNDS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_UNITS = {"%": "퍼센트", "℃": "도"}

DIGITS = "영일이삼사오육칠팔구"
_PLACES = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조")
_READABLE_DIGITS = 4 * len(_MYRIADS)


def normalised(text: str) -> str:
    """Words as they sound, with single spaces: no punctuation, no marks, numbers read, letters small.

    Numbers are read the Sino-Korean way ("30" is "삼십"); "3명" therefore differs from "세 명".
    """
    text = unicodedata.normalize("NFC", text)
    text = _SOUNDS.sub(" ", _NOISES.sub(" ", _TWICE.sub(r"\1", text)))
    text = _NUMBER.sub(lambda found: reading(found[0].replace(",", "")), unicodedata.normalize("NFKC", text))
    for unit, name in _UNITS.items():
        text = text.replace(unicodedata.normalize("NFKC", unit), name)
    kept = (letter if _is_said(letter) else " " if letter.isspace() else "" for letter in text)
    return " ".join("".join(kept).casefold().split())


def reading(number: str) -> str:
    """The Sino-Korean reading of a decimal number; more digits than have a name are read one by one."""
    whole, _, fraction = number.partition(".")
    digit_by_digit = (whole.startswith("0") and len(whole) > 1) or len(whole) > _READABLE_DIGITS
    said = _digits(whole) if digit_by_digit else _integer(whole)
    return f"{said}점{_digits(fraction)}" if fraction else said


def _integer(digits: str) -> str:
    if not digits.strip("0"):
        return DIGITS[0]
    padded = digits.zfill(_READABLE_DIGITS)
    groups = [padded[start : start + 4] for start in range(0, _READABLE_DIGITS, 4)]
    named = zip(groups, reversed(_MYRIADS), strict=True)
    said = "".join(_below_myriad(group) + name for group, name in named if group.strip("0"))
    # Ten thousand is "만"; a hundred million is "일억".
    return said.removeprefix("일") if said.startswith("일만") else said


def _below_myriad(group: str) -> str:
    said = ""
    for digit, place in zip(group, reversed(_PLACES), strict=True):
        if digit != "0":
            said += ("" if digit == "1" and place else DIGITS[int(digit)]) + place
    return said


def _digits(digits: str) -> str:
    return "".join(DIGITS[int(digit)] for digit in digits)


def _is_said(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"
