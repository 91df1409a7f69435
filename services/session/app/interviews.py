"""What people and other backends do to an interview. Does not know who stores it or how it is called."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from services.runtime.errors import FailedPrecondition, NotFound
from services.session.app import access
from services.session.app.access import Caller, Interviewing
from services.session.app.ports import (
    Answer,
    Claim,
    Clock,
    InterviewStore,
    Live,
    NewEvents,
    NewId,
    Question,
    Segment,
    Summary,
    Unit,
)
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain import interview as machine
from services.session.domain.interview import AnswerEnd, Decision, Interview, InterviewError, Work, WorkKind


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submit led to. `next_turn_id` is None after the last turn."""

    answer_id: UUID
    duplicate: bool
    next_turn_id: UUID | None
    last_seq: int


Granted = Callable[[UUID], Awaitable[frozenset[str]]]
"""The purposes that an interview's candidate has consented to and not withdrawn."""


class AnswerGrew(Protocol):
    def __call__(self, interview_id: UUID, turn_id: UUID, *, typed: bool = False) -> None:
        """Told of a turn whose answer has grown; must return at once."""


class Announcer:
    """Tells watchers and workers what a committed decision means for them."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def __call__(self, decision: Decision) -> None:
        if decision.events:
            await self._live.announce(NewEvents(decision.interview.id, decision.interview.seq))
        if decision.work:
            await self._live.wake_workers()


class InterviewCommands:
    """Every method checks the caller, changes one interview in one transaction, then announces it."""

    def __init__(
        self,
        store: InterviewStore,
        scenarios: ScenarioVersions,
        announce: Announcer,
        clock: Clock,
        new_id: NewId,
        granted: Granted,
        answer_grew: AnswerGrew,
    ) -> None:
        self._store = store
        self._scenarios = scenarios
        self._announce = announce
        self._clock = clock
        self._new_id = new_id
        self._granted = granted
        self._answer_grew = answer_grew

    async def start(self, caller: Caller, interview_id: UUID) -> Summary:
        """Raises FailedPrecondition CONSENT_MISSING without consent to processing."""
        granted = await self._granted(interview_id)

        async def decide(unit: Unit) -> Decision:
            if "processing" not in granted:
                raise FailedPrecondition(
                    "CONSENT_MISSING",
                    "The candidate has not consented to processing.",
                    remedy="call ConsentService.RecordConsent first",
                )
            scenario = await self._scenarios.of(unit.interview)
            return machine.start(unit.interview, scenario, self._new_id(), self._clock.now())

        return await self._change(caller, interview_id, decide)

    async def append_segment(self, caller: Caller, interview_id: UUID, segment: Segment) -> int:
        """Stores one utterance, also a late one whose turn has just closed; the turn's utterances so far."""
        async with self._store.locked(interview_id) as unit:
            _require(caller, Interviewing.CONDUCT, unit.interview)
            if segment.speech and not await unit.may_measure():
                segment = replace(segment, speech=None)
            turn = unit.interview.turn
            if turn is not None and turn.id == segment.turn_id:
                _require_answering(unit.interview)
                count, _ = await unit.add_segment(segment)
                decision = None
            else:
                count, decision = await self._append_late(unit, segment)
        if decision is None:
            self._answer_grew(interview_id, segment.turn_id)
        else:
            await self._announce(decision)
        return count

    async def _append_late(self, unit: Unit, segment: Segment) -> tuple[int, Decision]:
        found = await unit.answered(segment.turn_id)
        if found is None or unit.interview.sealed:
            raise NotFound("TURN_NOT_FOUND", "The interview has no such open or answered turn.")
        answer, _ = found
        count, added = await unit.add_segment(segment)
        decision = Decision(unit.interview)
        if added:
            text = f"{answer.text} {segment.text}".strip()
            await unit.put_answer_text(answer.id, text=text, corrected=None)
            decision = self._reevaluate(unit.interview, "answer.extended", segment.turn_id)
            await unit.save(decision)
        return count, decision

    def _reevaluate(self, interview: Interview, event: str, turn_id: UUID) -> Decision:
        now = self._clock.now()
        noted = machine.note(interview, event, now, turn_id)
        if interview.practice:
            return noted
        work = [Work(WorkKind.EVALUATION, turn_id, now)]
        if interview.over:
            work.append(Work(WorkKind.REPORT, interview.id, now))
        return Decision(noted.interview, events=noted.events, work=tuple(work))

    async def update_draft(self, caller: Caller, interview_id: UUID, turn_id: UUID, text: str) -> None:
        """Keeps what was typed so far and lets the next question be prepared."""
        summary = await self._store.summary(interview_id)
        _require(caller, Interviewing.CONDUCT, summary.interview)
        turn = summary.interview.turn
        if turn is None or turn.id != turn_id or not await self._store.put_draft(turn_id, text):
            raise FailedPrecondition(
                "TURN_NOT_OPEN", "This turn is not being answered.", remedy="reload the interview"
            )
        self._answer_grew(interview_id, turn_id, typed=True)

    async def submit(
        self, caller: Caller, interview_id: UUID, turn_id: UUID, text: str, ended_by: AnswerEnd
    ) -> Submitted:
        """Ends the turn. However often a turn is submitted, it has one answer and one turn after it."""
        async with self._store.locked(interview_id) as unit:
            _require(caller, Interviewing.CONDUCT, unit.interview)
            turn = unit.interview.turn
            if turn is None or turn.id != turn_id:
                return await self._submitted_before(unit, turn_id)
            _require_answering(unit.interview)
            answer = Answer(self._new_id(), turn_id, await self._words(unit, turn_id, text))
            if not answer.text:
                raise FailedPrecondition(
                    "ANSWER_EMPTY", "Nothing has been said or typed.", remedy="say or type something first"
                )
            decision = await self._close(unit, ended_by, answer)
        await self._announce(decision)
        following = decision.interview.turn
        return Submitted(answer.id, False, following.id if following else None, decision.interview.seq)

    async def _close(self, unit: Unit, ended_by: AnswerEnd, answer: Answer) -> Decision:
        scenario = await self._scenarios.of(unit.interview)
        decision = machine.submit(unit.interview, scenario, ended_by, self._new_id(), self._clock.now())
        await unit.save(decision, answer=answer)
        return decision

    async def _words(self, unit: Unit, turn_id: UUID, typed: str) -> str:
        """Everything said, then what was typed: nothing of an answer is lost."""
        spoken, draft = await unit.spoken(turn_id)
        return f"{spoken} {typed.strip() or draft}".strip()

    async def _submitted_before(self, unit: Unit, turn_id: UUID) -> Submitted:
        found = await unit.answered(turn_id)
        if found is None:
            raise NotFound("TURN_NOT_FOUND", "The interview has no such turn.")
        turn = unit.interview.turn
        return Submitted(found[0].id, True, turn.id if turn else None, unit.interview.seq)

    async def reach_answer_limit(self, claim: Claim, interview_id: UUID) -> None:
        """Time is up for the turn `claim.subject_id`; does nothing when it is no longer being answered."""
        turn_id = claim.subject_id
        async with self._store.locked(interview_id, claim) as unit:
            turn = unit.interview.turn
            if turn is None or turn.id != turn_id or unit.interview.status is not machine.Status.IN_PROGRESS:
                return
            scenario, now = await self._scenarios.of(unit.interview), self._clock.now()
            answer = Answer(self._new_id(), turn_id, await self._words(unit, turn_id, ""))
            decision = machine.reach_answer_limit(
                unit.interview, scenario, bool(answer.text), self._new_id(), now
            )
            closed = decision.interview.turn is None or decision.interview.turn.id != turn_id
            await unit.save(decision, answer=answer if closed else None)
        await self._announce(decision)

    async def repeat(
        self, caller: Caller, interview_id: UUID, turn_id: UUID, question: Question | None
    ) -> Question:
        """Notes that the candidate wants to hear the question again."""

        async def decide(unit: Unit) -> Decision:
            turn = machine.require_answering(unit.interview)
            if turn.id != turn_id or question is None:
                raise NotFound("TURN_NOT_FOUND", "This turn is not the open one.")
            return machine.note(unit.interview, "question.repeated", self._clock.now(), turn_id)

        await self._change(caller, interview_id, decide)
        assert question is not None  # noqa: S101 - decided above
        return question

    async def pause(self, caller: Caller, interview_id: UUID) -> Summary:
        async def decide(unit: Unit) -> Decision:
            scenario = await self._scenarios.of(unit.interview)
            return machine.pause(unit.interview, scenario, self._clock.now())

        return await self._change(caller, interview_id, decide)

    async def resume(self, caller: Caller, interview_id: UUID) -> Summary:
        async def decide(unit: Unit) -> Decision:
            return machine.resume(unit.interview, self._clock.now())

        return await self._change(caller, interview_id, decide)

    async def end(self, caller: Caller, interview_id: UUID) -> Summary:
        async def decide(unit: Unit) -> Decision:
            return machine.end(unit.interview, self._clock.now(), "requested")

        return await self._change(caller, interview_id, decide)

    async def reach_return_limit(self, claim: Claim) -> None:
        """The candidate has not come back to `claim.subject_id`; what was answered is reported."""
        async with self._store.locked(claim.subject_id, claim) as unit:
            decision = machine.end(unit.interview, self._clock.now(), "not_returned")
            await unit.save(decision)
        await self._announce(decision)

    async def withdraw(self, caller: Caller, interview_id: UUID) -> Summary:
        async def decide(unit: Unit) -> Decision:
            return machine.withdraw(unit.interview, self._clock.now())

        return await self._change(caller, interview_id, decide, Interviewing.SPEAK_FOR_ONESELF)

    async def correct(self, caller: Caller, interview_id: UUID, answer_id: UUID, text: str) -> Answer:
        """Keeps a correction beside what was heard, and evaluates the answer again."""
        async with self._store.locked(interview_id) as unit:
            _require(caller, Interviewing.SPEAK_FOR_ONESELF, unit.interview)
            _require_unsealed(unit.interview)
            answer = await unit.put_answer_text(answer_id, text=None, corrected=text)
            if answer is None:
                raise NotFound("ANSWER_NOT_FOUND", "The interview has no such answer.")
            decision = self._reevaluate(unit.interview, "transcript.corrected", answer.turn_id)
            await unit.save(decision)
        await self._announce(decision)
        return answer

    async def decide(self, caller: Caller, interview_id: UUID, decision: str, reason: str) -> Summary:
        """Records what a human decided about the candidate, and why."""
        return await self._note_facts(
            Interviewing.DECIDE,
            caller,
            interview_id,
            "decision.recorded",
            {"decision": decision, "decision_reason": reason, "review_requested": False},
        )

    async def request_review(self, caller: Caller, interview_id: UUID, reason: str) -> Summary:
        """The candidate asks a human to look again."""
        return await self._note_facts(
            Interviewing.SPEAK_FOR_ONESELF,
            caller,
            interview_id,
            "review.requested",
            {"review_requested": True, "review_reason": reason},
        )

    async def rescore(self, caller: Caller, interview_id: UUID) -> int:
        """Asks for another version of the report; the number it will have."""
        summary = await self._store.summary(interview_id)

        async def decide(unit: Unit) -> Decision:
            if not unit.interview.over or unit.interview.practice or unit.interview.sealed:
                raise InterviewError("NO_REPORT", "There is no report to compute anew.", "end the interview")
            now = self._clock.now()
            noted = machine.note(unit.interview, "report.requested", now)
            work = (Work(WorkKind.REPORT, interview_id, now),)
            return Decision(noted.interview, events=noted.events, work=work)

        await self._change(caller, interview_id, decide, Interviewing.RESCORE)
        return summary.report_version + 1

    async def _note_facts(
        self,
        act: Interviewing,
        caller: Caller,
        interview_id: UUID,
        event: str,
        facts: Mapping[str, str | bool],
    ) -> Summary:
        async def decide(unit: Unit) -> Decision:
            if not unit.interview.over:
                raise InterviewError("NOT_OVER", "The interview has not ended.", "wait for its end")
            _require_words(unit.interview)
            await unit.put_fact(**facts)
            return machine.note(unit.interview, event, self._clock.now())

        return await self._change(caller, interview_id, decide, act)

    async def _change(
        self,
        caller: Caller,
        interview_id: UUID,
        decide: Callable[[Unit], Awaitable[Decision]],
        act: Interviewing = Interviewing.CONDUCT,
    ) -> Summary:
        async with self._store.locked(interview_id) as unit:
            _require(caller, act, unit.interview)
            try:
                decision = await decide(unit)
            except InterviewError as error:
                raise _refused(error) from None
            await unit.save(decision)
        await self._announce(decision)
        return await self._store.summary(interview_id)


def _require(caller: Caller, act: Interviewing, interview: Interview) -> None:
    access.require_interview(caller, act, interview.candidate_id, interview.company_id)


def _require_words(interview: Interview) -> None:
    if interview.erased_at is not None:
        raise FailedPrecondition(
            "INTERVIEW_ERASED", "What was said was erased.", remedy="nothing can be added any more"
        )


def _require_unsealed(interview: Interview) -> None:
    _require_words(interview)
    if interview.sealed:
        raise FailedPrecondition(
            "INTERVIEW_OVER", "Consent was withdrawn.", remedy="nothing can be changed any more"
        )


def _require_answering(interview: Interview) -> None:
    try:
        machine.require_answering(interview)
    except InterviewError as error:
        raise _refused(error) from None


def _refused(error: InterviewError) -> FailedPrecondition:
    return FailedPrecondition(error.reason, str(error), remedy=error.remedy)
