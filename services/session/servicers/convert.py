"""Between the contract's messages and the session's own objects. Decides nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from viva.v1 import common_pb2
from viva.v1 import interview_pb2 as pb

from services.runtime.errors import InvalidArgument
from services.session.app.access import Caller
from services.session.app.ports import Answer, Question, QuestionDelta, Summary, TurnRecord
from services.session.app.views import Happened, View
from services.session.domain.interview import OVER, Status, TurnStatus
from services.session.domain.scenario import Language, Scenario


def to_id(field: str, value: str) -> UUID:
    """Raises InvalidArgument naming the field."""
    try:
        return UUID(value)
    except ValueError:
        raise InvalidArgument.of(field, "is not an id such as 01890a5d-ac96-774b-bcce-b302099a8057") from None


def optional_id(field: str, value: str) -> UUID | None:
    return to_id(field, value) if value else None


def timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def language(value: int, field: str = "language") -> Language | None:
    """None when unspecified; raises InvalidArgument for a number that is no language."""
    known = {common_pb2.LANGUAGE_KO: Language.KO, common_pb2.LANGUAGE_EN: Language.EN}
    if value and value not in known:
        raise InvalidArgument.of(field, "is not a language of this contract")
    return known.get(value)  # type: ignore[call-overload, no-any-return]


def language_pb(value: Language) -> common_pb2.Language.ValueType:
    return common_pb2.LANGUAGE_KO if value is Language.KO else common_pb2.LANGUAGE_EN


def status_pb(status: Status) -> pb.InterviewStatus.ValueType:
    return pb.InterviewStatus.Value(f"INTERVIEW_STATUS_{status.name}")


def question_pb(question: Question, asked_at: datetime | None) -> pb.Question:
    source = pb.QUESTION_SOURCE_LLM if question.source == "llm" else pb.QUESTION_SOURCE_BANK
    asked = timestamp(asked_at)
    return pb.Question(id=str(question.id), text=question.text, source=source, asked_at=asked)


def answer_pb(answer: Answer, record: TurnRecord | None = None) -> pb.Answer:
    message = pb.Answer(id=str(answer.id), text=answer.text, corrected_text=answer.corrected_text)
    if record is not None and record.turn.ended_by is not None:
        message.ended_by = pb.AnswerEnd.Value(f"ANSWER_END_{record.turn.ended_by.name}")
        if record.turn.closed_at:
            message.submitted_at.FromDatetime(record.turn.closed_at)
    return message


def turn_pb(record: TurnRecord, scenario: Scenario) -> pb.Turn:
    turn = record.turn
    position = scenario.position(turn.stage_id)
    stage = scenario.stages[position] if position is not None else None
    asking = turn.status is TurnStatus.ASKING
    return pb.Turn(
        id=str(turn.id),
        number=turn.number,
        stage_id=turn.stage_id,
        stage_title=stage.title if stage else turn.stage_id,
        status=pb.TurnStatus.Value(f"TURN_STATUS_{turn.status.name}"),
        question=question_pb(record.question, turn.asked_at) if record.question else None,
        answer=answer_pb(record.answer, record) if record.answer else None,
        answer_due_at=timestamp(turn.answer_due_at if turn.status is TurnStatus.ANSWERING else None),
        partial_question=record.partial if asking else "",
        generation=record.generation,
        patience_ms=int(stage.patience_s * 1000) if stage else 0,
        pause_allowed=stage.pause_allowed if stage else False,
        segments=record.segments,
        draft=record.draft,
    )


def report_state(summary: Summary) -> pb.ReportState.ValueType:
    interview = summary.interview
    if interview.sealed:
        return pb.REPORT_STATE_NONE
    if summary.report_version:
        return pb.REPORT_STATE_READY
    if interview.practice:
        return pb.REPORT_STATE_NONE
    return pb.REPORT_STATE_PENDING if interview.status in OVER else pb.REPORT_STATE_NOT_YET


def interview_pb(view: View, caller: Caller) -> pb.Interview:
    """A candidate reads a decision, and not that there was a correction of it."""
    summary, interview = view.summary, view.summary.interview
    message = pb.Interview(
        id=str(interview.id),
        candidate_id=str(interview.candidate_id),
        company_id=str(interview.company_id or ""),
        job_id=str(interview.job_id or ""),
        resume_id=str(interview.resume_id or ""),
        scenario=interview.scenario,
        scenario_version=interview.scenario_version,
        language=language_pb(interview.language),
        status=status_pb(interview.status),
        stages=[pb.StageSummary(id=stage.id, title=stage.title) for stage in view.scenario.stages],
        stage_position=interview.stage_position,
        current_turn=turn_pb(view.turn, view.scenario) if view.turn else None,
        last_seq=interview.seq,
        accommodations=accommodations_pb(summary.accommodations)
        if caller.id == interview.candidate_id
        else None,
        practice=interview.practice,
        report_state=report_state(summary),
        decision_reason=summary.decision_reason,
        review_requested=summary.review_requested,
        review_reason=summary.review_reason if summary.review_requested else "",
        created_at=timestamp(interview.created_at),
        started_at=timestamp(interview.started_at),
        ended_at=timestamp(interview.ended_at),
    )
    if summary.decision:
        message.decision = pb.Decision.Value(f"DECISION_{summary.decision.upper()}")
    return message


def accommodations_pb(wanted: Mapping[str, bool | float]) -> pb.Accommodations:
    return pb.Accommodations(
        extra_time_factor=float(wanted.get("extra_time_factor", 1.0)),
        typed_answers=bool(wanted.get("typed_answers")),
        no_camera=bool(wanted.get("no_camera")),
        large_captions=bool(wanted.get("large_captions")),
    )


def event_pb(happened: Happened, interview_id: UUID) -> pb.InterviewEvent:
    event, record = happened.event, happened.turn
    return pb.InterviewEvent(
        interview_id=str(interview_id),
        seq=event.seq,
        type=event.type,
        occurred_at=timestamp(event.occurred_at),
        turn_id=str(event.turn_id or ""),
        turn=turn_pb(record, happened.scenario) if record else None,
        status=status_pb(happened.status),
    )


def delta_pb(delta: QuestionDelta) -> pb.QuestionDelta:
    return pb.QuestionDelta(
        turn_id=str(delta.turn_id), generation=delta.generation, index=delta.index, text=delta.text
    )


def moment(field: str, message: Timestamp | None) -> datetime | None:
    """Raises InvalidArgument for a time that no calendar has."""
    if message is None:
        return None
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument.of(field, "is not a time between the years 1 and 9999") from None
