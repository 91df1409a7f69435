"""Cuts a text into what is spoken in one go. Pure."""

import re

_SENTENCE = re.compile(r"[^.?!。？！]*[.?!。？！]+|[^.?!。？！]+$")


def sentences(text: str) -> list[str]:
    """In order; together they are the text, so that a full stop stays with its sentence."""
    return _SENTENCE.findall(text.replace("\n", " "))
