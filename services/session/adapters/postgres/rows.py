"""Between rows and the domain's objects. Knows column names, no SQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.session.app.ports import Answer, Question, Summary, TurnRecord
from services.session.domain.interview import (
    USUAL_RETENTION_DAYS,
    AnswerEnd,
    Event,
    Interview,
    Status,
    Turn,
    TurnStatus,
    Work,
)
from services.session.domain.scenario import Language


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def turn_row(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "number": turn.number,
        "stage_id": turn.stage_id,
        "status": turn.status.value,
        "opened_at": _iso(turn.opened_at),
        "asked_at": _iso(turn.asked_at),
        "answer_due_at": _iso(turn.answer_due_at),
        "remaining_s": turn.remaining_s,
        "absences": turn.absences,
        "closed_at": _iso(turn.closed_at),
        "ended_by": turn.ended_by.value if turn.ended_by else "",
    }


def event_row(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type,
        "turn_id": event.turn_id,
        "occurred_at": _iso(event.occurred_at),
        "detail": dict(event.detail),
    }


def work_row(work: Work) -> dict[str, Any]:
    return {"kind": work.kind.value, "subject_id": work.subject_id, "due_at": _iso(work.due_at)}


def question_row(question: Question) -> dict[str, Any]:
    return {
        "turn_id": question.turn_id,
        "id": question.id,
        "text": question.text,
        "source": question.source,
        "template": question.template,
        "passages": list(question.passages),
    }


def answer_row(answer: Answer) -> dict[str, Any]:
    return {"turn_id": answer.turn_id, "id": answer.id, "text": answer.text}


def _open_turn(row: asyncpg.Record) -> Turn | None:
    if row["turn_id"] is None:
        return None
    return turn_of(row, row["turn_id"], "t_")


def turn_of(row: asyncpg.Record, turn_id: UUID, prefix: str = "") -> Turn:
    ended_by = row[f"{prefix}ended_by"]
    return Turn(
        id=turn_id,
        number=row[f"{prefix}number"],
        stage_id=row[f"{prefix}stage_id"],
        status=TurnStatus(row[f"{prefix}status"]),
        opened_at=row[f"{prefix}opened_at"],
        asked_at=row[f"{prefix}asked_at"],
        answer_due_at=row[f"{prefix}answer_due_at"],
        remaining_s=row[f"{prefix}remaining_s"],
        absences=row[f"{prefix}absences"],
        closed_at=row[f"{prefix}closed_at"],
        ended_by=AnswerEnd(ended_by) if ended_by else None,
    )


def interview(row: asyncpg.Record) -> Interview:
    return Interview(
        id=row["id"],
        candidate_id=row["candidate_id"],
        scenario=row["scenario"],
        language=Language(row["language"]),
        scenario_version=row["scenario_version"],
        created_at=row["created_at"],
        company_id=row["company_id"],
        job_id=row["job_id"],
        resume_id=row["resume_id"],
        practice=row["practice"],
        extra_time_factor=row["accommodations"].get("extra_time_factor", 1.0),
        retention_days=row["retention_days"] or USUAL_RETENTION_DAYS,
        status=Status(row["status"]),
        stage_position=row["stage_position"],
        turn=_open_turn(row),
        turns=row["turns"],
        seq=row["seq"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        erased_at=row["erased_at"],
    )


def summary(row: asyncpg.Record) -> Summary:
    return Summary(
        interview=interview(row),
        accommodations=row["accommodations"],
        report_version=row["report_version"],
        decision=row["decision"],
        decision_reason=row["decision_reason"],
        review_requested=row["review_requested"],
        review_reason=row["review_reason"],
    )


def turn_record(row: asyncpg.Record) -> TurnRecord:
    question = answer = None
    if row["question_id"] is not None:
        passages = tuple(row["passages"])
        text, source = row["question_text"], row["source"]
        question = Question(row["question_id"], row["id"], text, source, row["template"], passages)
    if row["answer_id"] is not None:
        answer = Answer(row["answer_id"], row["id"], row["answer_text"], row["corrected_text"])
    return TurnRecord(
        turn=turn_of(row, row["id"]),
        question=question,
        answer=answer,
        segments=row["segments"],
        draft=row["draft"],
        partial=row["partial"],
        generation=row["generation"],
        pieces=row["pieces"],
    )


def event(row: asyncpg.Record) -> Event:
    return Event(row["seq"], row["type"], row["occurred_at"], row["turn_id"], row["detail"])
