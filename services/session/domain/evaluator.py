"""Scores an answer without a model, from its wording alone: how it is built, how concrete and how apt it is.

Does not know whether a model could have done better; its scores pass the same evidence check as a model's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp

from services.session.domain.cues import actions_in, figures_in, names_in, parts_of
from services.session.domain.evidence import OWN_CHARS, AnswerText, AnswerWarning, Judgement, judge
from services.session.domain.rubric import HIGHEST, LOWEST, DimensionScore, Phrase, RawScore
from services.session.domain.scenario import Dimension, Stage
from services.session.domain.text import Span, fold, sentences, stems

ENGINE = "lightweight/1"
"""Name and version of this evaluator; a change of any weight below is a new version."""

_WEIGHTS = {"structure": 0.25, "specificity": 0.25, "relevance": 0.25, "length": 0.1}
_AFFINITY = 0.15
_RELEVANCE_SHARES = {"question": 0.7, "stage": 0.2, "topics": 0.1}
# The share of a source's words that an apt answer takes up; nobody repeats all of them.
_TAKEN_UP = {"question": 0.5, "stage": 0.25, "topics": 0.2}
_ON_TOPIC = 0.25
_FULL_LENGTH = {"ko": 160, "en": 380}
_QUOTES = 2


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What an answer is held against. `topics` are words of the candidate's own résumé."""

    question: str
    stage: Stage
    dimensions: tuple[Dimension, ...]
    topics: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Features:
    """The four measures, each 0 to 1, and the counts a person can check them by."""

    structure: float
    specificity: float
    relevance: float
    length: float
    parts: int = 0
    figures: int = 0
    names: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Measures of the whole answer, a checked score per dimension, and warnings for the reader."""

    features: Features
    scores: tuple[DimensionScore, ...]
    warnings: tuple[AnswerWarning, ...]


def evaluate(transcript: str, context: AnswerContext) -> Evaluation:
    """Measure and score one answer; sentences that echo, decline or give orders count for nothing."""
    answer = AnswerText(transcript, context.question)
    usable = _usable(answer)
    features = _measure(" ".join(_cut(transcript, usable)), context)
    raw = [_propose(dimension, features, transcript, usable, context) for dimension in context.dimensions]
    judged: Judgement = judge(
        raw, transcript, context.question, [each.id for each in context.dimensions], ENGINE
    )
    return Evaluation(features, judged.scores, judged.warnings)


def relevance(transcript: str, context: AnswerContext) -> float:
    """How much of the question, the stage and the résumé the answer's own sentences take up, 0 to 1."""
    usable = _usable(AnswerText(transcript, context.question))
    return _relevance(" ".join(_cut(transcript, usable)), context)


def _usable(answer: AnswerText) -> list[Span]:
    spans = [span for span in sentences(answer.transcript) if not any(map(span.overlaps, answer.orders))]
    return [span for span in spans if answer.own_chars(span) >= OWN_CHARS]


def _cut(text: str, spans: Sequence[Span]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


def _measure(text: str, context: AnswerContext) -> Features:
    parts, figures = len(parts_of(text)), figures_in(text)
    names, actions = names_in(text, context.language), actions_in(text)
    concrete = 1.0 * min(figures, 4) + 0.7 * min(names, 5) + 0.5 * min(actions, 4)
    return Features(
        structure=parts / 4,
        specificity=1 - exp(-concrete / 2.5),
        relevance=_relevance(text, context),
        length=min(1.0, len(fold(text).text) / _FULL_LENGTH[context.language]),
        parts=parts,
        figures=figures,
        names=names,
    )


def _relevance(text: str, context: AnswerContext) -> float:
    sources = {
        "question": _weighted(context.question),
        "stage": _stage_words(context.stage, context.dimensions),
        "topics": _weighted(" ".join(context.topics)),
    }
    words = _Words(text)
    shares = {name: words.covers(source) / _TAKEN_UP[name] for name, source in sources.items() if source}
    total = sum(_RELEVANCE_SHARES[name] for name in shares)
    return sum(_RELEVANCE_SHARES[name] * min(1.0, share) for name, share in shares.items()) / (total or 1.0)


class _Words:
    """A text prepared for being asked which stems it takes up."""

    def __init__(self, text: str) -> None:
        self._folded = fold(text).text
        self._stems = frozenset(stems(text))

    def covers(self, source: dict[str, float]) -> float:
        total = sum(source.values())
        return sum(weight for word, weight in source.items() if self._has(word)) / total if total else 0.0

    def _has(self, word: str) -> bool:
        # Korean compounds and endings hide a stem inside longer words; Latin words do not.
        return word in self._stems or (word[0] >= "가" and word in self._folded)


def _weighted(text: str) -> dict[str, float]:
    """Stems with weights: longer words say more."""
    return {word: 1.0 + 0.25 * min(4, len(word) - 2) for word in stems(text)}


@lru_cache(maxsize=256)
def _stage_words(stage: Stage, dimensions: tuple[Dimension, ...]) -> dict[str, float]:
    described = " ".join(f"{each.title} {each.description}" for each in dimensions)
    return _weighted(f"{stage.title} {stage.aim} {stage.guidance} {described}")


@lru_cache(maxsize=256)
def _dimension_words(dimension: Dimension) -> dict[str, float]:
    return _weighted(
        f"{dimension.title} {dimension.description} {' '.join(text for _, text in dimension.anchors)}"
    )


def _propose(
    dimension: Dimension, features: Features, transcript: str, usable: Sequence[Span], context: AnswerContext
) -> RawScore:
    text = " ".join(_cut(transcript, usable))
    affinity = min(1.0, _Words(text).covers(_dimension_words(dimension)) / 0.15)
    value = sum(weight * getattr(features, name) for name, weight in _WEIGHTS.items()) + _AFFINITY * affinity
    # Fluent words about something else earn little, however well they are built.
    apt = min(1.0, 0.4 + 0.6 * features.relevance / _ON_TOPIC)
    score = min(HIGHEST, LOWEST + int(value * apt * 5))
    quotes = _best(transcript, usable, dimension, context)
    return RawScore(dimension.id, score, tuple(quotes), _reason(features))


def _best(transcript: str, usable: Sequence[Span], dimension: Dimension, context: AnswerContext) -> list[str]:
    def worth(sentence: str) -> float:
        words = _Words(sentence)
        apt = words.covers(_weighted(context.question)) + 2 * words.covers(_dimension_words(dimension))
        return 3 * apt + len(parts_of(sentence)) + min(2, figures_in(sentence)) + 0.5 * actions_in(sentence)

    return sorted(_cut(transcript, usable), key=worth, reverse=True)[:_QUOTES]


def _reason(features: Features) -> Phrase:
    return Phrase.of(
        "report.reason.lightweight",
        parts=str(features.parts),
        figures=str(features.figures),
        names=str(features.names),
        relevance=str(round(100 * features.relevance)),
    )
