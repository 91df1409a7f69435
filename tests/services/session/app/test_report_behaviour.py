"""Who sees in a report how the candidate looked and spoke, and what of it counts."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import NotFound
from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.system import SystemClock
from services.session.app.access import Caller, Role
from services.session.app.consents import Choice, Consents, Purpose
from services.session.app.ports import Segment
from services.session.domain.behaviour import Sample, Speech
from services.session.domain.interview import AnswerEnd
from services.session.domain.scenario import Language
from tests.services.session.world import World, session, until

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture

MEDIA = Caller(Role.MESH, unscoped=True)
SEEN = [Sample(at * 200, 1, gaze=0.5) for at in range(60)]
SPOKEN = Speech(-30.5, 4.5, 1, 0.5, 2, 0.75)
SAID = "결제 서버의 응답 시간을 40% 줄이려고 커넥션 풀의 누수를 찾아 고쳤습니다."


@pytest.fixture(autouse=True)
async def at_work(session: World) -> AsyncIterator[None]:
    async with session.working():
        yield


async def interviewed(session: World, policy: str | None) -> tuple[Caller, Caller, UUID]:
    """The candidate and a recruiter of a finished interview with one spoken answer; None: no company."""
    candidate = await session.person(f"{uuid4().hex}@example.org")
    interview_id = await session.interview(candidate)
    company = uuid4()
    await session.pool.execute("insert into company (id, name) values ($1, 'C')", company)
    if policy:
        await session.pool.execute(
            "update interview set company_id = $2 where id = $1", interview_id, company
        )
    await session.pool.execute(
        "insert into consent (interview_id, purpose, version, granted)"
        " select $1, unnest(array['audio', 'video']), 'v', true",
        interview_id,
    )
    turn_id = (await session.asked(interview_id)).turn.id
    commands = session.interviewing.commands
    words = ({"text": "결제", "start_s": 1.0, "end_s": 9.0, "probability": 0.9},)
    await commands.append_segment(MEDIA, interview_id, Segment(turn_id, 0, SAID, words, SPOKEN))
    await session.interviewing.observing.record(MEDIA, interview_id, turn_id, 0, SEEN)
    await under(session, interview_id, policy or "observe")
    await commands.submit(MEDIA, interview_id, turn_id, "", AnswerEnd.BUTTON)
    await commands.end(candidate, interview_id)
    await until(lambda: reported(session, interview_id))
    recruiter = await session.person(f"{uuid4().hex}@example.org", role=Role.RECRUITER)
    return candidate, replace(recruiter, company_ids=frozenset({company})), interview_id


async def reported(session: World, interview_id: UUID, version: int = 1) -> bool:
    found = "select 1 from report where interview_id = $1 and version >= $2"
    return bool(await session.pool.fetchval(found, interview_id, version))


async def under(session: World, interview_id: UUID, policy: str) -> None:
    await session.pool.execute(
        "update company c set behaviour_policy = $2 from interview i where i.id = $1 and c.id = i.company_id",
        *(interview_id, policy),
    )


async def read(session: World, caller: Caller, interview_id: UUID) -> dict[str, Any]:
    seen = await session.interviewing.reports.get(caller, interview_id, 0, "json")
    page = await session.interviewing.reports.get(caller, interview_id, 0, "html")
    report: dict[str, Any] = json.loads(seen.content)
    shown = any(question["behaviour"] for question in report["questions"])
    assert (b'class="strip"' in page.content) is shown
    return report


def shows(report: dict[str, Any]) -> bool:
    return any(question["behaviour"] for question in report["questions"])


async def test_what_was_observed_stands_beside_the_answer(session: World) -> None:
    candidate, _, interview_id = await interviewed(session, None)
    (question,) = (await read(session, candidate, interview_id))["questions"]
    behaviour = question["behaviour"]
    assert (behaviour["face"]["gaze"], behaviour["face"]["pictures"]) == (0.5, 60)
    assert (behaviour["voice"]["pace"], behaviour["voice"]["seconds"]) == (4.5, 8.0)
    assert behaviour["timeline"]["spoken"] == [{"start_s": 1.0, "end_s": 9.0, "pace": 4.5}]


@pytest.mark.parametrize(
    ("then", "now", "candidate_sees", "recruiter_sees"),
    [
        ("off", "off", False, False),
        ("observe", "observe", True, False),
        ("scored", "scored", True, True),
        ("observe", "scored", True, False),
        ("scored", "observe", True, False),
        ("scored", "off", False, False),
    ],
)
async def test_who_sees_it_is_decided_by_the_policy_of_then_and_of_now(
    session: World, then: str, now: str, candidate_sees: bool, recruiter_sees: bool
) -> None:
    candidate, recruiter, interview_id = await interviewed(session, then)
    await under(session, interview_id, now)
    service = Caller(Role.SERVICE, uuid4(), recruiter.company_ids)
    assert shows(await read(session, candidate, interview_id)) is candidate_sees
    assert shows(await read(session, recruiter, interview_id)) is recruiter_sees
    assert shows(await read(session, service, interview_id)) is recruiter_sees


async def test_the_voice_counts_only_where_the_company_scores_it(session: World) -> None:
    for policy, counts in (("observe", False), ("scored", True)):
        candidate, _, interview_id = await interviewed(session, policy)
        delivery = (await read(session, candidate, interview_id))["delivery"]
        assert (delivery is not None) is counts
    assert delivery == {"score": 5.0, "weight": 1.0, "answers": 1}


async def take_back(session: World, candidate: Caller, interview_id: UUID, purpose: Purpose) -> None:
    consents = Consents(PostgresRecords(session.outside.database), load_consent_texts(), SystemClock())
    texts = {each.purpose: each for each in consents.in_force(candidate, Language.KO)}
    choices = [Choice(purpose, texts[purpose].version, granted=False)]
    await consents.record(candidate, uuid4().hex, interview_id, choices)


async def test_consent_taken_back_after_the_end_erases_what_was_measured_from_every_report(
    session: World,
) -> None:
    candidate, recruiter, interview_id = await interviewed(session, "scored")
    before = await read(session, recruiter, interview_id)
    assert before["delivery"]
    await take_back(session, candidate, interview_id, Purpose.VIDEO)
    (first,) = await session.pool.fetch(
        "select body from report where interview_id = $1 and version = 1", interview_id
    )
    assert "observed" not in first["body"]
    await until(lambda: reported(session, interview_id, version=2))
    (question,) = (await read(session, recruiter, interview_id))["questions"]
    assert question["behaviour"]["face"] is None
    assert question["behaviour"]["voice"]["pace"] == 4.5
    await take_back(session, candidate, interview_id, Purpose.AUDIO)
    await until(lambda: reported(session, interview_id, version=3))
    after = await read(session, candidate, interview_id)
    assert not shows(after)
    assert after["delivery"] is None
    assert [each["transcript"] for each in after["questions"]] == [SAID]


async def test_a_report_that_is_being_written_when_consent_is_taken_back_is_begun_anew(
    session: World,
) -> None:
    candidate, _, interview_id = await interviewed(session, "observe")
    await session.pool.execute("delete from report")
    await session.pool.execute(
        "insert into work (kind, subject_id, interview_id, lease_until, fencing_token)"
        " values ('report', $1, $1, now() + interval '1 hour', 0)",
        interview_id,
    )
    await take_back(session, candidate, interview_id, Purpose.VIDEO)
    await until(lambda: reported(session, interview_id))
    assert (await read(session, candidate, interview_id))["questions"][0]["behaviour"]["face"] is None


async def test_the_export_holds_what_was_observed_and_what_the_candidates_report_says(
    session: World,
) -> None:
    candidate, _, _ = await interviewed(session, "observe")
    assert candidate.id is not None
    document = json.loads(b"".join([piece async for piece in session.privacy.export(candidate.id)]))
    (interview,) = document["interviews"]
    turn = interview["turns"][0]
    assert [len(batch["samples"]) for batch in turn["observations"]] == [60]
    assert turn["segments"][0]["metrics"]["syllables_per_s"] == 4.5
    assert shows(interview["reports"][0]["report"])


async def test_the_recording_is_for_whoever_may_read_the_report_while_consent_to_it_stands(
    session: World,
) -> None:
    candidate, recruiter, interview_id = await interviewed(session, "observe")
    listen = partial(session.interviewing.reports.listen, fetching=True)
    ask = partial(session.interviewing.reports.listen, fetching=False)
    assert not await listen(recruiter, interview_id)
    await session.pool.execute(
        "insert into consent (interview_id, purpose, version, granted) values ($1, 'recording', 'v', true)",
        interview_id,
    )
    assert await listen(recruiter, interview_id)
    assert await listen(candidate, interview_id)
    assert await ask(recruiter, interview_id)  # which is not to have heard it
    with pytest.raises(NotFound):
        await listen(await session.person(f"{uuid4().hex}@example.org"), interview_id)
    heard = "select count(*) from audit_entry where action = 'recording.heard' and subject = $1"
    assert await session.pool.fetchval(heard, str(interview_id)) == 2
    await session.pool.execute("update consent set withdrawn_at = now() where purpose = 'recording'")
    assert not await listen(recruiter, interview_id)
