"""Hides who someone is, for blind mode, in résumés and in answers. Knows no storage, keeps none of it.

Rules are searched side by side on the original text; finds that overlap are hidden as one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from services.session.domain.resumes.mask_rules import Kind, MaskRules
from services.session.domain.resumes.text import language_of

_JOSA = (
    r"(?=$|[^가-힣]|(?:은|는|이|가|을|를|의|에게|에|와|과|도|님|씨|군|양|입니다|이라|라고|이고"
    r"|으로|로|이며|드림|올림)(?:$|[^가-힣]|라|며|고))"
)


@dataclass(frozen=True)
class KnownPersonalData:
    """What is known about the person from elsewhere (account, invitation); hidden wherever it stands."""

    names: tuple[str, ...] = field(default=(), repr=False)
    schools: tuple[str, ...] = field(default=(), repr=False)
    contacts: tuple[str, ...] = field(default=(), repr=False)
    regions: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class MaskedSpan:
    """Characters [start, end) of the original text, and what they would have told."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Masked:
    """`spans` are in order and do not overlap; each is one placeholder in `text`."""

    text: str
    spans: tuple[MaskedSpan, ...]

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(span.kind for span in self.spans)


def mask(
    text: str, rules: MaskRules, known: KnownPersonalData | None = None, language: str | None = None
) -> Masked:
    """Text with placeholders in the language given, else in the text's own."""
    found = [span for span in _search(text, rules, known or KnownPersonalData()) if span.start < span.end]
    spans = tuple(_without_overlap(found))
    placeholders = rules.placeholders[language or language_of(text)]
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], placeholders[span.kind]]
        at = span.end
    return Masked("".join([*parts, text[at:]]), spans)


def find_names(text: str, rules: MaskRules) -> tuple[str, ...]:
    """The names a résumé gives for its writer (labelled, signed, or alone on the first line)."""
    masked = mask(text, rules)
    return tuple(dict.fromkeys(text[s.start : s.end] for s in masked.spans if s.kind is Kind.NAME))


def _search(text: str, rules: MaskRules, known: KnownPersonalData) -> Iterator[MaskedSpan]:
    for kind, pattern in rules.patterns:
        for match in pattern.finditer(text):
            start, end = match.span("it") if "it" in pattern.groupindex else match.span()
            if kind is not Kind.NAME or _may_be_name(text[start:end], rules):
                yield MaskedSpan(kind, start, end)
    for kind, literal in _literals(known, rules):
        yield from (MaskedSpan(kind, *match.span()) for match in literal.finditer(text))


def _may_be_name(text: str, rules: MaskRules) -> bool:
    return not any(text.startswith(word) for word in rules.not_names)


def _literals(known: KnownPersonalData, rules: MaskRules) -> Iterator[tuple[Kind, re.Pattern[str]]]:
    for name in known.names:
        yield from ((Kind.NAME, pattern) for pattern in _name_patterns(name.strip(), rules))
    others = ((Kind.SCHOOL, known.schools), (Kind.CONTACT, known.contacts), (Kind.REGION, known.regions))
    for kind, words in others:
        for word in filter(None, (item.strip() for item in words)):
            yield kind, re.compile(rf"(?<!\w){re.escape(word)}", re.IGNORECASE)


def _name_patterns(name: str, rules: MaskRules) -> Iterator[re.Pattern[str]]:
    if len(name) < 2:
        return
    if not re.fullmatch("[가-힣]{2,5}", name):
        whole = r"[\s,]+".join(re.escape(part) for part in name.split())
        yield re.compile(rf"(?<!\w){whole}(?![A-Za-z])", re.IGNORECASE)
        # Single parts of a Western name are hidden only where they are written as names are.
        yield from (re.compile(rf"\b{re.escape(p)}\b") for p in name.split() if len(p) > 2 and p[0].isupper())
        return
    yield re.compile(rf"(?<![가-힣]){name}{_JOSA}")
    if len(name) > 2:
        set_wide = r"\s".join(name)
        yield re.compile(rf"(?<![가-힣])(?:{name[0]}\s{name[1:]}|{set_wide}){_JOSA}")
    given = name[2:] if name[:2] in rules.double_surnames else name[1:]
    if len(given) >= 2 and given not in rules.common_given_names:
        yield re.compile(rf"(?<![가-힣]){given}{_JOSA}|(?<![가-힣]){given}이(?=[가는를의도라])")


def _without_overlap(spans: Iterable[MaskedSpan]) -> Iterator[MaskedSpan]:
    """Overlapping finds become one, so that no end of any of them is left in sight."""
    open_span: MaskedSpan | None = None
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if open_span and span.start < open_span.end:
            open_span = replace(open_span, end=max(open_span.end, span.end))
            continue
        if open_span:
            yield open_span
        open_span = span
    if open_span:
        yield open_span
