"""Brings Korean (and any other) text to a form whose surface changes less than its meaning.

It is no morphological analyser: it knows common particles and endings by their spelling alone.
"""

from __future__ import annotations

import re
import unicodedata

# Letters and digits, with the signs that distinguish C from C++, C# and .NET names.
_WORD = re.compile(r"[^\W_]+(?:[+#]+)?")
_HANGUL = re.compile(r"[가-힣]")

_PARTICLES = (
    "은 는 이 가 을 를 에 의 도 만 와 과 로 나 랑 야 께 에서 에게 한테 으로 까지 부터 "
    "처럼 보다 이나 이랑 마다 조차 마저 라도 이라 라는 이란 께서 에는 에도 에만 로는 로도 "
    "와의 과의 에서는 에서도 에서의 으로는 으로도 으로의 까지는 부터는 에게는 에게서 이라는 "
    "이라고 라고 들은 들이 들을 들의 들과 들에게"
)
_ENDINGS = (
    "다 던 하다 하고 하며 하면 하는 하던 하여 하게 하지 하기 하려고 해서 해요 해야 했다 했고 "
    "했던 했으며 했지만 했는데 했어요 합니다 했습니다 하였다 하였습니다 하겠습니다 하면서 한다 "
    "한다고 할 한 함 해 되다 되고 되며 되면 되는 되어 되었다 됩니다 되었습니다 돼요 됐다 "
    "됐습니다 된 될 됨 입니다 이다 이고 이며 였다 였습니다 이었습니다 이에요 예요 인데 습니다 "
    "었습니다 았습니다 었다 았다 었고 았고 었던 았던 어서 아서 으며 으면 으니 어요 아요 "
    "겠습니다 기로"
)
_SUFFIXES = frozenset(f"{_PARTICLES} {_ENDINGS}".split())
_LONGEST_SUFFIX = max(map(len, _SUFFIXES))
_SHORTEST_STEM = 2

_FIRST_SYLLABLE = 0xAC00
_LAST_SYLLABLE = 0xD7A3
_MEDIALS, _FINALS = 21, 28
# Private-use characters, so that a jamo never equals a letter of the text.
_INITIAL_BASE, _MEDIAL_BASE, _FINAL_BASE = 0xE000, 0xE100, 0xE200


def stems(text: str) -> list[str]:
    """Case-folded words of the text, Korean ones without a trailing particle or ending.

    A text without any letter or digit yields its visible characters as one word.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = _WORD.findall(folded)
    if not words:
        return ["".join(folded.split()) or text]
    return [stem(word) for word in words]


def stem(word: str) -> str:
    """The word without its longest known suffix, if two syllables or more remain."""
    if not _HANGUL.match(word[-1]):
        return word
    for length in range(min(_LONGEST_SUFFIX, len(word) - _SHORTEST_STEM), 0, -1):
        if word[-length:] in _SUFFIXES:
            return word[:-length]
    return word


def jamo(word: str) -> str:
    """Hangul syllables taken apart into initial, medial and (if any) final; the rest unchanged."""
    return "".join(map(_syllable_parts, word))


def _syllable_parts(character: str) -> str:
    code = ord(character)
    if not _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return character
    rest, final = divmod(code - _FIRST_SYLLABLE, _FINALS)
    initial, medial = divmod(rest, _MEDIALS)
    parts = chr(_INITIAL_BASE + initial) + chr(_MEDIAL_BASE + medial)
    return parts + chr(_FINAL_BASE + final) if final else parts
