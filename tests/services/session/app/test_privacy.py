"""Nothing that a person said is found anywhere after erasure, and nothing comes back."""

import asyncio
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from services.runtime import logs
from services.runtime.errors import FailedPrecondition, NotFound
from services.session.adapters.system import SystemClock
from services.session.app.access import Role
from services.session.app.ports import Claim, Segment, StaleClaim
from services.session.app.resumes import Upload
from services.session.domain import interview as machine
from services.session.domain.interview import AnswerEnd, Status
from tests.services.session.app.planted import MARKS, RESUME, dump, found_below, found_in, plant
from tests.services.session.world import World, session, until, verdict, world

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the session logs, at its most talkative."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    loggers = [
        vars(module).get("log") for name, module in sys.modules.items() if name.startswith("services.")
    ]
    for each in loggers:
        if each is not None:
            vars(each).pop("bind", None)  # what an earlier test has made of it
    logs.configure("session", "debug")
    yield stream
    for each in loggers:
        if each is not None:
            vars(each).pop("bind", None)
    structlog.reset_defaults()


async def test_after_erasing_an_account_nothing_the_person_said_is_found_anywhere(
    database_url: str,
    nats_url: str,
    tmp_path: Path,
    postgres_server: Postgres,
    nats_server: Nats,
    server_folder: Path,
    printed: io.StringIO,
) -> None:
    async with world(database_url, nats_url, tmp_path) as session, session.working():
        candidate, _ = await plant(session)
        assert candidate.id is not None
        await until(lambda: _kept(session))
        assert found_in(dump(database_url)) == set(MARKS), "every mark must be there before erasure"
        assert await session.privacy.erase(candidate.id) == []
        await until(lambda: _no_work(session))
        assert found_in(dump(database_url)) == set()
        for table in ("resume_chunk", "blob", "refresh_token", "login_attempt", "erasure", "set_aside"):
            assert await session.pool.fetchval(f"select count(*) from {table}") == 0, table
    assert found_below(nats_server.home) == set()
    assert found_in((server_folder / "postgres.log").read_text()) == set()
    assert found_in((server_folder / "nats.log").read_text()) == set()
    assert "interview_id" in printed.getvalue()
    assert found_in(printed.getvalue()) == set()


async def _kept(session: World) -> bool:
    return bool(await session.pool.fetchval("select count(*) from set_aside"))


async def _no_work(session: World) -> bool:
    return not await session.pool.fetchval("select count(*) from work")


async def test_erasing_one_interview_leaves_the_persons_other_things(session: World) -> None:
    async with session.working():
        _candidate, finished = await plant(session)
        await session.privacy.erase_interview(finished)
        summary = await session.interviewing.store.summary(finished)
        assert summary.interview.erased_at is not None
        assert (summary.decision, summary.decision_reason) == ("hold", "")
        events = await session.interviewing.store.events(finished, 0, 1000)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (events[-1].type, events[-1].detail) == ("data.erased", {"reason": "withdrawn"})
        assert all(t.question is t.answer is None for t in await session.interviewing.store.turns(finished))
        counts = await session.pool.fetchrow(
            "select (select count(*) from resume), (select count(*) from blob),"
            " (select count(*) from account where email is not null),"
            " (select count(*) from answer_draft), (select count(*) from consent)"
        )
        assert tuple(counts) == (1, 1, 2, 1, 2)
        await session.privacy.erase_interview(finished)
        assert len(await session.interviewing.store.events(finished, 0, 1000)) == len(events)


async def test_the_memory_of_models_is_erased_and_again_after_calls_have_settled(session: World) -> None:
    async with session.working():
        candidate = await session.person("a@example.org")
        interview_id = await session.interview(candidate)
        await session.asked(interview_id)
        await session.privacy.erase_interview(interview_id)
        await until(lambda: _no_work(session))
    keys = [key for key in session.model.forgotten if str(interview_id) in key]
    kinds = {key.partition(":")[0] for key in keys}
    assert kinds == {"interview", "evaluation", "replay", "compaction", "digest"}
    assert all(keys.count(key) >= 2 for key in keys)


