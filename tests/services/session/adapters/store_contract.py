"""What every storage of interviews must do. A subclass gives one; nothing here knows which one it is."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.runtime.errors import NotFound
from services.session.app.ports import Answer, Claim, Segment, StaleClaim
from services.session.domain import interview as machine
from services.session.domain.interview import AnswerEnd, Interview, Status, TurnStatus
from tests.services.session.adapters.stores import PLAN, Stores, ask, begun, created, questioned, saved
from tests.services.session.adapters.work_contract import LEASE_S, claimed


def now() -> datetime:
    return datetime.now(UTC)


def open_turn(interview: Interview) -> machine.Turn:
    assert interview.turn is not None
    return interview.turn


async def answered(
    stores: Stores, standing: Interview, text: str = "I built it."
) -> tuple[Interview, Answer]:
    answer = Answer(uuid4(), open_turn(standing).id, text)
    decision = machine.submit(standing, PLAN, AnswerEnd.TYPED, uuid4(), now())
    return (await saved(stores, standing.id, decision, answer=answer)).interview, answer


async def question_claim(stores: Stores) -> Claim:
    return await claimed(stores, "question")


class InterviewStoreContract:
    async def test_a_new_interview_is_stored_as_it_was_decided(self, stores: Stores) -> None:
        new = await created(stores)
        assert (await stores.store.summary(new.id)).interview == new
        assert [event.type for event in await stores.store.events(new.id, 0, 10)] == ["interview.created"]
        assert [work.kind for work in await stores.listed()] == ["return_limit"]

    async def test_an_interview_is_created_once_per_request_of_a_caller(self, stores: Stores) -> None:
        first = await created(stores, "r1")
        assert (await created(stores, "r1")).id == first.id
        assert (await created(stores, "r2")).id != first.id
        assert (await created(stores, "r1", caller="user:2")).id != first.id

    async def test_creating_at_the_same_time_makes_one(self, stores: Stores) -> None:
        made = await asyncio.gather(*(created(stores, "same") for _ in range(5)))
        assert len({each.id for each in made}) == 1
        assert len(await stores.store.events(made[0].id, 0, 10)) == 1

    async def test_an_interview_that_is_not_there_is_told_of(self, stores: Stores) -> None:
        with pytest.raises(NotFound):
            await stores.store.summary(uuid4())
        with pytest.raises(NotFound):
            async with stores.store.locked(uuid4()):
                pass
        assert await stores.store.turns(uuid4()) == []
        assert await stores.store.events(uuid4(), 0, 10) == []
        assert await stores.store.put_draft(uuid4(), "x") is False

    async def test_every_field_of_an_open_turn_comes_back(self, stores: Stores) -> None:
        asked = await questioned(stores)
        away = machine.reach_answer_limit(asked, PLAN, False, uuid4(), now())
        for decision in (away, machine.resume(away.interview, now())):
            await saved(stores, asked.id, decision)
            stored = (await stores.store.summary(asked.id)).interview
            assert stored == decision.interview
            async with stores.store.locked(asked.id) as unit:
                assert unit.interview == decision.interview

    async def test_closed_turns_come_back_with_their_words_in_order(self, stores: Stores) -> None:
        following, answer = await answered(stores, await questioned(stores))
        await ask(stores, following, "And then?")
        first, second = await stores.store.turns(following.id)
        assert first.answer == answer
        assert first.question is not None
        assert (first.question.text, first.question.passages) == ("What did you do?", ("a passage",))
        assert (first.turn.status, first.turn.ended_by) == (TurnStatus.CLOSED, AnswerEnd.TYPED)
        assert (second.turn.number, second.answer) == (2, None)
        assert [each.turn.id for each in await stores.store.turns(following.id, [second.turn.id])] == [
            second.turn.id
        ]

    async def test_events_come_in_order_after_a_number_and_no_more_than_wanted(self, stores: Stores) -> None:
        following, _ = await answered(stores, await questioned(stores))
        events = await stores.store.events(following.id, 0, 100)
        assert [event.seq for event in events] == list(range(1, following.seq + 1))
        assert await stores.store.events(following.id, 2, 2) == events[2:4]
        assert await stores.store.events(following.id, following.seq, 10) == []

    async def test_a_unit_that_fails_leaves_nothing(self, stores: Stores) -> None:
        asked = await questioned(stores)
        listed = await stores.listed()
        with suppress(ZeroDivisionError):
            async with stores.store.locked(asked.id) as unit:
                decision = machine.submit(asked, PLAN, AnswerEnd.TYPED, uuid4(), now())
                await unit.save(decision, answer=Answer(uuid4(), open_turn(asked).id, "lost"))
                await unit.add_segment(Segment(open_turn(asked).id, 0, "lost too"))
                raise ZeroDivisionError
        assert (await stores.store.summary(asked.id)).interview == asked
        (record,) = await stores.store.turns(asked.id)
        assert (record.answer, record.segments) == (None, 0)
        assert await stores.listed() == listed

    async def test_units_of_one_interview_follow_each_other(self, stores: Stores) -> None:
        asked = await questioned(stores)

        async def noted() -> None:
            async with stores.store.locked(asked.id) as unit:
                await asyncio.sleep(0)
                await unit.save(machine.note(unit.interview, "question.repeated", now()))

        await asyncio.gather(*(noted() for _ in range(6)))
        events = await stores.store.events(asked.id, asked.seq, 100)
        assert [event.seq for event in events] == list(range(asked.seq + 1, asked.seq + 7))

    async def test_within_a_unit_the_interview_is_the_one_just_saved(self, stores: Stores) -> None:
        asked = await questioned(stores)
        async with stores.store.locked(asked.id) as unit:
            await unit.save(machine.note(unit.interview, "one", now()))
            await unit.save(machine.note(unit.interview, "two", now()))
        assert (await stores.store.summary(asked.id)).interview.seq == asked.seq + 2

    async def test_a_decision_without_events_writes_nothing(self, stores: Stores) -> None:
        asked = await questioned(stores)
        async with stores.store.locked(asked.id) as unit:
            await unit.save(machine.Decision(asked))
        assert (await stores.store.summary(asked.id)).interview == asked

    async def test_the_holder_of_a_claim_may_write(self, stores: Stores) -> None:
        asking = await begun(stores)
        claim = await question_claim(stores)
        async with stores.store.locked(asking.id, claim) as unit:
            assert unit.interview == asking

    async def test_who_lost_the_claim_cannot_write(self, stores: Stores) -> None:
        asking = await begun(stores)
        old = await question_claim(stores)
        await stores.later(LEASE_S + 1)
        await question_claim(stores)
        with pytest.raises(StaleClaim):
            async with stores.store.locked(asking.id, old):
                raise AssertionError("a stale claim was let in")

    async def test_who_holds_a_claim_to_work_that_is_done_cannot_write(self, stores: Stores) -> None:
        asking = await begun(stores)
        claim = await question_claim(stores)
        await ask(stores, asking)
        with pytest.raises(StaleClaim):
            async with stores.store.locked(asking.id, claim):
                raise AssertionError("a stale claim was let in")

    async def test_an_evaluation_of_an_older_answer_cannot_be_written_over_a_newer_one(
        self, stores: Stores
    ) -> None:
        """Also when the newer work has been done meanwhile and comes up for the third time."""
        following, answer = await answered(stores, await questioned(stores))
        old = await claimed(stores, "evaluation")
        for _ in range(2):
            async with stores.store.locked(following.id) as unit:
                work = machine.Work(machine.WorkKind.EVALUATION, answer.turn_id, now())
                noted = machine.note(unit.interview, "transcript.corrected", now())
                await unit.save(machine.Decision(noted.interview, events=noted.events, work=(work,)))
            with pytest.raises(StaleClaim):
                async with stores.store.locked(following.id, old):
                    raise AssertionError("a stale claim was let in")
            await stores.queue.finish(await claimed(stores, "evaluation"))

    async def test_what_was_said_is_joined_in_the_order_it_was_said(self, stores: Stores) -> None:
        asked = await questioned(stores)
        turn = open_turn(asked)
        async with stores.store.locked(asked.id) as unit:
            assert await unit.spoken(turn.id) == ("", "")
            assert await unit.add_segment(Segment(turn.id, 1, "the server.")) == (1, True)
            word = {"text": "I", "start_s": 0.0, "end_s": 0.1, "probability": 0.9}
            assert await unit.add_segment(Segment(turn.id, 0, "I rebuilt", (word,))) == (2, True)
            assert await unit.add_segment(Segment(turn.id, 1, "again")) == (2, False)
            assert await unit.spoken(turn.id) == ("I rebuilt the server.", "")
        (record,) = await stores.store.turns(asked.id)
        assert record.segments == 2

    async def test_a_draft_is_kept_until_the_answer_takes_its_place(self, stores: Stores) -> None:
        asked = await questioned(stores)
        turn = open_turn(asked)
        assert await stores.store.put_draft(turn.id, "I re")
        assert await stores.store.put_draft(turn.id, "I rebuilt")
        assert (await stores.store.turns(asked.id))[0].draft == "I rebuilt"
        async with stores.store.locked(asked.id) as unit:
            assert await unit.spoken(turn.id) == ("", "I rebuilt")
        following, _ = await answered(stores, asked)
        assert (await stores.store.turns(asked.id))[0].draft == ""
        assert await stores.store.put_draft(turn.id, "too late") is False
        assert await stores.store.put_draft(open_turn(following).id, "too early") is False

    async def test_an_answer_is_found_by_its_turn(self, stores: Stores) -> None:
        asked = await questioned(stores)
        other = await questioned(stores, request_id="other")
        _, answer = await answered(stores, asked)
        async with stores.store.locked(asked.id) as unit:
            assert await unit.answered(answer.turn_id) == (answer, AnswerEnd.TYPED)
            assert await unit.answered(uuid4()) is None
        async with stores.store.locked(other.id) as unit:
            assert await unit.answered(answer.turn_id) is None
            assert await unit.put_answer_text(answer.id, text="mine now", corrected=None) is None

    async def test_a_correction_stands_beside_the_original(self, stores: Stores) -> None:
        following, answer = await answered(stores, await questioned(stores))
        async with stores.store.locked(following.id) as unit:
            corrected = await unit.put_answer_text(answer.id, text=None, corrected="I planned it.")
            assert corrected is not None
            assert (corrected.text, corrected.final_text) == ("I built it.", "I planned it.")
            longer = await unit.put_answer_text(answer.id, text="I built it. Twice.", corrected=None)
        assert (await stores.store.turns(following.id))[0].answer == longer
        assert longer is not None
        assert longer.corrected_text == "I planned it."

    async def test_facts_about_an_interview_are_part_of_its_summary(self, stores: Stores) -> None:
        asked = await questioned(stores)
        async with stores.store.locked(asked.id) as unit:
            await unit.put_fact(decision="hold", decision_reason="more to hear", review_requested=True)
            await unit.put_fact(review_reason="a name was misheard")
            with pytest.raises(ValueError, match="status"):
                await unit.put_fact(status="completed")
        summary = await stores.store.summary(asked.id)
        assert (summary.decision, summary.decision_reason) == ("hold", "more to hear")
        assert (summary.review_requested, summary.review_reason) == (True, "a name was misheard")
        assert summary.accommodations == {"extra_time_factor": 1.0}
        assert summary.interview.status is Status.IN_PROGRESS

    async def test_what_was_released_of_a_question_is_shown_until_the_question_is_there(
        self, stores: Stores
    ) -> None:
        asking = await begun(stores)
        claim = await question_claim(stores)
        assert await stores.store.put_partial(claim, "What ", 1)
        assert await stores.store.put_partial(claim, "What did you ", 2)
        (record,) = await stores.store.turns(asking.id)
        assert (record.partial, record.generation, record.pieces) == ("What did you ", 1, 2)
        await ask(stores, asking)
        (record,) = await stores.store.turns(asking.id)
        assert (record.partial, record.pieces) == ("", 0)
        assert await stores.store.put_partial(claim, "What did you do?", 3) is False

    async def test_f20_who_lost_the_claim_releases_nothing_more_of_a_question(self, stores: Stores) -> None:
        asking = await begun(stores)
        old = await question_claim(stores)
        await stores.store.put_partial(old, "Old", 1)
        await stores.later(LEASE_S + 1)
        new = await question_claim(stores)
        assert await stores.store.put_partial(old, "Old words", 2) is False
        assert await stores.store.put_partial(new, "New", 1)
        (record,) = await stores.store.turns(asking.id)
        assert (record.partial, record.generation) == ("New", 2)
