"""Decides whether a quote may carry a score: it stands in the transcript and is the candidate's own answer.

Does not know how a score was reached or by whom; a model and plain code pass the same check.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from services.session.domain.orders import addresses_grader
from services.session.domain.rubric import (
    HIGHEST,
    LOWEST,
    DimensionScore,
    Evidence,
    Phrase,
    RawScore,
    ScoreStatus,
    insufficient,
)
from services.session.domain.text import (
    Folded,
    Span,
    either,
    fold,
    is_function_word,
    sentences,
    stems,
)

OWN_CHARS = 12
"""Fewest letters and digits of the candidate's own words that a quote needs; function words are nobody's."""

_ADMISSION_CHARS = 24
_ECHO_GRAM = {True: 6, False: 12}  # Hangul carries about twice the letters of Latin per character.
_WORD = re.compile(r"[^\W_]+")
_NON_ANSWER = re.compile(
    either(
        r"(?:(?:잘|전혀|솔직히|아직)\s*)?모르(?:겠|지만|는데|네요|거든|고)[가-힣]*|모릅니다|몰라요|모름",
        r"(?:기억|생각|떠오르는)[가-힣]*\s?(?:[가-힣]{1,3}\s)?"
        r"(?:잘\s)?(?:안\s?나|나지|없|나질|떠오르지)[가-힣]*(?:\s않[가-힣]*)?",
        r"(?:할|드릴)\s?말[가-힣]*\s?없[가-힣]*",
        r"(?:답변|대답|답)[가-힣]*\s?(?:드리기\s|하기\s)?(?:어렵|힘들|않|싫|못|안)[가-힣]*",
        r"(?:(?:다음|그냥)\s*)?(?:질문으로\s)?(?:넘어가|건너뛰|패스)[가-힣]*"
        r"(?:\s(?:주세요|되나요|될까요|하겠습니다))?",
        r"죄송[가-힣]*|글쎄[가-힣]*|노코멘트",
        r"(?<![가-힣])(?:음+|어+|그+|네|예|아니요)(?![가-힣])",
        r"\bi\s+(?:(?:really|honestly|just)\s+)?"
        r"(?:do\s?n['’o]?t|do not|can['’]?t|cannot|could not|couldn['’]t)\s+"
        r"(?:really\s+)?(?:know|remember|recall|think of|answer|say"
        r"|have\s+(?:an?y?\s+)?(?:idea|answer|example)s?)"
        r"(?:\s+(?:about\s+|any\s+)?(?:this|that|it|anything|one|the answer|the question))*",
        r"\b(?:no idea|no comment|not sure|sorry|next question|nothing to say)\b(?:\s+please)?",
        r"\b(?:i['’]?d|i would)\s+(?:rather|prefer)\s+not(?:\s+to)?(?:\s+\w+)?",
        r"\b(?:let['’]s\s+)?(?:skip|pass)\b(?:\s+(?:this|that|it))?|\b(?:u+m+|u+h+|hmm+|well)\b",
    ),
    re.IGNORECASE,
)


class Rejection(StrEnum):
    """Why a quote may not carry a score; also the last part of a `report.reason.*` key."""

    NOT_IN_TRANSCRIPT = "not_in_transcript"
    TOO_SHORT = "too_short"
    ECHO = "echo"
    NON_ANSWER = "non_answer"
    ADDRESSES_GRADER = "addresses_grader"


class AnswerWarning(StrEnum):
    """What a reader of the scores should know about the answer; the last part of `report.warning.*`."""

    ADDRESSES_GRADER = "addresses_grader"


@dataclass(frozen=True, slots=True)
class Verified:
    """The quote stands at `span`; `own_chars` letters of it are the candidate's own."""

    span: Span
    text: str
    own_chars: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The quote may not carry a score."""

    reason: Rejection


@dataclass(frozen=True, slots=True)
class Judgement:
    """One score per asked dimension, in the order asked, and what a reader should be warned of."""

    scores: tuple[DimensionScore, ...]
    warnings: tuple[AnswerWarning, ...]


class AnswerText:
    """A transcript prepared once for many quotes: which characters are echo, non-answer or order."""

    def __init__(self, transcript: str, question: str) -> None:
        self.transcript = transcript
        self.folded = fold(transcript)
        self.orders = addresses_grader(transcript)
        echo = _echo_mask(transcript, self.folded, question)
        void = _non_answer_mask(transcript, echo)
        self._own = _running(self.folded, lambda at: not echo[at] and not void[at], len(transcript))
        self._echoed = _running(self.folded, lambda at: bool(echo[at]), len(transcript))
        self._voided = _running(self.folded, lambda at: bool(void[at]), len(transcript))

    def own_chars(self, span: Span | None = None) -> int:
        """Letters and digits in `span` that are own words; without one, everywhere but in orders."""
        if span is not None:
            return self._own[span.end] - self._own[span.start]
        return self._own[-1] - sum(self.own_chars(order) for order in self.orders)

    def verify(self, quote: str) -> Verified | Rejected:
        """Check one quote; the best place wins where it stands more than once."""
        needle = fold(quote)
        if len(needle.text) < OWN_CHARS:
            return Rejected(Rejection.TOO_SHORT)
        places = self.folded.places(needle)
        if not places:
            return Rejected(Rejection.NOT_IN_TRANSCRIPT)
        return self._weigh(self._with_stop(max(places, key=self._worth)))

    def _with_stop(self, span: Span) -> Span:
        """The same with the full stop behind it, for the reader's eye."""
        stop = span.end < len(self.transcript) and self.transcript[span.end] in ".?!。"
        return Span(span.start, span.end + 1) if stop else span

    def _worth(self, span: Span) -> tuple[bool, int]:
        return not any(span.overlaps(order) for order in self.orders), self.own_chars(span)

    def _weigh(self, span: Span) -> Verified | Rejected:
        clean, own = self._worth(span)
        if not clean:
            return Rejected(Rejection.ADDRESSES_GRADER)
        if own >= OWN_CHARS:
            return Verified(span, self.transcript[span.start : span.end], own)
        echoed = self._echoed[span.end] - self._echoed[span.start]
        voided = self._voided[span.end] - self._voided[span.start]
        return Rejected(Rejection.ECHO if echoed > voided else Rejection.NON_ANSWER)


