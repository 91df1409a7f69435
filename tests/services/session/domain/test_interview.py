"""The interview's rules, one sentence each."""

from dataclasses import replace
from uuid import uuid4

import pytest

from services.session.domain import interview as machine
from services.session.domain.interview import (
    ABSENCE_LEFT_S,
    GRACE_S,
    RETURN_DAYS,
    AnswerEnd,
    Decision,
    InterviewError,
    Status,
    TurnStatus,
    WorkKind,
)
from tests.services.session.domain.interviews import (
    DEADLINE_S,
    LIMIT_S,
    NOON,
    after,
    asked,
    due,
    gone,
    happened,
    interview,
    scenario,
    started,
    turn_id,
)

pytestmark = pytest.mark.unit

PLAN = scenario("first", "second")
DAY_S = 86_400


def submitted(before: Decision, seconds: float = 10) -> Decision:
    return machine.submit(before.interview, PLAN, AnswerEnd.TYPED, uuid4(), after(seconds))


def test_a_new_interview_waits_two_weeks_for_its_candidate() -> None:
    decision = machine.create(interview(), NOON)
    assert happened(decision) == ["interview.created"]
    assert due(decision) == {"return_limit": RETURN_DAYS * DAY_S}


def test_starting_opens_the_first_turn_and_asks_for_its_question_inside_the_stages_deadline() -> None:
    decision = started(PLAN)
    assert happened(decision) == ["interview.started", "turn.opened"]
    assert due(decision) == {"question": 0, "question_deadline": DEADLINE_S}
    assert gone(decision) == {"return_limit"}
    turn = decision.interview.turn
    assert turn is not None
    assert (turn.number, turn.stage_id, turn.status) == (1, "first", TurnStatus.ASKING)


def test_starting_twice_changes_nothing() -> None:
    once = started(PLAN)
    assert machine.start(once.interview, PLAN, uuid4(), after(1)) == Decision(once.interview)


def test_an_interview_that_is_over_cannot_be_started_again() -> None:
    over = machine.end(started(PLAN).interview, after(1), "requested")
    with pytest.raises(InterviewError, match="ended") as refusal:
        machine.start(over.interview, PLAN, uuid4(), after(2))
    assert refusal.value.reason == "INTERVIEW_OVER"


def test_a_question_starts_the_answer_clock_and_takes_its_own_deadline_off() -> None:
    decision = asked(PLAN)
    assert happened(decision) == ["question.asked"]
    assert due(decision) == {"answer_limit": LIMIT_S + GRACE_S}
    assert gone(decision) == {"question", "question_deadline"}
    assert decision.turns[0].answer_due_at == after(LIMIT_S)


def test_extra_time_stretches_the_answer_limit() -> None:
    assert due(asked(PLAN, extra_time_factor=1.5)) == {"answer_limit": LIMIT_S * 1.5 + GRACE_S}


def test_a_second_question_for_one_turn_is_dropped() -> None:
    once = asked(PLAN)
    assert machine.ask(once.interview, PLAN, turn_id(once), after(1)) is None


def test_a_question_for_a_turn_that_is_no_longer_open_is_dropped() -> None:
    first = asked(PLAN)
    second = submitted(first)
    assert machine.ask(second.interview, PLAN, turn_id(first), after(11)) is None


def test_a_question_that_comes_after_the_end_is_dropped() -> None:
    before = started(PLAN)
    over = machine.end(before.interview, after(1), "requested")
    assert machine.ask(over.interview, PLAN, turn_id(before), after(2)) is None


def test_an_answer_is_evaluated_and_the_next_question_asked_side_by_side() -> None:
    decision = submitted(asked(PLAN), 10)
    assert happened(decision) == ["answer.accepted", "turn.opened"]
    assert due(decision) == {"evaluation": 10, "question": 10, "question_deadline": 10 + DEADLINE_S}
    assert gone(decision) == {"answer_limit"}
    assert [turn.status for turn in decision.turns] == [TurnStatus.CLOSED, TurnStatus.ASKING]


def test_an_answer_before_the_question_is_refused() -> None:
    with pytest.raises(InterviewError) as refusal:
        submitted(started(PLAN))
    assert refusal.value.reason == "QUESTION_NOT_READY"


def test_the_last_answer_completes_the_interview_and_calls_for_a_report() -> None:
    plan = scenario("only")
    decision = machine.submit(asked(plan).interview, plan, AnswerEnd.BUTTON, uuid4(), after(10))
    assert decision.interview.status is Status.COMPLETED
    assert decision.interview.turn is None
    assert happened(decision) == ["answer.accepted", "interview.completed"]
    assert due(decision) == {"evaluation": 10, "report": 10, "retention": 10 + 180 * DAY_S}


def test_practice_is_neither_evaluated_nor_reported() -> None:
    plan = scenario("only")
    before = asked(plan, practice=True)
    decision = machine.submit(before.interview, plan, AnswerEnd.BUTTON, uuid4(), after(10))
    assert set(due(decision)) == {"retention"}


