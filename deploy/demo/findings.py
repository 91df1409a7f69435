"""What is wrong with a finished interview, as lines for a person. An empty list means nothing is.

Looks only at what the public API told; `database` asks Postgres itself.
"""

from collections.abc import Iterator
from typing import Any

from deploy.demo.interview import Interviewed

LEAST_EVIDENCE = 12  # characters
LEAST_COVERAGE = 0.6
# Scenarios that ship; one of an operator's own may have any number of stages.
STAGES = {"standard": 15, "career_transition": 15}


def findings(done: Interviewed) -> list[str]:
    return [*_order(done), *_events(done), *_turns(done), *_report(done)]


def _order(done: Interviewed) -> Iterator[str]:
    wanted = STAGES.get(done.interview.scenario, len(done.stages))
    if len(done.stages) != wanted:
        yield f"the scenario has {len(done.stages)} stages, {wanted} were expected"
    asked = [told.turn.stage_id for told in done.turns]
    if asked != done.stages:
        yield f"stages were asked as {asked}, the scenario's order is {done.stages}"


def _events(done: Interviewed) -> Iterator[str]:
    numbers = [event.seq for event in done.events]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"events are numbered {numbers}"
    for kind, count in (("question.asked", len(done.stages)), ("report.ready", 1)):
        seen = sum(event.type == kind for event in done.events)
        if seen != count:
            yield f"{seen} events {kind}, {count} were expected"


def _turns(done: Interviewed) -> Iterator[str]:
    """Question, answer and evaluation of each turn, joined by its id."""
    stored = {turn.id: turn for turn in done.stored.turns}
    if len(stored) != len(done.stages):
        yield f"{len(stored)} turns are stored, {len(done.stages)} were expected"
    for kind in ("question", "answer"):
        ids = {getattr(turn, kind).id for turn in stored.values()}
        if len(ids - {""}) != len(stored):
            yield f"{len(ids - {''})} different {kind} ids for {len(stored)} turns"
    for told in done.turns:
        turn, name = stored.get(told.turn.id), told.turn.stage_id
        if turn is None:
            yield f"{name}: its turn is not stored"
            continue
        if turn.question.text != told.turn.question.text:
            yield f"{name}: another question is stored than was asked"
        if turn.answer.text != told.submitted:
            yield f"{name}: another answer is stored than was submitted"
        if told.evaluated_at is None:
            yield f"{name}: the answer was never evaluated"


def _report(done: Interviewed) -> Iterator[str]:
    if done.summary.version != 1 or not done.html:
        yield f"report version {done.summary.version} with {len(done.html)} bytes of HTML, not version 1"
    if done.pdf is not None and not done.pdf.startswith(b"%PDF-"):
        yield f"what came as PDF is none: {len(done.pdf)} bytes"
    reported = {each["turn_id"]: each for each in done.report.get("questions", [])}
    if set(reported) != {told.turn.id for told in done.turns}:
        yield f"the report tells of {len(reported)} turns, {len(done.turns)} were held"
    for told in done.turns:
        question = reported.get(told.turn.id)
        if question is not None:
            yield from _reported(told.turn.stage_id, question, told.turn.question.text, told.submitted)
    total, coverage = done.report.get("total"), done.report.get("coverage", 0.0)
    if (total is not None) != (coverage >= LEAST_COVERAGE):
        yield f"total {total} at a coverage of {coverage:.2f}"


def _reported(name: str, question: dict[str, Any], asked: str, answered: str) -> Iterator[str]:
    if question["question"] != asked or question["transcript"] != answered:
        yield f"{name}: the report tells another question or answer"
    if [score["dimension"] for score in question["scores"]] != question["dimensions"]:
        yield f"{name}: the report does not judge its dimensions once each"
    if not question["versions"]["engine"]:
        yield f"{name}: the report does not say what scored it"
    corrected = question["scored_text"] == "corrected"
    text = question["corrected"] if corrected else question["transcript"]
    for score in question["scores"]:
        if score["score"] is not None and not score["evidence"]:
            yield f"{name}, {score['dimension']}: a score without evidence"
        for each in score["evidence"]:
            if text[each["start"] : each["end"]] != each["text"] or len(each["text"]) < LEAST_EVIDENCE:
                yield f"{name}, {score['dimension']}: evidence that is not in the answer"
