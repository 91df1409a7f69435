"""Adds checked scores up to a report: means over answers with evidence, coverage, strengths, gaps.

Does not know how answers were scored, how a report looks, or who the candidate is: accommodations and
names are no input, so they cannot weigh in. Of behaviour only the voice can, and only where it is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import Any

from services.session.domain.behaviour import Behaviour
from services.session.domain.evidence import AnswerWarning
from services.session.domain.rubric import HIGHEST, LOWEST, DimensionScore, Evidence, Phrase, insufficient
from services.session.domain.scenario import Dimension

SCHEMA = "viva.report/1"
MIN_COVERAGE = 0.6
"""Share of cells that need evidence before there is a total."""

DELIVERY = "delivery"
"""What a talent profile calls the weight of the voice; 1 where it does not name it."""

# A dimension is held up as a strength or as something to improve by its mean, never as both.
_GOOD, _STRONG, _WEAK = 3.5, 4, 3
_MOST = 3


class ScoredText(StrEnum):
    """Which of the two texts of a corrected answer the scores and their offsets refer to."""

    ORIGINAL = "original"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Versions:
    """What produced one evaluation; empty strings where a part had no share in it."""

    engine: str
    model: str = ""
    prompt: str = ""
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds; `asked_s` since the interview's start, `answer_s` the answer's length. None where unknown."""

    asked_s: float | None = None
    answer_s: float | None = None


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """One question as it was asked, answered and evaluated. `transcript` is empty where no answer came."""

    number: int
    turn_id: str
    stage: str
    stage_title: str
    question: str
    transcript: str
    dimensions: tuple[str, ...]
    scores: tuple[DimensionScore, ...]
    versions: Versions
    corrected: str | None = None
    scored_text: ScoredText = ScoredText.ORIGINAL
    warnings: tuple[AnswerWarning, ...] = ()
    timings: Timings = Timings()
    behaviour: Behaviour | None = None

    @property
    def judged_text(self) -> str:
        """The text that evidence offsets count in."""
        use_corrected = self.scored_text is ScoredText.CORRECTED and self.corrected is not None
        return self.corrected or "" if use_corrected else self.transcript


@dataclass(frozen=True, slots=True)
class Heading:
    """What the report is about, as people read it; dates are ISO 8601."""

    interview_id: str
    language: str
    candidate: str
    company: str
    job: str
    scenario: str
    interviewed_on: str
    created_at: str


@dataclass(frozen=True, slots=True)
class ReportInput:
    """All that a report is made from. `weights` multiply the rubric's own, by dimension id; default 1.

    `score_delivery`: the voice counts in the total, by the policy of the company.
    """

    heading: Heading
    dimensions: tuple[Dimension, ...]
    questions: tuple[QuestionRecord, ...]
    weights: Mapping[str, float]
    score_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """How answers were spoken, 1 to 5: 1 + 4 × the mean confidence of the spoken ones."""

    score: float
    weight: float
    answers: int


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """One dimension over all answers; `evidenced` of `cells` answers had evidence. None: not enough."""

    id: str
    title: str
    description: str
    weight: float
    score: float | None
    evidenced: int
    cells: int


