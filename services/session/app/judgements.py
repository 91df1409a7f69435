"""The stored form of an answer's scores. Does not know who gave them."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.session.domain.evidence import AnswerWarning
from services.session.domain.rubric import DimensionScore, Evidence, Phrase, ScoreStatus


def to_result(
    answer: str,
    scores: Sequence[DimensionScore],
    warnings: Sequence[AnswerWarning],
    remarks: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """JSON values. Evidence is kept by place; `length` tells later which text the places count in."""
    return {
        "length": len(answer),
        "scores": [_score(score) for score in scores],
        "warnings": [warning.value for warning in warnings],
        "remarks": {kind: list(texts) for kind, texts in (remarks or {}).items()},
    }


def _score(score: DimensionScore) -> dict[str, Any]:
    return {
        "dimension": score.dimension,
        "score": score.score,
        "status": score.status.value,
        "evidence": [[each.start, each.end] for each in score.evidence],
        "reason": {"key": score.reason.key, "params": dict(score.reason.params)},
        "engine": score.engine,
    }


def from_result(
    answer: str, result: Mapping[str, Any]
) -> tuple[tuple[DimensionScore, ...], tuple[AnswerWarning, ...]]:
    """The scores as they were given; raises ValueError when `answer` is not the text they are about."""
    if result["length"] != len(answer):
        raise ValueError("these scores are about another text")
    scores = tuple(_to_score(answer, stored) for stored in result["scores"])
    return scores, tuple(AnswerWarning(each) for each in result["warnings"])


def _to_score(answer: str, stored: Mapping[str, Any]) -> DimensionScore:
    evidence = tuple(Evidence(start, end, answer[start:end]) for start, end in stored["evidence"])
    reason = Phrase.of(stored["reason"]["key"], **stored["reason"]["params"])
    status = ScoreStatus(stored["status"])
    return DimensionScore(stored["dimension"], stored["score"], status, evidence, reason, stored["engine"])
