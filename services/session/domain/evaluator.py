"""Scores an answer without a model, from its wording alone: how it is built, how concrete and how apt it is.

Does not know whether a model could have done better; its scores pass the same evidence check as a model's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp

from services.session.domain.cues import actions_in, figures_in, names_in, parts_of
from services.session.domain.evidence import OWN_CHARS, AnswerText, AnswerWarning, judge_answer
from services.session.domain.rubric import HIGHEST, LOWEST, DimensionScore, Phrase, RawScore
from services.session.domain.scenario import Dimension, Stage
from services.session.domain.text import fold, sentences, stems

ENGINE = "lightweight/1"
"""Name and version of this evaluator; a change of any weight below is a new version."""

_WEIGHTS = {"structure": 0.25, "specificity": 0.25, "relevance": 0.25, "length": 0.1}
_AFFINITY = 0.15
_RELEVANCE_SHARES = {"question": 0.7, "stage": 0.2, "topics": 0.1}
# The share of a source's words that an apt answer takes up; nobody repeats all of them.
_TAKEN_UP = {"question": 0.5, "stage": 0.25, "topics": 0.2}
_ON_TOPIC = 0.25
_FULL_LENGTH = {"ko": 160, "en": 380}
_DIMENSION_TAKEN_UP = 0.15
# A 5 needs 0.91 of all measures together, a 4 needs 0.69, a 3 needs 0.46.
_STEPS = 4.4
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
    lines = [_Sentence(text, context.language) for text in _usable(answer)]
    features = _measure(lines, context)
    asked = _weighted(context.question)
    raw = [_propose(dimension, features, lines, asked) for dimension in context.dimensions]
    judged = judge_answer(raw, answer, [each.id for each in context.dimensions], ENGINE)
    return Evaluation(features, judged.scores, judged.warnings)


def relevance(transcript: str, context: AnswerContext) -> float:
    """How much of the question, the stage and the résumé the answer's own sentences take up, 0 to 1."""
    usable = _usable(AnswerText(transcript, context.question))
    return _relevance([_Sentence(text, context.language) for text in usable], context)


def _usable(answer: AnswerText) -> list[str]:
    spans = [span for span in sentences(answer.transcript) if not any(map(span.overlaps, answer.orders))]
    return [answer.transcript[s.start : s.end] for s in spans if answer.own_chars(s) >= OWN_CHARS]


class _Sentence:
    """One sentence of an answer and what it holds, counted once."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.folded = fold(text).text
        self.stems = frozenset(stems(text))
        self.parts = parts_of(text)
        self.figures, self.names = figures_in(text), names_in(text, language)
        self.actions = actions_in(text)

    def worth(self, asked: Mapping[str, float], wanted: Mapping[str, float]) -> float:
        """How well the sentence serves as evidence, on no particular scale."""
        apt = _share(asked, [self]) + 2 * _share(wanted, [self])
        return 3 * apt + len(self.parts) + min(2, len(self.figures)) + 0.5 * self.actions


def _share(source: Mapping[str, float], lines: Sequence[_Sentence]) -> float:
    """The weighted share of the source's stems that the sentences take up, 0 to 1."""
    said = frozenset().union(*(line.stems for line in lines))
    # Korean compounds and endings hide a stem inside longer words; Latin words do not.
    folded = " ".join(line.folded for line in lines)
    taken = sum(
        weight for word, weight in source.items() if word in said or (word[0] >= "가" and word in folded)
    )
    return taken / sum(source.values()) if source else 0.0


def _measure(lines: Sequence[_Sentence], context: AnswerContext) -> Features:
    parts = len(frozenset().union(*(line.parts for line in lines)))
    figures = len(frozenset().union(*(line.figures for line in lines)))
    names = len(frozenset().union(*(line.names for line in lines)))
    actions = sum(line.actions for line in lines)
    concrete = 1.0 * min(figures, 4) + 0.7 * min(names, 5) + 0.5 * min(actions, 4)
    return Features(
        structure=parts / 4,
        specificity=1 - exp(-concrete / 2.5),
        relevance=_relevance(lines, context),
        length=min(1.0, sum(len(line.folded) for line in lines) / _FULL_LENGTH[context.language]),
        parts=parts,
        figures=figures,
        names=names,
    )


def _relevance(lines: Sequence[_Sentence], context: AnswerContext) -> float:
    sources = {
        "question": _weighted(context.question),
        "stage": _stage_words(context.stage, context.dimensions),
        "topics": _weighted(" ".join(context.topics)),
    }
    shares = {name: _share(source, lines) / _TAKEN_UP[name] for name, source in sources.items() if source}
    total = sum(_RELEVANCE_SHARES[name] for name in shares)
    return sum(_RELEVANCE_SHARES[name] * min(1.0, share) for name, share in shares.items()) / (total or 1.0)


def _weighted(text: str) -> dict[str, float]:
    """Stems with weights: longer words say more."""
    return {word: 1.0 + 0.25 * min(4, len(word) - 2) for word in stems(text)}


@lru_cache(maxsize=256)
def _stage_words(stage: Stage, dimensions: tuple[Dimension, ...]) -> dict[str, float]:
    described = " ".join(f"{each.title} {each.description}" for each in dimensions)
    return _weighted(f"{stage.title} {stage.aim} {stage.guidance} {described}")


@lru_cache(maxsize=256)
def _dimension_words(dimension: Dimension) -> dict[str, float]:
    anchors = " ".join(text for _, text in dimension.anchors)
    return _weighted(f"{dimension.title} {dimension.description} {anchors}")


def _propose(
    dimension: Dimension, features: Features, lines: Sequence[_Sentence], asked: Mapping[str, float]
) -> RawScore:
    wanted = _dimension_words(dimension)
    affinity = min(1.0, _share(wanted, lines) / _DIMENSION_TAKEN_UP)
    value = sum(weight * getattr(features, name) for name, weight in _WEIGHTS.items()) + _AFFINITY * affinity
    # Fluent words about something else earn little, however well they are built.
    apt = min(1.0, 0.4 + 0.6 * features.relevance / _ON_TOPIC)
    score = min(HIGHEST, LOWEST + int(value * apt * _STEPS))
    best = sorted(lines, key=lambda line: line.worth(asked, wanted), reverse=True)[:_QUOTES]
    return RawScore(dimension.id, score, tuple(line.text for line in best), _reason(features))


def _reason(features: Features) -> Phrase:
    return Phrase.of(
        "report.reason.lightweight",
        parts=str(features.parts),
        figures=str(features.figures),
        names=str(features.names),
        relevance=str(round(100 * features.relevance)),
    )