async def test_a_model_that_cannot_be_reached_is_named_and_erased_once_it_is_back(session: World) -> None:
    candidate = await session.person("a@example.org")
    assert candidate.id is not None
    interview_id = await session.interview(candidate)
    session.model.reachable = False
    assert await session.privacy.erase(candidate.id) == ["llm"]
    assert await session.privacy.erase(candidate.id) == ["llm"], "a repeat tells what is still to be reached"
    (claim,) = await session.interviewing.queue.claim(["erasure"], 5, 10)
    await session.handlers["erasure"](claim)
    work = await session.pool.fetchrow("select * from work where kind = 'erasure'")
    assert work["last_error"] == "not reached: llm"
    assert work["failed_at"] is None
    session.model.reachable = True
    await session.pool.execute("update work set due_at = now()")
    async with session.working():
        await until(lambda: _no_work(session))
    assert f"interview:{interview_id}" in session.model.forgotten
    assert await session.privacy.erase(candidate.id) == []


async def test_an_evaluation_that_ends_after_erasure_brings_nothing_back(session: World) -> None:
    candidate = await session.person("a@example.org")
    interview_id = await session.interview(candidate)
    async with session.working():
        turn = await session.asked(interview_id)
        session.model.speak = lambda call: verdict(call, MARKS["judgement"]) if call.schema else "?"
        session.model.going.clear()
        session.model.calls.clear()
        await session.interviewing.commands.submit(
            candidate, interview_id, turn.turn.id, MARKS["answer"], AnswerEnd.TYPED
        )
        await until(lambda: _asked_model(session, "evaluation"))
        await session.interviewing.commands.withdraw(candidate, interview_id)
        await session.privacy.erase_interview(interview_id)
        session.model.going.set()
        await until(lambda: _recorded(session, interview_id, "evaluation"))
        await asyncio.sleep(0.2)
    calls = await session.pool.fetch("select request, output from llm_call")
    assert calls
    assert all(call["request"] is None and call["output"] == "" for call in calls)
    for table in ("evaluation", "question", "answer", "report"):
        assert await session.pool.fetchval(f"select count(*) from {table}") == 0, table


async def _asked_model(session: World, purpose: str) -> bool:
    return any(call.purpose == purpose for call in session.model.calls)


async def _recorded(session: World, interview_id: UUID, purpose: str) -> bool:
    query = "select count(*) from llm_call where interview_id = $1 and purpose = $2"
    return bool(await session.pool.fetchval(query, interview_id, purpose))


async def test_a_question_that_ends_after_erasure_brings_nothing_back(session: World) -> None:
    candidate = await session.person("a@example.org")
    session.model.speak = lambda _: f"{MARKS['question']}에서 어떤 역할을 맡으셨나요?"
    session.model.going.clear()
    async with session.working():
        interview_id = await session.interview(candidate)
        await until(lambda: _asked_model(session, "question"))
        await session.privacy.erase_interview(interview_id)
        assert (await session.interviewing.store.summary(interview_id)).interview.status is Status.WITHDRAWN
        session.model.going.set()
        await until(lambda: _recorded(session, interview_id, "question"))
        await asyncio.sleep(0.2)
    assert await session.pool.fetchval("select count(*) from question") == 0
    assert await session.pool.fetchval("select string_agg(output, '') from llm_call") == ""


async def test_a_draft_that_comes_while_its_turn_is_being_closed_is_not_kept(session: World) -> None:
    candidate = await session.person("a@example.org")
    store = session.interviewing.store
    async with session.working():
        interview_id = await session.interview(candidate)
        turn_id = (await session.asked(interview_id)).turn.id
        assert await store.put_draft(turn_id, "kept while the turn is open")
        async with store.locked(interview_id) as unit:
            late = asyncio.create_task(store.put_draft(turn_id, MARKS["draft"]))
            await asyncio.sleep(0.2)
            assert not late.done()
            await unit.save(machine.withdraw(unit.interview, SystemClock().now()))
        assert not await late
        await session.privacy.erase_interview(interview_id)
    assert await session.pool.fetchval("select count(*) from answer_draft") == 0


