"""Takes a model's thinking out of its streamed text. Knows the tags, not what is being written."""

import re
from dataclasses import dataclass

_TAG = r"(?:think|thinking|thought|reasoning|analysis)"
_CLOSED = re.compile(rf"<({_TAG})>.*?</\1>\s*", re.IGNORECASE | re.DOTALL)
_OPEN = re.compile(rf"<{_TAG}>", re.IGNORECASE)
_CUT_TAG = re.compile(r"<[a-z]{0,9}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The text outside thinking; `open` where a tag, or what may become one, is not closed yet."""

    text: str
    open: bool


def spoken(raw: str) -> Spoken:
    """Split what has been streamed so far; a closing tag without an opening one stays, as markup."""
    text = _CLOSED.sub("", raw)
    unclosed = _OPEN.search(text) or _CUT_TAG.search(text)
    return Spoken(text[: unclosed.start()], True) if unclosed else Spoken(text, False)