def test_words_are_kept_as_long_as_the_company_says() -> None:
    decision = machine.end(asked(PLAN, retention_days=30).interview, NOON, "requested")
    assert due(decision)["retention"] == 30 * DAY_S


# Time limits and absence


def test_what_was_said_becomes_the_answer_when_time_is_up() -> None:
    decision = machine.reach_answer_limit(asked(PLAN).interview, PLAN, True, uuid4(), after(LIMIT_S))
    assert decision.turns[0].ended_by is AnswerEnd.TIME_LIMIT
    assert happened(decision) == ["answer.accepted", "turn.opened"]


def test_an_absent_candidate_is_waited_for_with_thirty_seconds_left() -> None:
    decision = machine.reach_answer_limit(asked(PLAN).interview, PLAN, False, uuid4(), after(LIMIT_S))
    assert decision.interview.status is Status.PAUSED
    assert decision.events[0].detail == {"reason": "absent"}
    assert decision.turns[0].remaining_s == ABSENCE_LEFT_S
    assert due(decision) == {"return_limit": LIMIT_S + RETURN_DAYS * DAY_S}


def test_who_is_absent_twice_in_one_turn_gives_an_empty_answer() -> None:
    away = machine.reach_answer_limit(asked(PLAN).interview, PLAN, False, uuid4(), after(LIMIT_S))
    back = machine.resume(away.interview, after(100))
    assert due(back) == {"answer_limit": 100 + ABSENCE_LEFT_S + GRACE_S}
    again = machine.reach_answer_limit(back.interview, PLAN, False, uuid4(), after(140))
    assert happened(again) == ["answer.accepted", "turn.opened"]
    assert again.interview.status is Status.IN_PROGRESS


def test_absence_is_counted_for_each_turn_apart() -> None:
    away = machine.reach_answer_limit(asked(PLAN).interview, PLAN, False, uuid4(), after(LIMIT_S))
    second = submitted(machine.resume(away.interview, after(100)), 105)
    next_asked = machine.ask(second.interview, PLAN, turn_id(second), after(106))
    assert next_asked is not None
    away_again = machine.reach_answer_limit(next_asked.interview, PLAN, False, uuid4(), after(200))
    assert away_again.interview.status is Status.PAUSED


def test_who_does_not_return_is_reported_on_what_was_answered() -> None:
    away = machine.reach_answer_limit(asked(PLAN).interview, PLAN, False, uuid4(), after(LIMIT_S))
    decision = machine.end(away.interview, after(RETURN_DAYS * DAY_S), "not_returned")
    assert decision.interview.status is Status.ENDED
    assert decision.events[0].detail == {"reason": "not_returned"}
    assert "report" in due(decision)


# Pause


def test_a_pause_stops_the_clock_and_resuming_starts_it_with_what_was_left() -> None:
    paused = machine.pause(asked(PLAN).interview, PLAN, after(20))
    assert paused.turns[0].remaining_s == LIMIT_S - 20
    assert paused.turns[0].answer_due_at is None
    assert gone(paused) == {"answer_limit"}
    back = machine.resume(paused.interview, after(1000))
    assert back.turns[0].answer_due_at == after(1000 + LIMIT_S - 20)
    assert back.turns[0].remaining_s is None
    assert due(back) == {"answer_limit": 1000 + LIMIT_S - 20 + GRACE_S}
    assert gone(back) == {"return_limit"}


def test_a_pause_after_the_limit_leaves_no_time() -> None:
    paused = machine.pause(asked(PLAN).interview, PLAN, after(LIMIT_S + 2))
    assert paused.turns[0].remaining_s == 0.0


def test_pausing_or_resuming_twice_changes_nothing() -> None:
    paused = machine.pause(asked(PLAN).interview, PLAN, after(20)).interview
    assert machine.pause(paused, PLAN, after(21)) == Decision(paused)
    back = machine.resume(paused, after(30)).interview
    assert machine.resume(back, after(31)) == Decision(back)


def test_a_stage_may_forbid_pauses() -> None:
    strict = scenario("first", "second", pause_allowed=False)
    with pytest.raises(InterviewError) as refusal:
        machine.pause(asked(strict).interview, strict, after(1))
    assert refusal.value.reason == "PAUSE_NOT_ALLOWED"


def test_while_the_question_is_prepared_there_is_nothing_to_pause() -> None:
    with pytest.raises(InterviewError) as refusal:
        machine.pause(started(PLAN).interview, PLAN, after(1))
    assert refusal.value.reason == "QUESTION_NOT_READY"


def test_a_paused_interview_takes_no_answer_and_says_what_to_do() -> None:
    paused = machine.pause(asked(PLAN).interview, PLAN, after(20))
    with pytest.raises(InterviewError) as refusal:
        submitted(paused, 30)
    assert (refusal.value.reason, refusal.value.remedy) == ("INTERVIEW_PAUSED", "resume it first")