def verify(quote: str, transcript: str, question: str) -> Verified | Rejected:
    """Check one quote of `transcript`, which answered `question`."""
    return AnswerText(transcript, question).verify(quote)


def judge(
    raw: Sequence[RawScore], transcript: str, question: str, dimensions: Sequence[str], engine: str
) -> Judgement:
    """Turn proposed scores into scores with evidence; a dimension nobody scored is insufficient.

    `dimensions` are the ids the stage asks for; proposals for others are dropped.
    `engine` names the proposer.
    """
    return judge_answer(raw, AnswerText(transcript, question), dimensions, engine)


def judge_answer(
    raw: Sequence[RawScore], answer: AnswerText, dimensions: Sequence[str], engine: str
) -> Judgement:
    """The same for an answer that is prepared already."""
    warnings = (AnswerWarning.ADDRESSES_GRADER,) if answer.orders else ()
    proposed: dict[str, RawScore] = {}
    for score in raw:
        proposed.setdefault(score.dimension, score)
    return Judgement(
        tuple(_settle(proposed.get(name), name, answer, engine) for name in dimensions), warnings
    )


def _settle(raw: RawScore | None, dimension: str, answer: AnswerText, engine: str) -> DimensionScore:
    if answer.own_chars() < OWN_CHARS:
        return insufficient(dimension, _emptiness(answer), engine)
    if raw is None or raw.score is None:
        return insufficient(dimension, "not_scored", engine)
    if not LOWEST <= raw.score <= HIGHEST:
        return insufficient(dimension, "out_of_range", engine)
    return _with_evidence(raw, answer, engine)


