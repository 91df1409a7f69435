"""An interview as a state machine: every command gives the next state and what follows from it.

Pure: does not know the clock, the database, the words that were said, or who is calling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.session.domain.scenario import Language, Scenario, Stage, resolve_stage

GRACE_S = 3.0  # an answer sent at its limit is still on its way
ABSENCE_LEFT_S = 30.0  # answer time on return from an absence, at least
RETURN_DAYS = 14  # a paused interview waits this long for its candidate
USUAL_RETENTION_DAYS = 180  # data is kept this long after the end, where no company says otherwise


class Status(StrEnum):
    CREATED = "created"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


OVER = frozenset({Status.COMPLETED, Status.ENDED, Status.WITHDRAWN})


class TurnStatus(StrEnum):
    ASKING = "asking"
    ANSWERING = "answering"
    CLOSED = "closed"


class AnswerEnd(StrEnum):
    BUTTON = "button"
    TYPED = "typed"
    END_OF_TURN = "end_of_turn"
    TIME_LIMIT = "time_limit"


class WorkKind(StrEnum):
    QUESTION = "question"
    QUESTION_DEADLINE = "question_deadline"
    ANSWER_LIMIT = "answer_limit"
    RETURN_LIMIT = "return_limit"
    EVALUATION = "evaluation"
    REPORT = "report"
    RETENTION = "retention"
    RESUME_INDEX = "resume_index"
    RESUME_DIGEST = "resume_digest"
    COMPACTION = "compaction"
    ERASURE = "erasure"


class InterviewError(Exception):
    """A command that the interview's state forbids; `reason` names why in UPPER_SNAKE."""

    def __init__(self, reason: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    id: UUID
    number: int  # from 1
    stage_id: str
    status: TurnStatus
    opened_at: datetime
    asked_at: datetime | None = None
    answer_due_at: datetime | None = None
    remaining_s: float | None = None  # answer time left; set only while paused
    absences: int = 0
    closed_at: datetime | None = None
    ended_by: AnswerEnd | None = None


@dataclass(frozen=True, slots=True)
class Interview:
    """Where an interview stands. `turn` is the open one."""

    id: UUID
    candidate_id: UUID
    scenario: str
    language: Language
    scenario_version: str
    created_at: datetime
    company_id: UUID | None = None
    job_id: UUID | None = None
    resume_id: UUID | None = None
    practice: bool = False
    extra_time_factor: float = 1.0
    retention_days: int = USUAL_RETENTION_DAYS
    status: Status = Status.CREATED
    stage_position: int = 0
    turn: Turn | None = None
    turns: int = 0
    seq: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def sealed(self) -> bool:
        """Consent is gone or the words are: nothing may be written about this interview any more."""
        return self.status is Status.WITHDRAWN or self.erased_at is not None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `detail` holds ids and codes, never a person's words."""

    seq: int
    type: str
    occurred_at: datetime
    turn_id: UUID | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be done once, not before `due_at`; unique by kind and subject."""

    kind: WorkKind
    subject_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What one command leads to; to be stored as a whole or not at all."""

    interview: Interview
    turns: tuple[Turn, ...] = ()  # changed or new ones
    events: tuple[Event, ...] = ()
    work: tuple[Work, ...] = ()
    dropped: tuple[tuple[WorkKind, UUID], ...] = ()  # work that no longer needs to be done
    warning: str | None = None


class _Draft:
    """Collects what a command leads to."""

    def __init__(self, interview: Interview, now: datetime) -> None:
        self.interview = interview
        self.now = now
        self.turns: list[Turn] = []
        self.events: list[Event] = []
        self.work: list[Work] = []
        self.dropped: list[tuple[WorkKind, UUID]] = []
        self.warning: str | None = None

    def happened(self, type_: str, turn: Turn | None = None, **detail: str | int) -> None:
        self.interview = replace(self.interview, seq=self.interview.seq + 1)
        turn_id = turn.id if turn else None
        self.events.append(Event(self.interview.seq, type_, self.now, turn_id, detail))

    def become(self, status: Status) -> None:
        ended_at = self.now if status in OVER else self.interview.ended_at
        self.interview = replace(self.interview, status=status, ended_at=ended_at)

    def put_turn(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.interview = replace(self.interview, turn=None if turn.status is TurnStatus.CLOSED else turn)

    def do(self, kind: WorkKind, subject_id: UUID, after_s: float = 0.0) -> None:
        self.work.append(Work(kind, subject_id, self.now + timedelta(seconds=after_s)))

    def drop(self, subject_id: UUID, *kinds: WorkKind) -> None:
        self.dropped.extend((kind, subject_id) for kind in kinds)

    def decided(self) -> Decision:
        lists = tuple(self.turns), tuple(self.events), tuple(self.work), tuple(self.dropped)
        return Decision(self.interview, *lists, self.warning)


def create(interview: Interview, now: datetime) -> Decision:
    draft = _Draft(interview, now)
    draft.happened("interview.created")
    draft.do(WorkKind.RETURN_LIMIT, interview.id, RETURN_DAYS * 86_400)
    return draft.decided()


def start(interview: Interview, scenario: Scenario, turn_id: UUID, now: datetime) -> Decision:
    """Opens the first turn. Starting twice changes nothing."""
    if interview.status is not Status.CREATED:
        _require_running(interview)
        return Decision(interview)
    draft = _Draft(replace(interview, started_at=now), now)
    draft.become(Status.IN_PROGRESS)
    draft.happened("interview.started")
    draft.drop(interview.id, WorkKind.RETURN_LIMIT)
    _open_turn(draft, scenario.stages[0], 0, turn_id)
    return draft.decided()


def ask(
    interview: Interview, scenario: Scenario, turn_id: UUID, now: datetime, **detail: str | int
) -> Decision | None:
    """The question of a turn is written. None when it came too late and is to be dropped."""
    turn = interview.turn
    if interview.over or turn is None or turn.id != turn_id or turn.status is not TurnStatus.ASKING:
        return None
    draft = _Draft(interview, now)
    stage = _stage(draft, scenario, turn)
    limit_s = stage.time_limit_s * interview.extra_time_factor
    asked = replace(
        turn, status=TurnStatus.ANSWERING, asked_at=now, answer_due_at=now + timedelta(seconds=limit_s)
    )
    draft.put_turn(asked)
    draft.happened("question.asked", asked, **detail)
    draft.drop(turn.id, WorkKind.QUESTION, WorkKind.QUESTION_DEADLINE)
    draft.do(WorkKind.ANSWER_LIMIT, turn.id, limit_s + GRACE_S)
    return draft.decided()


def submit(
    interview: Interview, scenario: Scenario, ended_by: AnswerEnd, next_turn_id: UUID, now: datetime
) -> Decision:
    """The open turn's answer is complete: evaluate it and open the next turn, or finish."""
    turn = require_answering(interview)
    draft = _Draft(interview, now)
    _close_turn(draft, turn, ended_by)
    position, following = _next_stage(draft, scenario, turn)
    if following is None:
        _finish(draft, Status.COMPLETED, "interview.completed")
    else:
        _open_turn(draft, following, position, next_turn_id)
    return draft.decided()


def reach_answer_limit(
    interview: Interview, scenario: Scenario, has_words: bool, next_turn_id: UUID, now: datetime
) -> Decision:
    """Time is up: what was said becomes the answer. Nobody there the first time → wait for their return."""
    turn = require_answering(interview)
    if has_words or turn.absences:
        return submit(interview, scenario, AnswerEnd.TIME_LIMIT, next_turn_id, now)
    draft = _Draft(interview, now)
    _pause(draft, replace(turn, absences=turn.absences + 1), ABSENCE_LEFT_S, "absent")
    return draft.decided()


def pause(interview: Interview, scenario: Scenario, now: datetime) -> Decision:
    """Stops the answer clock where the stage allows it. Pausing twice changes nothing."""
    if interview.status is Status.PAUSED:
        return Decision(interview)
    turn = require_answering(interview)
    draft = _Draft(interview, now)
    if not _stage(draft, scenario, turn).pause_allowed:
        raise InterviewError("PAUSE_NOT_ALLOWED", "This stage cannot be paused.", "answer it, then pause")
    left = (turn.answer_due_at - now).total_seconds() if turn.answer_due_at else 0.0
    _pause(draft, turn, max(0.0, left), "candidate")
    return draft.decided()


def resume(interview: Interview, now: datetime) -> Decision:
    """Starts the answer clock again. Resuming twice changes nothing."""
    if interview.status is Status.IN_PROGRESS:
        return Decision(interview)
    if interview.status is not Status.PAUSED or interview.turn is None:
        raise InterviewError("NOT_PAUSED", "The interview is not paused.", "start it, or create another one")
    draft = _Draft(interview, now)
    left = interview.turn.remaining_s or 0.0
    due = now + timedelta(seconds=left)
    draft.put_turn(replace(interview.turn, answer_due_at=due, remaining_s=None))
    draft.become(Status.IN_PROGRESS)
    draft.happened("interview.resumed", interview.turn)
    draft.drop(interview.id, WorkKind.RETURN_LIMIT)
    draft.do(WorkKind.ANSWER_LIMIT, interview.turn.id, left + GRACE_S)
    return draft.decided()


def end(interview: Interview, now: datetime, reason: str) -> Decision:
    """Ends before the last stage; what was answered is still evaluated. Ending twice changes nothing."""
    if interview.over:
        return Decision(interview)
    draft = _Draft(interview, now)
    _abandon_turn(draft)
    _finish(draft, Status.ENDED, "interview.ended", reason=reason)
    return draft.decided()


def withdraw(interview: Interview, now: datetime) -> Decision:
    """Consent is gone: everything stops, nothing more is evaluated or reported."""
    if interview.status is Status.WITHDRAWN:
        return Decision(interview)
    draft = _Draft(interview, now)
    _abandon_turn(draft)
    draft.become(Status.WITHDRAWN)
    draft.happened("interview.withdrawn")
    draft.drop(interview.id, WorkKind.REPORT, WorkKind.RETURN_LIMIT)
    _retain(draft)
    return draft.decided()


def note(
    interview: Interview, type_: str, now: datetime, turn_id: UUID | None = None, **detail: str | int
) -> Decision:
    """Something that is worth an event and changes no state, such as a report that is ready."""
    seq = interview.seq + 1
    event = Event(seq, type_, now, turn_id, detail)
    return Decision(replace(interview, seq=seq), events=(event,))


def require_answering(interview: Interview) -> Turn:
    """The open turn, if its answer is awaited; raises InterviewError otherwise."""
    _require_running(interview)
    if interview.status is Status.PAUSED:
        raise InterviewError("INTERVIEW_PAUSED", "The interview is paused.", "resume it first")
    turn = interview.turn
    if turn is None or turn.status is not TurnStatus.ANSWERING:
        raise InterviewError(
            "QUESTION_NOT_READY", "The question has not been asked yet.", "wait for question.asked"
        )
    return turn


def _require_running(interview: Interview) -> None:
    if interview.status is Status.CREATED:
        raise InterviewError("NOT_STARTED", "The interview has not started.", "call StartInterview")
    if interview.over:
        raise InterviewError(
            "INTERVIEW_OVER", f"The interview is {interview.status.value}.", "create another one"
        )


def _open_turn(draft: _Draft, stage: Stage, position: int, turn_id: UUID) -> None:
    number = draft.interview.turns + 1
    draft.interview = replace(draft.interview, stage_position=position, turns=number)
    turn = Turn(turn_id, number, stage.id, TurnStatus.ASKING, draft.now)
    draft.put_turn(turn)
    draft.happened("turn.opened", turn, stage=stage.id, number=number)
    draft.do(WorkKind.QUESTION, turn_id)
    draft.do(WorkKind.QUESTION_DEADLINE, turn_id, stage.question_deadline_s)


def _close_turn(draft: _Draft, turn: Turn, ended_by: AnswerEnd) -> None:
    closed = replace(turn, status=TurnStatus.CLOSED, closed_at=draft.now, ended_by=ended_by, remaining_s=None)
    draft.put_turn(closed)
    draft.happened("answer.accepted", closed, ended_by=ended_by.value)
    draft.drop(turn.id, WorkKind.ANSWER_LIMIT)
    if not draft.interview.practice:
        draft.do(WorkKind.EVALUATION, turn.id)


def _abandon_turn(draft: _Draft) -> None:
    turn = draft.interview.turn
    if turn is None:
        return
    draft.put_turn(replace(turn, status=TurnStatus.CLOSED, closed_at=draft.now, remaining_s=None))
    draft.drop(turn.id, WorkKind.QUESTION, WorkKind.QUESTION_DEADLINE, WorkKind.ANSWER_LIMIT)


def _pause(draft: _Draft, turn: Turn, left_s: float, reason: str) -> None:
    paused = replace(turn, answer_due_at=None, remaining_s=left_s)
    draft.put_turn(paused)
    draft.become(Status.PAUSED)
    draft.happened("interview.paused", paused, reason=reason)
    draft.drop(turn.id, WorkKind.ANSWER_LIMIT)
    draft.do(WorkKind.RETURN_LIMIT, draft.interview.id, RETURN_DAYS * 86_400)


def _finish(draft: _Draft, status: Status, event: str, **detail: str | int) -> None:
    draft.become(status)
    draft.happened(event, None, **detail)
    draft.drop(draft.interview.id, WorkKind.RETURN_LIMIT)
    _retain(draft)
    if not draft.interview.practice and draft.interview.turns:
        draft.do(WorkKind.REPORT, draft.interview.id)


def _retain(draft: _Draft) -> None:
    draft.do(WorkKind.RETENTION, draft.interview.id, draft.interview.retention_days * 86_400)


def _stage(draft: _Draft, scenario: Scenario, turn: Turn) -> Stage:
    stage, draft.warning = resolve_stage(scenario, turn.stage_id, draft.interview.stage_position)
    return stage


def _next_stage(draft: _Draft, scenario: Scenario, turn: Turn) -> tuple[int, Stage | None]:
    """Where the interview goes from a turn, even when the scenario no longer knows its stage."""
    stage = _stage(draft, scenario, turn)
    position = scenario.stages.index(stage) + (1 if stage.id == turn.stage_id else 0)
    if position >= len(scenario.stages):
        return position, None
    return position, scenario.stages[position]
