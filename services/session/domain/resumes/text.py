"""Cleaning of text that came from anywhere. Knows nothing of résumés or files."""

import re
import unicodedata

# Tabs and line ends stay; formatting characters, private use and Unicode tags (which can
# carry unseen orders) go.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_TAGS = re.compile("[\U000e0020-\U000e007f]{4,}")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Symbol-font bullets that word processors leave in the private use area.
_BULLETS = re.compile("[\uf0b7\uf0a7\uf0a8\uf06c\uf06e\uf075\uf0d8\uf0fc\uf071\uf0e0\uf09f\uf02d]")
_LOST = re.compile("\\(cid:\\d+\\)|[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SPACED = re.compile(r"^(?:[가-힣] +)+[가-힣]$|^(?:[A-Z] +){3,}[A-Z]$")

HANGUL = re.compile("[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")


def tidy(text: str) -> str:
    """NFC text without control or invisible characters, single spaces, at most one empty line in a row."""
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    text = _CONTROL.sub("", _BULLETS.sub("•", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def has_tag_characters(text: str) -> bool:
    """Whether text carries a run of Unicode tag characters: letters that no reader sees."""
    return bool(_TAGS.search(text))


def lost_share(text: str) -> float:
    """Share of characters (0..1, spaces aside) whose meaning the document lost:
    (cid:n), U+FFFD, private use."""
    text = _BULLETS.sub("•", text)
    lost = _LOST.findall(text)
    visible = len(re.sub(r"\s", "", text)) - sum(len(item) - 1 for item in lost)
    return len(lost) / visible if visible > 0 else 0.0


def drop_lost(text: str) -> str:
    return _LOST.sub("", _BULLETS.sub("•", text))


def close_letter_spacing(line: str) -> str:
    """`경 력 사 항` -> `경력사항`, `S K I L L S` -> `SKILLS`; any other line as it is."""
    return line.replace(" ", "") if _SPACED.match(line) else line


def language_of(text: str) -> str:
    """`ko` when a fifth of the letters are Hangul, else `en`."""
    letters = len(_LETTER.findall(text))
    return "ko" if letters and len(HANGUL.findall(text)) / letters >= 0.2 else "en"
