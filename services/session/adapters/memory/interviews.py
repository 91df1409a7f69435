"""Interviews in memory: a unit works on a copy that takes the original's place when it ends well."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from services.session.adapters.memory.work import MemoryWork
from services.session.app import refusals
from services.session.app.ports import Answer, Claim, Question, Segment, StaleClaim, Summary, TurnRecord
from services.session.domain.interview import AnswerEnd, Decision, Event, Interview, Turn, TurnStatus

_FACTS = frozenset({"decision", "decision_reason", "review_requested", "review_reason", "report_version"})


@dataclass(slots=True)
class _Kept:
    """All that is stored of one interview, texts by turn."""

    interview: Interview
    accommodations: Mapping[str, bool | float]
    turns: dict[UUID, Turn] = field(default_factory=dict)
    questions: dict[UUID, Question] = field(default_factory=dict)
    answers: dict[UUID, Answer] = field(default_factory=dict)
    segments: dict[UUID, dict[int, Segment]] = field(default_factory=lambda: defaultdict(dict))
    drafts: dict[UUID, str] = field(default_factory=dict)
    partials: dict[UUID, tuple[str, int, int]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def record(self, turn: Turn) -> TurnRecord:
        partial, generation, pieces = self.partials.get(turn.id, ("", 0, 0))
        return TurnRecord(
            turn=turn,
            question=self.questions.get(turn.id),
            answer=self.answers.get(turn.id),
            segments=len(self.segments.get(turn.id, ())),
            draft=self.drafts.get(turn.id, ""),
            partial=partial,
            generation=generation,
            pieces=pieces,
        )

    def open_turn(self, turn_id: UUID, status: TurnStatus) -> bool:
        turn = self.interview.turn
        return turn is not None and turn.id == turn_id and turn.status is status


class MemoryUnit:
    """`Unit` on a copy."""

    def __init__(self, kept: _Kept) -> None:
        self.kept = kept
        self.decisions: list[Decision] = []

    @property
    def interview(self) -> Interview:
        return self.kept.interview

    @interview.setter
    def interview(self, interview: Interview) -> None:
        self.kept.interview = interview

    async def save(
        self, decision: Decision, *, question: Question | None = None, answer: Answer | None = None
    ) -> None:
        if not decision.events:
            return
        kept = self.kept
        kept.interview = decision.interview
        kept.turns |= {turn.id: turn for turn in decision.turns}
        kept.events += decision.events
        if question:
            kept.questions[question.turn_id] = question
            kept.partials.pop(question.turn_id, None)
        if answer:
            kept.answers[answer.turn_id] = answer
            kept.drafts.pop(answer.turn_id, None)
        self.decisions.append(decision)

    async def spoken(self, turn_id: UUID) -> tuple[str, str]:
        said = self.kept.segments.get(turn_id, {})
        return " ".join(said[seq].text for seq in sorted(said)), self.kept.drafts.get(turn_id, "")

    async def answered(self, turn_id: UUID) -> tuple[Answer, AnswerEnd] | None:
        answer, turn = self.kept.answers.get(turn_id), self.kept.turns.get(turn_id)
        return (answer, turn.ended_by) if answer and turn and turn.ended_by else None

    async def add_segment(self, segment: Segment) -> tuple[int, bool]:
        said = self.kept.segments[segment.turn_id]
        new = segment.seq not in said
        said.setdefault(segment.seq, segment)
        return len(said), new

    async def may_measure(self) -> bool:
        return True  # no company and no consent is known here

    async def put_answer_text(
        self, answer_id: UUID, *, text: str | None, corrected: str | None
    ) -> Answer | None:
        answer = next((each for each in self.kept.answers.values() if each.id == answer_id), None)
        if answer is None:
            return None
        answer = replace(
            answer,
            text=answer.text if text is None else text,
            corrected_text=answer.corrected_text if corrected is None else corrected,
        )
        self.kept.answers[answer.turn_id] = answer
        return answer

    async def put_fact(self, **columns: str | bool | int) -> None:
        if unknown := columns.keys() - _FACTS:
            raise ValueError(f"not a fact of an interview: {sorted(unknown)}")
        self.kept.facts |= columns


class MemoryInterviews:
    """`InterviewStore`; the work that decisions lead to goes to `work`."""

    def __init__(self, work: MemoryWork) -> None:
        self._work = work
        self._kept: dict[UUID, _Kept] = {}
        self._locks: dict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._requests: dict[tuple[str, str], UUID] = {}

    async def create(
        self,
        decision: Decision,
        summary: Summary,
        caller: str,
        request_id: str,
        invitation_id: UUID | None,
    ) -> UUID:
        new = decision.interview
        standing = self._requests.setdefault((caller, request_id), new.id)
        if standing == new.id:
            unit = MemoryUnit(_Kept(new, summary.accommodations))
            await unit.save(decision)
            self._commit(unit)
        return standing

    @asynccontextmanager
    async def locked(self, interview_id: UUID, claim: Claim | None = None) -> AsyncIterator[MemoryUnit]:
        kept = self._found(interview_id)
        async with self._locks[interview_id]:
            if claim and not self._work.holds(claim):
                raise StaleClaim(f"{claim.kind} {claim.subject_id}")
            unit = MemoryUnit(deepcopy(self._kept[kept.interview.id]))
            yield unit
            self._commit(unit)

    def _commit(self, unit: MemoryUnit) -> None:
        self._kept[unit.interview.id] = unit.kept
        for decision in unit.decisions:
            self._work.drop(decision.dropped)
            self._work.put(decision.work, unit.interview.id)

    def _found(self, interview_id: UUID) -> _Kept:
        if interview_id not in self._kept:
            raise refusals.not_found("interview")
        return self._kept[interview_id]

    def _of_turn(self, turn_id: UUID) -> _Kept | None:
        return next((kept for kept in self._kept.values() if turn_id in kept.turns), None)

    async def summary(self, interview_id: UUID) -> Summary:
        kept = self._found(interview_id)
        words = {"decision": "", "decision_reason": "", "review_reason": ""}
        facts = {"report_version": 0, "review_requested": False, **words}
        shown = {name: kept.facts.get(name, default) for name, default in facts.items()}
        return Summary(kept.interview, kept.accommodations, **shown)

    async def turns(self, interview_id: UUID, only: Sequence[UUID] = ()) -> list[TurnRecord]:
        kept = self._kept.get(interview_id)
        turns = sorted(kept.turns.values(), key=lambda turn: turn.number) if kept else []
        return [kept.record(turn) for turn in turns if kept and (not only or turn.id in only)]

    async def events(self, interview_id: UUID, after_seq: int, limit: int) -> list[Event]:
        kept = self._kept.get(interview_id)
        later = [event for event in kept.events if event.seq > after_seq] if kept else []
        return later[:limit]

    async def put_partial(self, claim: Claim, text: str, pieces: int) -> bool:
        kept = self._of_turn(claim.subject_id)
        if kept is None or not self._work.holds(claim):
            return False
        if not kept.open_turn(claim.subject_id, TurnStatus.ASKING):
            return False
        kept.partials[claim.subject_id] = text, claim.attempts, pieces
        return True

    async def put_draft(self, turn_id: UUID, text: str) -> bool:
        kept = self._of_turn(turn_id)
        if kept is None or not kept.open_turn(turn_id, TurnStatus.ANSWERING):
            return False
        kept.drafts[turn_id] = text
        return True