def test_only_a_paused_interview_is_resumed() -> None:
    with pytest.raises(InterviewError) as refusal:
        machine.resume(machine.create(interview(), NOON).interview, NOON)
    assert refusal.value.reason == "NOT_PAUSED"


# End and withdrawal


@pytest.mark.parametrize("state", ["created", "asking", "answering", "paused"])
@pytest.mark.parametrize("command", ["end", "withdraw"])
def test_an_interview_can_be_left_from_any_state(state: str, command: str) -> None:
    before = {
        "created": lambda: machine.create(interview(), NOON),
        "asking": lambda: started(PLAN),
        "answering": lambda: asked(PLAN),
        "paused": lambda: machine.pause(asked(PLAN).interview, PLAN, after(1)),
    }[state]().interview
    left = (
        machine.end(before, after(5), "requested") if command == "end" else machine.withdraw(before, after(5))
    )
    assert left.interview.over
    assert left.interview.turn is None
    assert left.interview.ended_at == after(5)
    assert len(left.events) == 1
    if before.turn is not None:
        assert [turn.status for turn in left.turns] == [TurnStatus.CLOSED]
        assert {"question", "question_deadline", "answer_limit"} <= gone(left)
    assert "return_limit" in gone(left)
    assert "retention" in due(left)


def test_ending_before_the_first_turn_makes_no_report() -> None:
    decision = machine.end(machine.create(interview(), NOON).interview, after(1), "requested")
    assert set(due(decision)) == {"retention"}


def test_after_withdrawal_nothing_is_evaluated_or_reported() -> None:
    decision = machine.withdraw(asked(PLAN).interview, after(1))
    assert set(due(decision)) == {"retention"}
    assert "report" in gone(decision)
    assert decision.interview.sealed


def test_consent_can_be_withdrawn_after_the_end() -> None:
    over = machine.end(asked(PLAN).interview, after(1), "requested").interview
    decision = machine.withdraw(over, after(2))
    assert decision.interview.status is Status.WITHDRAWN
    assert happened(decision) == ["interview.withdrawn"]


def test_ending_or_withdrawing_twice_changes_nothing() -> None:
    over = machine.end(asked(PLAN).interview, after(1), "requested").interview
    assert machine.end(over, after(2), "requested") == Decision(over)
    withdrawn = machine.withdraw(over, after(3)).interview
    assert machine.withdraw(withdrawn, after(4)) == Decision(withdrawn)
    assert machine.end(withdrawn, after(5), "requested") == Decision(withdrawn)


# What changes underneath


def test_f03_a_stage_the_scenario_no_longer_knows_gives_way_to_the_one_in_its_place() -> None:
    before = started(scenario("first", "renamed", "third"))
    lost = replace(before.interview, stage_position=1, turn=replace(before.turns[0], stage_id="gone"))
    decision = machine.ask(lost, scenario("first", "second", "third"), lost.turn.id, NOON)  # type: ignore[union-attr]
    assert decision is not None
    assert happened(decision) == ["question.asked"]
    assert decision.warning is not None
    assert "'gone'" in decision.warning
    assert "'second'" in decision.warning


def test_f03_after_an_unknown_stage_the_interview_goes_on_with_the_known_one_in_its_place() -> None:
    plan = scenario("first", "second", "third")
    before = asked(plan)
    lost = replace(before.interview, stage_position=1, turn=replace(before.turns[0], stage_id="gone"))
    decision = machine.submit(lost, plan, AnswerEnd.TYPED, uuid4(), after(5))
    assert decision.interview.turn is not None
    assert decision.interview.turn.stage_id == "second"


def test_f03_a_scenario_that_became_shorter_ends_with_its_own_last_stage() -> None:
    before = asked(scenario(*"abcdefgh"))
    lost = replace(before.interview, stage_position=7, turn=replace(before.turns[0], stage_id="h"))
    plan = scenario("a", "b")
    decision = machine.submit(lost, plan, AnswerEnd.TYPED, uuid4(), after(5))
    assert decision.interview.turn is not None
    assert decision.interview.turn.stage_id == "b"
    second = machine.ask(decision.interview, plan, turn_id(decision), after(6))
    assert second is not None
    assert machine.submit(second.interview, plan, AnswerEnd.TYPED, uuid4(), after(7)).interview.over


def test_a_note_takes_the_next_number_and_changes_nothing_else() -> None:
    before = asked(PLAN).interview
    decision = machine.note(before, "report.ready", after(1), version=2)
    assert decision.events[0].seq == before.seq + 1
    assert decision.events[0].detail == {"version": 2}
    assert replace(decision.interview, seq=before.seq) == before


def test_every_kind_of_work_is_named_once() -> None:
    assert len({kind.value for kind in WorkKind}) == len(WorkKind)
