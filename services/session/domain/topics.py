"""Topics a question may not touch: how one is written down and where it stands in a text.

Does not know the topics themselves, which are data, nor what is done with a text that touches one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.session.domain.text import Span, sentences

_PLAIN_HANGUL = re.compile(r"[가-힣]{2,8}$")
_PLAIN_LATIN = re.compile(r"[a-z]{4,12}$")
_NOUN_REACH = 20
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A subject and a matter that refuse a text together; neither does alone."""

    subject: re.Pattern[str]
    matter: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ProductNames:
    """When a word is the name of something built: a noun right behind it, and work in the same sentence."""

    nouns: re.Pattern[str]
    work: re.Pattern[str]

    def names(self, text: str, match: Span) -> bool:
        """Whether the match is part of a product's name."""
        tail = text[match.end : match.end + _NOUN_REACH]
        if not self.nouns.search(re.split(r"[,.?!]", tail)[0]):
            return False
        home = next((s for s in sentences(text) if s.overlaps(match)), match)
        return bool(self.work.search(text[home.start : home.end]))


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, ready to match. `settles_late`: what follows a match may still excuse it."""

    id: str
    sources: tuple[str, ...]
    words: re.Pattern[str]
    pairs: tuple[Pair, ...]
    exceptions: re.Pattern[str]
    product: ProductNames | None
    settles_late: bool

    def touches(self, text: str) -> bool:
        """Whether the text, taken as complete, touches the topic."""
        if any(not self._excused(text, span) for span in _spans(self.words, text)):
            return True
        return any(self._standing(p.subject, text) and self._standing(p.matter, text) for p in self.pairs)

    def opens(self, text: str) -> int | None:
        """Where the earliest word stands that is, or with later words may become, the topic."""
        patterns = [self.words, *(side for pair in self.pairs for side in (pair.subject, pair.matter))]
        starts = [match.start() for pattern in patterns if (match := pattern.search(text))]
        return min(starts, default=None)

    def _standing(self, pattern: re.Pattern[str], text: str) -> bool:
        return any(not self._excused(text, span) for span in _spans(pattern, text))

    def _excused(self, text: str, span: Span) -> bool:
        for cover in _spans(self.exceptions, text):
            if cover.start <= span.start and span.end <= cover.end:
                return True
        return self.product is not None and self.product.names(text, span)


def _spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [Span(match.start(), match.end()) for match in pattern.finditer(text)]


def compile_words(entries: Sequence[str]) -> re.Pattern[str]:
    """Join entries as the data file describes them; no entry matches nothing.

    Raises:
        re.error: an entry is no regular expression.
    """
    parts = [part for entry in entries for part in _split(entry)]
    spelled = [apart for part in parts if (apart := _spelled_apart(part))]
    return re.compile("|".join([*map(_bounded, parts), *spelled]), re.IGNORECASE) if parts else _NEVER


def compile_topic(
    topic_id: str,
    sources: Sequence[str],
    words: Sequence[str] = (),
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]] = (),
    exceptions: Sequence[str] = (),
    product: ProductNames | None = None,
) -> Topic:
    """Make a topic from its written form; `pairs` are (subjects, matters)."""
    compiled = tuple(Pair(compile_words(subject), compile_words(matter)) for subject, matter in pairs)
    excused = re.compile("|".join(exceptions), re.IGNORECASE) if exceptions else _NEVER
    late = bool(exceptions) or product is not None
    return Topic(topic_id, tuple(sources), compile_words(words), compiled, excused, product, late)


def _split(entry: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, char in enumerate(entry):
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            parts.append(entry[start:index])
            start = index + 1
    return [*parts, entry[start:]]


def _bounded(part: str) -> str:
    if part.startswith("~"):
        return part[1:]
    before = r"(?<![a-z])" if re.match(r"(?:\(\?:)?[a-z]", part) else r"(?<![가-힣])"
    after = r"(?![a-z])" if _PLAIN_LATIN.match(part) else ""
    return f"{before}(?:{part}){after}"


def _spelled_apart(part: str) -> str | None:
    word = part.removeprefix("~")
    if _PLAIN_HANGUL.match(word):
        return r"(?<![가-힣])" + r"\W{1,3}".join(word)
    if _PLAIN_LATIN.match(word):
        return r"(?<![a-z])" + r"\W{1,3}".join(word) + r"(?![a-z])"
    return None
