"""What media is told of an interview, and what is kept of how a candidate looks and speaks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import FailedPrecondition, NotFound, PermissionDenied
from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.system import SystemClock
from services.session.app.access import Caller, Role
from services.session.app.companies import BehaviourPolicy
from services.session.app.consents import Choice, Consents, Purpose
from services.session.app.new_interviews import Wish
from services.session.app.ports import Segment
from services.session.app.withdrawals import Withdrawals
from services.session.domain import interview as machine
from services.session.domain.behaviour import Sample, Speech
from services.session.domain.scenario import Language
from tests.services.session.world import World, session

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture

MEDIA = Caller(Role.MESH, unscoped=True)
SEEN = [Sample(200, 1, gaze=0.9, expression="happy", expression_score=0.75), Sample(400, 0)]
SPOKEN = Speech(-30.5, 4.5, 1, 0.5, 2, 0.75)


@pytest.fixture(autouse=True)
async def at_work(session: World) -> AsyncIterator[None]:
    async with session.working():
        yield


async def agree(session: World, interview_id: UUID, *purposes: str, granted: bool = True) -> None:
    for purpose in purposes:
        await session.pool.execute(
            "insert into consent (interview_id, purpose, version, granted) values ($1, $2, 'v', $3)"
            " on conflict (interview_id, purpose) do update set granted = excluded.granted",
            *(interview_id, purpose, granted),
        )


async def of_company(session: World, interview_id: UUID, policy: str, *, emotion: bool = False) -> None:
    company = uuid4()
    await session.pool.execute(
        "insert into company (id, name, behaviour_policy, emotion) values ($1, 'C', $2, $3)",
        *(company, policy, emotion),
    )
    await session.pool.execute("update interview set company_id = $2 where id = $1", interview_id, company)


async def answering(session: World) -> tuple[Caller, UUID, UUID]:
    """A candidate, an interview whose candidate agreed to sound and picture, and its open turn."""
    candidate = await session.person(f"{uuid4().hex}@example.org")
    interview_id = await session.interview(candidate)
    await agree(session, interview_id, "audio", "video")
    return candidate, interview_id, (await session.asked(interview_id)).turn.id


async def kept(session: World) -> list[Any]:
    return [row[0] for row in await session.pool.fetch("select samples from observation order by batch_seq")]


async def test_media_is_told_what_the_candidate_agreed_to_and_what_helps_to_hear(session: World) -> None:
    candidate = await session.person("a@example.org")
    interview_id = await session.interview(candidate)
    await agree(session, interview_id, "audio")
    await agree(session, interview_id, "video", granted=False)
    resume = uuid4()
    await session.pool.execute(
        "insert into resume (id, candidate_id, file_name, size_bytes, language, status, understood)"
        " values ($1, $2, 'f', 1, 'ko', 'ready', $3)",
        *(resume, candidate.id, {"skills": ["Kafka", " Kafka", "x" * 65, *(f"s{n}" for n in range(80))]}),
    )
    await session.pool.execute("update interview set resume_id = $2 where id = $1", interview_id, resume)
    terms = await session.interviewing.observing.terms(MEDIA, interview_id)
    assert terms.granted == {Purpose.PROCESSING, Purpose.AUDIO}
    assert terms.policy is BehaviourPolicy.OBSERVE
    assert (terms.measured, terms.watched, terms.emotion) == (True, False, False)
    assert (terms.hotwords[:2], len(terms.hotwords)) == (["Kafka", "s0"], 64)
    assert terms.accommodations["extra_time_factor"] == 1.0


async def test_a_companys_policy_holds_for_its_interviews(session: World) -> None:
    _, interview_id, _ = await answering(session)
    for policy in BehaviourPolicy:
        await of_company(session, interview_id, policy, emotion=True)
        terms = await session.interviewing.observing.terms(MEDIA, interview_id)
        assert (terms.policy, terms.emotion) == (policy, True)
        assert terms.watched is terms.measured is (policy is not BehaviourPolicy.OFF)


async def test_nothing_is_computed_of_a_practice_interview(session: World) -> None:
    candidate = await session.person("a@example.org")
    wish = Wish("r", practice=True)
    interview_id = (await session.interviewing.new.create(candidate, wish)).interview.id
    assert (await session.interviewing.observing.terms(MEDIA, interview_id)).policy is BehaviourPolicy.OFF


async def test_an_interview_that_is_over_or_not_there_has_no_terms(session: World) -> None:
    candidate, interview_id, _ = await answering(session)
    await session.interviewing.commands.end(candidate, interview_id)
    with pytest.raises(FailedPrecondition) as refusal:
        await session.interviewing.observing.terms(MEDIA, interview_id)
    assert refusal.value.reason == "INTERVIEW_OVER"
    with pytest.raises(NotFound):
        await session.interviewing.observing.terms(MEDIA, uuid4())


async def test_only_the_mesh_is_told_and_only_it_observes(session: World) -> None:
    candidate, interview_id, turn_id = await answering(session)
    with pytest.raises(PermissionDenied):
        await session.interviewing.observing.terms(candidate, interview_id)
    with pytest.raises(PermissionDenied):
        await session.interviewing.observing.record(candidate, interview_id, turn_id, 0, SEEN)
    assert await kept(session) == []


async def test_a_batch_is_kept_once_however_often_it_is_sent(session: World) -> None:
    _, interview_id, turn_id = await answering(session)
    record = session.interviewing.observing.record
    sent = [record(MEDIA, interview_id, turn_id, 0, SEEN) for _ in range(4)]
    assert sorted(await asyncio.gather(*sent)) == [False, False, False, True]
    assert await record(MEDIA, interview_id, turn_id, 1, SEEN[1:])
    assert await kept(session) == [
        [{"at_ms": 200, "faces": 1, "gaze": 0.9}, {"at_ms": 400, "faces": 0}],
        [{"at_ms": 400, "faces": 0}],
    ]


async def test_expressions_are_kept_for_a_company_that_asked_for_them_only(session: World) -> None:
    _, interview_id, turn_id = await answering(session)
    await of_company(session, interview_id, "observe", emotion=True)
    await session.interviewing.observing.record(MEDIA, interview_id, turn_id, 0, SEEN)
    ((first, _),) = await kept(session)
    assert (first["expression"], first["expression_score"]) == ("happy", 0.75)


@pytest.mark.parametrize("policy", ["off", "observe"])
async def test_observations_are_refused_where_policy_or_candidate_says_no(
    session: World, policy: str
) -> None:
    _, interview_id, turn_id = await answering(session)
    await of_company(session, interview_id, policy)
    await agree(session, interview_id, "video", granted=policy == "off")
    with pytest.raises(FailedPrecondition) as refusal:
        await session.interviewing.observing.record(MEDIA, interview_id, turn_id, 0, SEEN)
    assert refusal.value.reason == "BEHAVIOUR_OFF"
    assert await kept(session) == []


async def test_a_turn_of_another_interview_is_not_there(session: World) -> None:
    _, interview_id, _ = await answering(session)
    _, _, turn_of_other = await answering(session)
    with pytest.raises(NotFound):
        await session.interviewing.observing.record(MEDIA, interview_id, turn_of_other, 0, SEEN)
    assert await kept(session) == []


async def test_a_late_batch_of_an_ended_interview_is_kept_and_of_a_withdrawn_one_refused(
    session: World,
) -> None:
    record = session.interviewing.observing.record
    candidate, interview_id, turn_id = await answering(session)
    await session.interviewing.commands.end(candidate, interview_id)
    assert await record(MEDIA, interview_id, turn_id, 0, SEEN)
    candidate, interview_id, turn_id = await answering(session)
    await session.interviewing.commands.withdraw(candidate, interview_id)
    with pytest.raises(FailedPrecondition) as refusal:
        await record(MEDIA, interview_id, turn_id, 0, SEEN)
    assert refusal.value.reason == "INTERVIEW_OVER"


async def test_a_batch_that_comes_while_the_interview_is_erased_is_not_kept(session: World) -> None:
    _, interview_id, turn_id = await answering(session)
    async with session.interviewing.store.locked(interview_id) as unit:
        late = asyncio.create_task(
            session.interviewing.observing.record(MEDIA, interview_id, turn_id, 0, SEEN)
        )
        await asyncio.sleep(0.2)
        assert not late.done()
        await unit.save(machine.withdraw(unit.interview, SystemClock().now()))
    with pytest.raises(FailedPrecondition):
        await late
    assert await kept(session) == []


@pytest.mark.parametrize(
    ("policy", "audio", "stored"),
    [("observe", True, True), ("scored", True, True), ("observe", False, False), ("off", True, False)],
)
async def test_words_are_always_kept_and_how_they_were_spoken_where_it_may_be(
    session: World, policy: str, audio: bool, stored: bool
) -> None:
    _, interview_id, turn_id = await answering(session)
    await of_company(session, interview_id, policy)
    await agree(session, interview_id, "audio", granted=audio)
    said = Segment(turn_id, 0, "서버를 다시 만들었습니다.", speech=SPOKEN)
    assert await session.interviewing.commands.append_segment(MEDIA, interview_id, said) == 1
    row = await session.pool.fetchrow("select text, metrics from answer_segment")
    assert row["text"] == said.text
    spoken = {"loudness_dbfs": -30.5, "syllables_per_s": 4.5, "pauses": 1, "pause_total_s": 0.5}
    assert row["metrics"] == ({**spoken, "fillers": 2, "speaking_ratio": 0.75} if stored else None)


async def test_who_withdraws_leaves_no_measures_behind_even_where_answers_stay(session: World) -> None:
    candidate, interview_id, turn_id = await answering(session)
    said = Segment(turn_id, 0, "서버를 다시 만들었습니다.", speech=SPOKEN)
    await session.interviewing.commands.append_segment(MEDIA, interview_id, said)
    await session.interviewing.observing.record(MEDIA, interview_id, turn_id, 0, SEEN)
    take_back = PostgresConsents(session.pool).take_back
    withdrawals = Withdrawals(session.interviewing.commands, take_back, session.privacy.erase_interview)
    await withdrawals.withdraw(candidate, interview_id, erase=False)
    assert await kept(session) == []
    row = await session.pool.fetchrow("select text, metrics from answer_segment")
    assert (row["text"], row["metrics"]) == (said.text, None)


async def test_what_was_measured_goes_with_the_consent_it_was_measured_under(session: World) -> None:
    candidate, interview_id, turn_id = await answering(session)
    _, other, turn_of_other = await answering(session)
    for interview, turn in ((interview_id, turn_id), (other, turn_of_other)):
        said = Segment(turn, 0, "서버를 다시 만들었습니다.", speech=SPOKEN)
        await session.interviewing.commands.append_segment(MEDIA, interview, said)
        await session.interviewing.observing.record(MEDIA, interview, turn, 0, SEEN)
    consents = Consents(PostgresRecords(session.outside.database), load_consent_texts(), SystemClock())
    texts = {each.purpose: each for each in consents.in_force(candidate, Language.KO)}
    for purpose, left in ((Purpose.VIDEO, (1, 2)), (Purpose.AUDIO, (1, 1))):
        refused = [Choice(purpose, texts[purpose].version, granted=False)]
        await consents.record(candidate, uuid4().hex, interview_id, refused)
        spoken = await session.pool.fetchval("select count(metrics) from answer_segment")
        assert (len(await kept(session)), spoken) == left
    assert await session.pool.fetchval("select count(*) from answer_segment where text <> ''") == 2