@dataclass(frozen=True, slots=True)
class Highlight:
    """One answer's score that stands out, with the words that earned it."""

    dimension: str
    title: str
    score: int
    question: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report; revisions of one interview differ in weights or scores and are all kept."""

    revision: int
    heading: Heading
    total: float | None
    coverage: float
    summary: tuple[Phrase, ...]
    dimensions: tuple[DimensionResult, ...]
    strengths: tuple[Highlight, ...]
    improvements: tuple[Highlight, ...]
    gaps: tuple[str, ...]
    questions: tuple[QuestionRecord, ...]
    versions: tuple[Versions, ...]
    weights: tuple[tuple[str, float], ...]
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class _Cell:
    """One dimension of one answer, with its weight."""

    question: int
    weight: float
    score: DimensionScore


def build_report(source: ReportInput, revision: int = 1) -> Report:
    """Add up one interview. The order of `questions` and of `dimensions`' scores does not matter.

    Raises:
        ValueError: a negative weight, or two records with one number.
    """
    weights = _weights(source)
    questions = tuple(_settled(record) for record in sorted(source.questions, key=lambda each: each.number))
    if len({record.number for record in questions}) < len(questions):
        raise ValueError("two questions of one interview have the same number")
    cells = _cells(questions, weights)
    results = tuple(_result(each, weights[each.id], cells) for each in source.dimensions)
    titles = {each.id: each.title for each in source.dimensions}
    delivery = _delivery(questions, source.weights) if source.score_delivery else None
    coverage, total = _coverage(cells), _total(cells, delivery)
    good = {each.id for each in results if each.score is not None and each.score >= _GOOD}
    strengths = _highlights([c for c in cells if c.score.dimension in good], titles, strongest=True)
    improvements = _highlights([c for c in cells if c.score.dimension not in good], titles, strongest=False)
    gaps = tuple(each.title for each in results if each.cells and not each.evidenced)
    return Report(
        revision=revision,
        heading=source.heading,
        total=total,
        coverage=coverage,
        summary=_summary(total, coverage, strengths, improvements, gaps),
        dimensions=results,
        strengths=strengths,
        improvements=improvements,
        gaps=gaps,
        questions=questions,
        versions=tuple(sorted({record.versions for record in questions}, key=repr)),
        weights=tuple(sorted(weights.items())),
        delivery=delivery,
    )


def rescore(earlier: Sequence[Report], source: ReportInput) -> tuple[Report, ...]:
    """Add a report with other weights or scores behind the earlier ones, which stay as they are."""
    revision = max((report.revision for report in earlier), default=0) + 1
    return (*earlier, build_report(source, revision))


def report_to_dict(report: Report) -> dict[str, Any]:
    """The report as plain JSON values, keys in a fixed order, numbers to four places."""
    plain: dict[str, Any] = _plain(report)
    return {"schema": SCHEMA, **plain, "weights": dict(report.weights)}


def _weights(source: ReportInput) -> dict[str, float]:
    weights = {each.id: each.weight * source.weights.get(each.id, 1.0) for each in source.dimensions}
    wrong = sorted(name for name, weight in weights.items() if weight < 0)
    if wrong:
        raise ValueError(f"weights must not be negative: {', '.join(wrong)}")
    return weights


def _settled(record: QuestionRecord) -> QuestionRecord:
    """The record with exactly one score per dimension, none of them without its words in the text."""
    given: dict[str, DimensionScore] = {}
    for score in record.scores:
        given.setdefault(score.dimension, score)
    engine = record.versions.engine
    missing = "not_scored" if record.judged_text else "no_answer"
    scores = tuple(
        _believed(given[name], record.judged_text) if name in given else insufficient(name, missing, engine)
        for name in record.dimensions
    )
    return replace(record, scores=scores)


def _believed(score: DimensionScore, text: str) -> DimensionScore:
    if all(text[each.start : each.end] == each.text for each in score.evidence):
        return score
    return insufficient(score.dimension, "not_in_transcript", score.engine)


def _cells(questions: Iterable[QuestionRecord], weights: Mapping[str, float]) -> tuple[_Cell, ...]:
    return tuple(
        _Cell(record.number, weights[score.dimension], score)
        for record in questions
        for score in record.scores
        if weights.get(score.dimension, 0) > 0
    )


def _evidenced(cells: Iterable[_Cell]) -> list[tuple[_Cell, int]]:
    return [(cell, cell.score.score) for cell in cells if cell.score.score is not None]


def _coverage(cells: Sequence[_Cell]) -> float:
    return len(_evidenced(cells)) / len(cells) if cells else 0.0


def _total(cells: Sequence[_Cell], delivery: Delivery | None) -> float | None:
    """Delivery weighs as one more score of one answer; without enough evidence it makes no total."""
    return _mean(cells, delivery) if _coverage(cells) >= MIN_COVERAGE else None


def _mean(cells: Iterable[_Cell], delivery: Delivery | None = None) -> float | None:
    found = [(cell.weight, float(score)) for cell, score in _evidenced(cells)]
    if found and delivery:
        found.append((delivery.weight, delivery.score))
    weight = sum(each for each, _ in found)
    return sum(each * score for each, score in found) / weight if weight else None


def _delivery(questions: Iterable[QuestionRecord], weights: Mapping[str, float]) -> Delivery | None:
    """Typed answers are not spoken and count neither for nor against."""
    voices = [each.behaviour.voice for each in questions if each.behaviour]
    spoken = [voice.confidence for voice in voices if voice]
    weight = weights.get(DELIVERY, 1.0)
    if not spoken or weight <= 0:
        return None
    return Delivery(LOWEST + (HIGHEST - LOWEST) * fmean(spoken), weight, len(spoken))


def _result(dimension: Dimension, weight: float, cells: Iterable[_Cell]) -> DimensionResult:
    own = [cell for cell in cells if cell.score.dimension == dimension.id]
    return DimensionResult(
        id=dimension.id,
        title=dimension.title,
        description=dimension.description,
        weight=weight,
        score=_mean(own),
        evidenced=len(_evidenced(own)),
        cells=len(own),
    )


def _highlights(
    cells: Iterable[_Cell], titles: Mapping[str, str], *, strongest: bool
) -> tuple[Highlight, ...]:
    """The best (or weakest) answer of each dimension that is strong (or weak) enough, clearest first."""
    sign = -1 if strongest else 1
    fitting = [(c, s) for c, s in _evidenced(cells) if (s >= _STRONG if strongest else s <= _WEAK)]
    fitting.sort(
        key=lambda each: (sign * each[1], -each[0].weight, each[0].question, each[0].score.dimension)
    )
    first: dict[str, Highlight] = {}
    for cell, score in fitting:
        name = cell.score.dimension
        words = max(cell.score.evidence, key=lambda each: (len(each.text), -each.start))
        first.setdefault(name, Highlight(name, titles[name], score, cell.question, words))
    return tuple(first.values())[:_MOST]


def _summary(
    total: float | None,
    coverage: float,
    strengths: Sequence[Highlight],
    improvements: Sequence[Highlight],
    gaps: Sequence[str],
) -> tuple[Phrase, ...]:
    return (_overall(total, coverage), _strongest(strengths), _weakest(improvements, gaps))


def _overall(total: float | None, coverage: float) -> Phrase:
    share = str(int(100 * coverage))
    if total is not None:
        return Phrase.of("report.summary.total", total=f"{total:.1f}", coverage=share)
    if coverage > 0:
        return Phrase.of("report.summary.no_total", coverage=share, needed=str(round(100 * MIN_COVERAGE)))
    return Phrase.of("report.summary.nothing")


def _strongest(strengths: Sequence[Highlight]) -> Phrase:
    if not strengths:
        return Phrase.of("report.summary.no_strength")
    return Phrase.of(
        "report.summary.strength", dimension=strengths[0].title, question=str(strengths[0].question)
    )


def _weakest(improvements: Sequence[Highlight], gaps: Sequence[str]) -> Phrase:
    if gaps:
        return Phrase.of("report.summary.gap", dimension=gaps[0])
    if not improvements:
        return Phrase.of("report.summary.no_improvement")
    weak = improvements[0]
    return Phrase.of("report.summary.improvement", dimension=weak.title, question=str(weak.question))


def _plain(value: Any) -> Any:
    if isinstance(value, Phrase):
        return {"key": value.key, "params": dict(value.params)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value
