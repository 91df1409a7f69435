"""From stored turns and evaluations to a report. Does not know how a report is shown."""

from dataclasses import replace

from services.session.app.companies import BehaviourPolicy
from services.session.app.conversation import Mask
from services.session.app.judgements import from_result
from services.session.app.ports import TurnRecord
from services.session.app.reports import ReportMaterial, StoredEvaluation
from services.session.domain.behaviour import Observed, describe
from services.session.domain.evidence import AnswerWarning
from services.session.domain.report import (
    Heading,
    QuestionRecord,
    Report,
    ReportInput,
    ScoredText,
    Timings,
    Versions,
    build_report,
)
from services.session.domain.rubric import DimensionScore
from services.session.domain.scenario import resolve_stage

NO_EVALUATION = StoredEvaluation(0, "none", "", "", {"length": -1})


def make_report(material: ReportMaterial, mask: Mask, *, behaviour: bool = False) -> Report:
    """The next version of an interview's report. In blind mode it does not say who the candidate is.

    `behaviour`: also how the candidate looked and spoke, which counts where the company scores it.
    """
    if material.context.get("blind"):
        material = _blind(material, mask)
    asked = [turn for turn in material.turns if turn.question is not None and turn.answer is not None]
    questions = [_question(turn, material) for turn in asked]
    if behaviour:
        seen = describe([material.observed.get(turn.turn.id, Observed()) for turn in asked])
        questions = [replace(each, behaviour=its) for each, its in zip(questions, seen, strict=True)]
    source = ReportInput(
        heading=_heading(material),
        dimensions=material.scenario.dimensions,
        questions=tuple(questions),
        weights=material.context.get("weights", {}),
        score_delivery=behaviour and material.policy is BehaviourPolicy.SCORED,
    )
    return build_report(source, material.version)


def _blind(material: ReportMaterial, mask: Mask) -> ReportMaterial:
    names = (material.context["display_name"],)

    def hide(record: TurnRecord) -> TurnRecord:
        if record.answer is None:
            return record
        text, corrected = mask(record.answer.text, names), mask(record.answer.corrected_text, names)
        return replace(record, answer=replace(record.answer, text=text, corrected_text=corrected))

    context = {**material.context, "display_name": ""}
    return replace(material, turns=tuple(map(hide, material.turns)), context=context)


def _heading(material: ReportMaterial) -> Heading:
    interview, context = material.interview, material.context
    return Heading(
        interview_id=str(interview.id),
        language=interview.language.value,
        candidate=context.get("display_name", ""),
        company=context.get("company", ""),
        job=context.get("job", ""),
        scenario=material.scenario.title,
        interviewed_on=(interview.started_at or interview.created_at).date().isoformat(),
        created_at=material.made_at.isoformat(),
    )


def _question(record: TurnRecord, material: ReportMaterial) -> QuestionRecord:
    assert record.question is not None and record.answer is not None  # noqa: S101, PT018 - the caller's choice
    stage, _ = resolve_stage(material.scenario, record.turn.stage_id, record.turn.number - 1)
    stored = material.evaluations.get(record.turn.id, NO_EVALUATION)
    scores, warnings = _judged(record.answer.final_text, stored)
    corrected = record.answer.corrected_text or None
    return QuestionRecord(
        number=record.turn.number,
        turn_id=str(record.turn.id),
        stage=stage.id,
        stage_title=stage.title,
        question=record.question.text,
        transcript=record.answer.text,
        dimensions=stage.dimensions,
        scores=scores,
        versions=Versions(stored.engine, stored.model, stored.prompt_hash, material.scenario.version),
        corrected=corrected,
        scored_text=ScoredText.CORRECTED if corrected else ScoredText.ORIGINAL,
        warnings=warnings,
        timings=_timings(record, material),
    )


def _judged(
    answer: str, stored: StoredEvaluation
) -> tuple[tuple[DimensionScore, ...], tuple[AnswerWarning, ...]]:
    """No scores for an answer whose evaluation failed, or is about a text that has changed since."""
    try:
        return from_result(answer, stored.result)
    except ValueError:
        return (), ()


def _timings(record: TurnRecord, material: ReportMaterial) -> Timings:
    asked, closed, started = record.turn.asked_at, record.turn.closed_at, material.interview.started_at
    return Timings(
        asked_s=(asked - started).total_seconds() if asked and started else None,
        answer_s=(closed - asked).total_seconds() if asked and closed else None,
    )
