"""Cuts a question into what is spoken in one go, while it is still being written. Pure."""

import re

LONGEST = 300  # characters; a voice takes a thousand, but begins the sooner the less it is given
_END = re.compile(r"[.?!。？！…]+[\"'”’)\]]*(?=\s)|\n")
_PAUSE = re.compile(r"[,;:、，](?=\s)|\s")


def cut(text: str, *, whole: bool) -> tuple[list[str], int]:
    """The sentences at the beginning that are complete, and how many characters they take.

    A full stop at the very end may be the middle of "3.5", so it counts only once the text is whole.
    """
    ends = [found.end() for found in _END.finditer(text)]
    if whole and text[ends[-1] if ends else 0 :].strip():
        ends.append(len(text))
    begins = [0, *ends]
    sentences = [text[begin:end].strip() for begin, end in zip(begins, ends, strict=False)]
    return [piece for each in sentences if each for piece in _short(each)], ends[-1] if ends else 0


def _short(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > LONGEST:
        pauses = [found.end() for found in _PAUSE.finditer(sentence, LONGEST // 2, LONGEST)]
        at = pauses[-1] if pauses else LONGEST
        pieces.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*pieces, sentence] if sentence else pieces