def _with_evidence(raw: RawScore, answer: AnswerText, engine: str) -> DimensionScore:
    checked = [answer.verify(quote) for quote in raw.quotes]
    found = {each.span: each for each in checked if isinstance(each, Verified)}
    if not found:
        refused = [each.reason for each in checked if isinstance(each, Rejected)]
        return insufficient(raw.dimension, refused[0] if refused else "no_quote", engine)
    spans = sorted(found, key=lambda span: (span.start, span.end))
    evidence = tuple(Evidence(span.start, span.end, found[span].text) for span in spans)
    return DimensionScore(raw.dimension, raw.score, ScoreStatus.SCORED, evidence, raw.reason, engine)


def _emptiness(answer: AnswerText) -> str:
    if answer.orders:
        return Rejection.ADDRESSES_GRADER
    return Rejection.NON_ANSWER if answer.folded.text else "no_answer"


def unanswered(dimensions: Sequence[str], engine: str) -> tuple[DimensionScore, ...]:
    """What a question without any answer earns: nothing, said plainly."""
    return tuple(insufficient(name, "no_answer", engine) for name in dimensions)


def model_reason(text: str) -> Phrase:
    """A reason in a model's own words, as a phrase whose only content is those words."""
    return Phrase.of("report.reason.model", text=" ".join(text.split())[:400])


def _running(folded: Folded, counts: Callable[[int], bool], length: int) -> list[int]:
    """Running totals over the transcript: `[i]` counts the letters before offset `i` that count."""
    steps = [0] * (length + 1)
    for at in folded.starts:
        steps[at + 1] = counts(at)
    return list(accumulate(steps))


def _echo_mask(transcript: str, folded: Folded, question: str) -> bytearray:
    mask = bytearray(len(transcript))
    asked = fold(question).text
    for hangul, size in _ECHO_GRAM.items():
        grams = {asked[at : at + size] for at in range(len(asked) - size + 1)}
        for at in range(len(folded.text) - size + 1):
            gram = folded.text[at : at + size]
            if gram in grams and any("가" <= char <= "힣" for char in gram) == hangul:
                _mark(mask, folded.starts[at : at + size])
    _mark_words(mask, transcript, frozenset(stems(question)))
    return mask


def _mark_words(mask: bytearray, transcript: str, asked: frozenset[str]) -> None:
    for word in _WORD.finditer(transcript):
        cuts = stems(word.group())
        if cuts and all(cut in asked for cut in cuts):
            _mark(mask, range(word.start(), word.end()))


def _non_answer_mask(transcript: str, echo: bytearray) -> bytearray:
    mask = bytearray(len(transcript))
    for match in _NON_ANSWER.finditer(transcript):
        _mark(mask, range(match.start(), match.end()))
    for span in sentences(transcript):
        # A short sentence that ends in an admission ("해 본 적이 없어 모르겠습니다") says nothing else.
        if (
            _admits(transcript[span.start : span.end])
            and _content(transcript, span, echo, mask) < _ADMISSION_CHARS
        ):
            _mark(mask, range(span.start, span.end))
    for word in _WORD.finditer(transcript):
        if is_function_word(word.group()):
            _mark(mask, range(word.start(), word.end()))
    return mask


def _admits(sentence: str) -> bool:
    admissions = list(_NON_ANSWER.finditer(sentence))
    return bool(admissions) and not _WORD.search(sentence, admissions[-1].end())


def _content(transcript: str, span: Span, echo: bytearray, void: bytearray) -> int:
    return sum(
        len(word.group())
        for word in _WORD.finditer(transcript, span.start, span.end)
        if stems(word.group()) and not echo[word.start()] and not void[word.start()]
    )


def _mark(mask: bytearray, places: Sequence[int]) -> None:
    for at in places:
        mask[at] = 1