async def test_nothing_can_be_written_about_an_erased_interview(session: World) -> None:
    async with session.working():
        candidate, finished = await plant(session)
        answer_id = await session.pool.fetchval("select id from answer limit 1")
        turn_id = (await session.interviewing.store.turns(finished))[0].turn.id
        await session.privacy.erase_interview(finished)
        admin = await session.person("other-admin@example.org", role=Role.ADMIN)
        commands = session.interviewing.commands
        refused = [
            commands.decide(admin, finished, "hold", "words"),
            commands.request_review(candidate, finished, "words"),
            commands.correct(candidate, finished, answer_id, "words"),
            commands.rescore(admin, finished),
            commands.append_segment(candidate, finished, Segment(turn_id, 9, "words")),
        ]
        for attempt in refused:
            with pytest.raises((FailedPrecondition, NotFound)):
                await attempt
        assert (await commands.withdraw(candidate, finished)).interview.erased_at is not None


async def test_an_upload_and_an_interview_of_an_account_that_is_being_erased_are_refused(
    session: World,
) -> None:
    candidate = await session.person("a@example.org")
    assert candidate.id is not None
    await session.privacy.erase(candidate.id)
    with pytest.raises(NotFound):
        await session.resumes.upload(candidate, Upload("r", "a.txt", "ko", None, RESUME.encode()))
    with pytest.raises(NotFound):
        await session.interview(candidate)
    assert await session.pool.fetchval("select count(*) from blob") == 0


async def test_a_running_interview_of_an_erased_account_is_withdrawn_first(session: World) -> None:
    candidate = await session.person("a@example.org")
    assert candidate.id is not None
    interview_id = await session.interview(candidate)
    await session.privacy.erase(candidate.id)
    events = await session.interviewing.store.events(interview_id, 0, 100)
    assert [event.type for event in events][-2:] == ["interview.withdrawn", "data.erased"]
    consent = await session.pool.fetchrow("select granted, withdrawn_at from consent")
    assert consent["granted"]
    assert consent["withdrawn_at"] is not None
    kinds = await session.pool.fetch("select kind from work")
    assert [row["kind"] for row in kinds] == ["erasure"]


async def test_the_last_admin_cannot_be_erased_and_one_of_two_can(session: World) -> None:
    first = await session.person("first@example.org", role=Role.ADMIN)
    assert first.id is not None
    with pytest.raises(FailedPrecondition) as refusal:
        await session.privacy.erase(first.id)
    assert refusal.value.reason == "LAST_ADMIN"
    await session.person("second@example.org", role=Role.ADMIN)
    assert await session.privacy.erase(first.id) == []


async def test_two_admins_who_erase_themselves_at_once_leave_one(session: World) -> None:
    admins = [await session.person(f"{n}@example.org", role=Role.ADMIN) for n in range(2)]
    ids = [admin.id for admin in admins if admin.id]
    results = await asyncio.gather(*map(session.privacy.erase, ids), return_exceptions=True)
    assert sorted(isinstance(each, FailedPrecondition) for each in results) == [False, True]


async def test_when_the_time_to_keep_has_passed_an_interview_is_erased(session: World) -> None:
    async with session.working():
        _candidate, finished = await plant(session)
        await session.pool.execute(
            "update work set due_at = now() where kind = 'retention' and subject_id = $1", finished
        )
        await session.outside.live.wake_workers()
        await until(lambda: _erased(session, finished))
        events = await session.interviewing.store.events(finished, 0, 1000)
        assert events[-1].detail == {"reason": "retention"}
        audited = await session.pool.fetchrow("select * from audit_entry where action = 'interview.erased'")
        assert (audited["actor"], audited["subject"]) == ("system", str(finished))


async def _erased(session: World, interview_id: UUID) -> bool:
    return (await session.interviewing.store.summary(interview_id)).interview.erased_at is not None


async def test_a_retention_timer_that_was_taken_over_erases_nothing(session: World) -> None:
    candidate = await session.person("a@example.org")
    interview_id = await session.interview(candidate)
    await session.interviewing.commands.end(candidate, interview_id)
    await session.pool.execute("update work set due_at = now()")
    (claim,) = await session.interviewing.queue.claim(["retention"], 5, 10)
    stale: Claim = replace(claim, token=claim.token - 1)
    with pytest.raises(StaleClaim):
        await session.handlers["retention"](stale)
    assert not await _erased(session, interview_id)
