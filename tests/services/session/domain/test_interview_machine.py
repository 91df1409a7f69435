"""Whatever is done to an interview in whatever order, its rules hold."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.session.domain import interview as machine
from services.session.domain.interview import (
    AnswerEnd,
    Decision,
    Interview,
    InterviewError,
    Status,
    Turn,
    TurnStatus,
    WorkKind,
)
from services.session.domain.scenario import Scenario
from tests.services.session.domain.interviews import NOON, interview, scenario

pytestmark = pytest.mark.unit

STAGES = tuple(f"stage_{number}" for number in range(1, 16))
TURN_TIMERS = (WorkKind.QUESTION, WorkKind.QUESTION_DEADLINE, WorkKind.ANSWER_LIMIT)
Key = tuple[WorkKind, UUID]


class Interviewed(RuleBasedStateMachine):
    """Applies decisions as a store would, and keeps what a store would keep."""

    state: Interview
    plan: Scenario

    @initialize(stages=st.integers(1, 15), pause_allowed=st.booleans(), practice=st.booleans())
    def create(self, stages: int, pause_allowed: bool, practice: bool) -> None:
        self.plan = scenario(*STAGES[:stages], pause_allowed=pause_allowed)
        self.now: datetime = NOON
        self.turns: dict[UUID, Turn] = {}
        self.work: dict[Key, datetime] = {}
        self.seqs: list[int] = []
        self.types: list[str] = []
        self.apply(machine.create(interview(practice=practice), self.now))

    def apply(self, decision: Decision) -> None:
        assert decision.events or decision == Decision(self.state), "a change that nobody is told of"
        new = {(each.kind, each.subject_id) for each in decision.work}
        assert not new & set(decision.dropped), "work that is both dropped and wanted"
        assert len(new) == len(decision.work)
        for turn in decision.turns:
            stored = self.turns.get(turn.id)
            assert stored is None or stored.status is not TurnStatus.CLOSED, "a closed turn was written again"
            self.turns[turn.id] = turn
        for key in decision.dropped:
            self.work.pop(key, None)
        self.work |= {(each.kind, each.subject_id): each.due_at for each in decision.work}
        self.seqs += [event.seq for event in decision.events]
        self.types += [event.type for event in decision.events]
        self.state = decision.interview

    def attempt(self, command: object, *arguments: object) -> None:
        with suppress(InterviewError):
            self.apply(command(*arguments))  # type: ignore[operator]

    @rule(seconds=st.floats(0, 90))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def start(self) -> None:
        self.attempt(machine.start, self.state, self.plan, uuid4(), self.now)

    @rule(which=st.integers(0, 20))
    def ask(self, which: int) -> None:
        """The question of the open turn, or a late one of some other turn."""
        known = [*self.turns, uuid4()]
        turn_id = self.state.turn.id if self.state.turn and which % 3 else known[which % len(known)]
        decision = machine.ask(self.state, self.plan, turn_id, self.now)
        turn = self.turns.get(turn_id)
        awaited = turn is not None and turn.status is TurnStatus.ASKING and not self.state.over
        assert (decision is not None) is awaited
        if decision is not None:
            self.apply(decision)

    @rule(ended_by=st.sampled_from(AnswerEnd))
    def submit(self, ended_by: AnswerEnd) -> None:
        self.attempt(machine.submit, self.state, self.plan, ended_by, uuid4(), self.now)

    @precondition(lambda self: self.state.status is Status.IN_PROGRESS)
    @rule(has_words=st.booleans())
    def reach_answer_limit(self, has_words: bool) -> None:
        self.attempt(machine.reach_answer_limit, self.state, self.plan, has_words, uuid4(), self.now)

    @rule()
    def pause(self) -> None:
        before = self.state.turn
        running = self.state.status is Status.IN_PROGRESS
        self.attempt(machine.pause, self.state, self.plan, self.now)
        if running and self.state.status is Status.PAUSED:
            assert before is not None
            assert before.answer_due_at is not None
            assert self.state.turn is not None
            left = max(0.0, (before.answer_due_at - self.now).total_seconds())
            assert self.state.turn.remaining_s == pytest.approx(left)

    @rule()
    def resume(self) -> None:
        before = self.state
        self.attempt(machine.resume, self.state, self.now)
        if before.status is Status.PAUSED:
            assert before.turn is not None
            assert self.state.turn is not None
            assert self.state.turn.answer_due_at is not None
            left = (self.state.turn.answer_due_at - self.now).total_seconds()
            assert left == pytest.approx(before.turn.remaining_s, abs=1e-5)

    @rule()
    def note(self) -> None:
        self.apply(machine.note(self.state, "question.repeated", self.now))

    @precondition(lambda self: len(self.seqs) > 25)
    @rule()
    def end(self) -> None:
        self.attempt(machine.end, self.state, self.now, "requested")

    @precondition(lambda self: len(self.seqs) > 25)
    @rule()
    def withdraw(self) -> None:
        self.attempt(machine.withdraw, self.state, self.now)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        assert self.seqs == list(range(1, len(self.seqs) + 1))
        assert self.state.seq == len(self.seqs)

    @invariant()
    def at_most_one_turn_is_open_and_it_is_the_interviews(self) -> None:
        open_ = [turn for turn in self.turns.values() if turn.status is not TurnStatus.CLOSED]
        assert open_ == ([self.state.turn] if self.state.turn else [])
        running = self.state.status in (Status.IN_PROGRESS, Status.PAUSED)
        assert bool(open_) is running

    @invariant()
    def every_stage_is_asked_at_most_once_and_in_order(self) -> None:
        stages = [turn.stage_id for turn in self.turns.values()]
        assert stages == [stage.id for stage in self.plan.stages[: len(stages)]]
        assert [turn.number for turn in self.turns.values()] == list(range(1, len(stages) + 1))
        assert self.types.count("question.asked") <= len(self.plan.stages) <= 15
        if self.state.status is Status.COMPLETED:
            assert self.types.count("question.asked") == len(self.plan.stages)

    @invariant()
    def timers_stand_for_what_is_awaited(self) -> None:
        turn, status = self.state.turn, self.state.status
        wanted: set[Key] = set()
        if turn is not None and turn.status is TurnStatus.ASKING:
            wanted = {(WorkKind.QUESTION, turn.id), (WorkKind.QUESTION_DEADLINE, turn.id)}
        elif turn is not None and status is Status.IN_PROGRESS:
            wanted = {(WorkKind.ANSWER_LIMIT, turn.id)}
        assert {key for key in self.work if key[0] in TURN_TIMERS} == wanted
        waits = status in (Status.CREATED, Status.PAUSED)
        assert ((WorkKind.RETURN_LIMIT, self.state.id) in self.work) is waits
        assert ((WorkKind.RETENTION, self.state.id) in self.work) is self.state.over

    @invariant()
    def the_answer_clock_is_shown_only_while_it_runs(self) -> None:
        turn, status = self.state.turn, self.state.status
        if turn is None:
            return
        runs = turn.status is TurnStatus.ANSWERING and status is Status.IN_PROGRESS
        assert (turn.answer_due_at is not None) is runs
        assert (turn.remaining_s is not None) is (status is Status.PAUSED)

    @invariant()
    def answers_are_evaluated_and_reported_unless_it_is_practice_or_withdrawn(self) -> None:
        evaluated = {subject for kind, subject in self.work if kind is WorkKind.EVALUATION}
        answered = {turn.id for turn in self.turns.values() if turn.ended_by is not None}
        assert evaluated == (set() if self.state.practice else answered)
        reported = (WorkKind.REPORT, self.state.id) in self.work
        ended = self.state.status in (Status.COMPLETED, Status.ENDED)
        assert reported is (ended and not self.state.practice and bool(self.turns))

    @invariant()
    def the_end_comes_once(self) -> None:
        assert self.types.count("interview.completed") + self.types.count("interview.ended") <= 1
        assert self.types.count("interview.withdrawn") <= 1
        assert (self.state.ended_at is not None) is self.state.over


TestInterviewed = Interviewed.TestCase
TestInterviewed.settings = settings(
    max_examples=60,
    stateful_step_count=70,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
