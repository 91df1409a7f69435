"""Scenarios and moments for tests of the interview's state machine."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from services.session.domain import interview as machine
from services.session.domain.interview import Decision, Interview
from services.session.domain.scenario import Language, Scenario, Stage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LIMIT_S = 60.0
DEADLINE_S = 5.0


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def stage(name: str, *, pause_allowed: bool = True, limit_s: float = LIMIT_S) -> Stage:
    return Stage(
        id=name,
        title=name.title(),
        aim="hear what was done",
        guidance="ask for one thing",
        follows=None,
        follow_up_rule="",
        patience_s=3.0,
        time_limit_s=limit_s,
        question_deadline_s=DEADLINE_S,
        pause_allowed=pause_allowed,
        dimensions=(),
        fallbacks=("What did you do?",),
    )


def scenario(*names: str, pause_allowed: bool = True) -> Scenario:
    stages = tuple(stage(name, pause_allowed=pause_allowed) for name in names)
    return Scenario("standard", Language.EN, "0" * 12, "Standard", "For tests", True, (), stages)


def interview(**fields: object) -> Interview:
    values = {
        "id": uuid4(),
        "candidate_id": uuid4(),
        "scenario": "standard",
        "language": Language.EN,
        "scenario_version": "0" * 12,
        "created_at": NOON,
    }
    return Interview(**(values | fields))  # type: ignore[arg-type]


def started(plan: Scenario, **fields: object) -> Decision:
    created = machine.create(interview(**fields), NOON)
    return machine.start(created.interview, plan, uuid4(), NOON)


def asked(plan: Scenario, **fields: object) -> Decision:
    """An interview whose first question has been asked at noon."""
    before = started(plan, **fields)
    decision = machine.ask(before.interview, plan, turn_id(before), NOON)
    assert decision is not None
    return decision


def turn_id(decision: Decision) -> UUID:
    assert decision.interview.turn is not None
    return decision.interview.turn.id


def happened(decision: Decision) -> list[str]:
    return [event.type for event in decision.events]


def due(decision: Decision) -> dict[str, float]:
    """New work by kind, in seconds after noon."""
    return {work.kind.value: (work.due_at - NOON).total_seconds() for work in decision.work}


def gone(decision: Decision) -> set[str]:
    return {kind.value for kind, _ in decision.dropped}
