"""What the interview's use cases need from outside: storage, wake-ups, a clock. No transport types."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.session.domain.behaviour import Speech
from services.session.domain.interview import AnswerEnd, Decision, Event, Interview, Turn


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one piece of work until the lease ends; `token` fences out earlier holders."""

    kind: str
    subject_id: UUID
    interview_id: UUID | None
    token: int
    attempts: int  # this one included


class StaleClaim(Exception):
    """The work was taken over or is done; whatever was computed for it is to be dropped."""


@dataclass(frozen=True, slots=True)
class Question:
    id: UUID
    turn_id: UUID
    text: str
    source: str  # "llm" or "bank"
    template: str
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    id: UUID
    turn_id: UUID
    text: str
    corrected_text: str = ""

    @property
    def final_text(self) -> str:
        """What counts: the correction, where the candidate made one."""
        return self.corrected_text or self.text


@dataclass(frozen=True, slots=True)
class Segment:
    """One utterance of an answer. `words` is stored as it came: text, start_s, end_s, probability."""

    turn_id: UUID
    seq: int
    text: str
    words: tuple[dict[str, str | float], ...] = ()
    speech: Speech | None = None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn with the words that belong to it."""

    turn: Turn
    question: Question | None = None
    answer: Answer | None = None
    segments: int = 0
    draft: str = ""
    partial: str = ""
    generation: int = 0  # the attempt that writes `partial`, in `pieces` so far
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What people see of an interview beside its state."""

    interview: Interview
    accommodations: Mapping[str, bool | float]
    report_version: int
    decision: str
    decision_reason: str
    review_requested: bool
    review_reason: str = ""


class Unit(Protocol):
    """One interview, locked until the unit ends; what is saved is committed together or not at all."""

    interview: Interview

    async def save(
        self, decision: Decision, *, question: Question | None = None, answer: Answer | None = None
    ) -> None: ...

    async def spoken(self, turn_id: UUID) -> tuple[str, str]:
        """The turn's utterances joined by spaces, and its typed draft; "" where there is none."""

    async def answered(self, turn_id: UUID) -> tuple[Answer, AnswerEnd] | None:
        """The answer of a closed turn of this interview."""

    async def add_segment(self, segment: Segment) -> tuple[int, bool]:
        """The number of utterances of the turn, and whether this one was new and has been stored."""

    async def may_measure(self) -> bool:
        """Whether it may be kept how the candidate speaks: by the company's policy and with consent."""

    async def put_answer_text(
        self, answer_id: UUID, *, text: str | None, corrected: str | None
    ) -> Answer | None:
        """Changes an answer's text or its correction; None when the interview has no such answer."""

    async def put_fact(self, **columns: str | bool | int) -> None:
        """Sets columns of the interview that the state machine does not know, such as `decision`."""


class InterviewStore(Protocol):
    """Interviews and what was said in them."""

    async def create(
        self,
        decision: Decision,
        summary: Summary,
        caller: str,
        request_id: str,
        invitation_id: UUID | None,
    ) -> UUID:
        """Stores a new interview once per (caller, request id); the id of the one that stands."""

    def locked(self, interview_id: UUID, claim: Claim | None = None) -> AbstractAsyncContextManager[Unit]:
        """Locks an interview; raises NotFound, or StaleClaim when `claim` no longer holds."""

    async def summary(self, interview_id: UUID) -> Summary:
        """Raises NotFound."""

    async def turns(self, interview_id: UUID, only: Sequence[UUID] = ()) -> list[TurnRecord]:
        """In order; all of them unless `only` names some."""

    async def events(self, interview_id: UUID, after_seq: int, limit: int) -> list[Event]: ...

    async def put_partial(self, claim: Claim, text: str, pieces: int) -> bool:
        """Keeps what the claim's holder has released of a question; False when the claim no longer holds."""

    async def put_draft(self, turn_id: UUID, text: str) -> bool:
        """Keeps what was typed so far; False when the turn is not open."""


class WorkQueue(Protocol):
    """Work that outlives the process."""

    async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]: ...

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None: ...

    async def finish(self, claim: Claim) -> None:
        """Takes the work off the list, if the claim still holds."""

    async def postpone(self, claim: Claim, delay_s: float, error: str) -> None:
        """Gives the work back for later. An empty `error` does not count as an attempt."""

    async def give_up(self, claim: Claim, error: str) -> None:
        """No more attempts; stays listed as failed."""

    async def set_aside_unknown(self, known: Sequence[str]) -> list[str]:
        """Marks due work of unknown kinds as failed and keeps it; the kinds found."""


@dataclass(frozen=True, slots=True)
class QuestionDelta:
    """Released text of a question in the making; a higher generation starts it anew."""

    interview_id: UUID
    turn_id: UUID
    generation: int
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class NewEvents:
    """An interview has events up to `seq`."""

    interview_id: UUID
    seq: int


class Live(Protocol):
    """Passing messages between processes: nothing is lost if one gets lost."""

    async def announce(self, message: QuestionDelta | NewEvents) -> None: ...

    async def wake_workers(self) -> None: ...

    def listen(
        self, interview_id: UUID
    ) -> AbstractAsyncContextManager[AsyncIterator[QuestionDelta | NewEvents]]:
        """Messages from the moment of entering on; a slow listener loses the oldest."""


class Announced(Protocol):
    async def __call__(self) -> None:
        """Wakes the workers: new work is there."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, in UTC."""


class NewId(Protocol):
    def __call__(self) -> UUID: ...
