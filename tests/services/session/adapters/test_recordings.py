"""Recordings are erased at every media server, over gRPC."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from services.media.config import Settings
from services.media.engines.fake import FakeEngine
from services.media.recording.naming import name_of
from services.media.server import build
from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.privacy import PostgresPrivacy
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.recordings import GrpcRecordings
from services.session.adapters.system import SystemClock
from services.session.app.access import Caller
from services.session.app.consents import Choice, Consents, Purpose
from services.session.app.retention import EraseOutside
from services.session.app.withdrawals import Withdrawals
from services.session.domain.scenario import Language
from tests.services.rooms import TOKEN, listening
from tests.services.session.world import World, session

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture

GONE, KEPT = UUID(int=1), UUID(int=2)


def recorded(folder: Path) -> Path:
    for interview in (GONE, KEPT):
        (folder / str(interview)).mkdir(parents=True)
        (folder / str(interview) / "a.flac").touch()
    return folder


async def everything(_: UUID) -> None:
    """No recording is kept."""


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_every_server_erases_what_it_has_of_one_interview(tmp_path: Path) -> None:
    here, there = recorded(tmp_path / "here"), recorded(tmp_path / "there")
    async with (
        listening(build, FakeEngine(), Settings, recordings=here) as first,
        listening(build, FakeEngine(), Settings, recordings=there) as second,
    ):
        erase = GrpcRecordings([first, second], everything, token=TOKEN)
        assert await erase(GONE)
        assert await erase(GONE)
    assert left(here) == left(there) == [str(KEPT)]


async def test_a_server_that_is_away_is_an_error_and_no_server_is_nothing_to_erase() -> None:
    with pytest.raises(grpc.RpcError):
        await GrpcRecordings(["127.0.0.1:1"], everything, token=TOKEN)(GONE)
    assert await GrpcRecordings((), everything)(GONE)


async def agreed(session: World, *purposes: Purpose) -> tuple[Caller, UUID]:
    candidate = await session.person(f"{uuid4().hex}@example.org")
    interview_id = await session.interview(candidate)
    for purpose in purposes:
        await session.pool.execute(
            "insert into consent (interview_id, purpose, version, granted) values ($1, $2, 'v', true)",
            *(interview_id, purpose),
        )
    return candidate, interview_id


async def refuse(session: World, candidate: Caller, interview_id: UUID, purpose: Purpose) -> None:
    await choose(session, candidate, interview_id, purpose, granted=False)


async def choose(
    session: World, candidate: Caller, interview_id: UUID, purpose: Purpose, *, granted: bool
) -> None:
    consents = Consents(PostgresRecords(session.outside.database), load_consent_texts(), SystemClock())
    texts = {each.purpose: each for each in consents.in_force(candidate, Language.KO)}
    choice = Choice(purpose, texts[purpose].version, granted=granted)
    await consents.record(candidate, uuid4().hex, interview_id, [choice])


async def withdraw(session: World, candidate: Caller, interview_id: UUID, _: Purpose) -> None:
    take_back = PostgresConsents(session.pool).take_back
    withdrawals = Withdrawals(session.interviewing.commands, take_back, session.privacy.erase_interview)
    await withdrawals.withdraw(candidate, interview_id, erase=False)


@pytest.mark.parametrize("take_back", [refuse, withdraw])
async def test_the_sound_goes_with_the_consent_to_it(session: World, tmp_path: Path, take_back: Any) -> None:
    candidate, interview_id = await agreed(session, Purpose.RECORDING)
    for each in (interview_id, KEPT):
        (tmp_path / str(each)).mkdir()
        (tmp_path / str(each) / "a.flac").touch()
    queue, store = session.interviewing.queue, PostgresPrivacy(session.outside.database)
    async with listening(build, FakeEngine(), Settings, recordings=tmp_path) as media:
        places = {"recording": GrpcRecordings([media], store.begun_before, token=TOKEN)}
        erase = EraseOutside(store, places, queue, SystemClock(), settle_s=0)
        assert await queue.claim(["erasure"], 5, 10) == []
        await take_back(session, candidate, interview_id, Purpose.RECORDING)
        (claim,) = await queue.claim(["erasure"], 5, 10)
        await erase(claim)
    assert left(tmp_path) == [str(KEPT)]
    assert await store.pending([interview_id]) == {}
    assert await queue.claim(["erasure"], 5, 10) == []


@pytest.mark.parametrize("take_back", [refuse, withdraw])
async def test_whoever_never_agreed_to_a_recording_has_none_erased(session: World, take_back: Any) -> None:
    candidate, interview_id = await agreed(session)
    await take_back(session, candidate, interview_id, Purpose.RECORDING)
    assert await session.interviewing.queue.claim(["erasure"], 5, 10) == []


async def test_what_is_recorded_under_a_new_consent_stays_until_that_is_taken_back(
    session: World, tmp_path: Path
) -> None:
    candidate, interview_id = await agreed(session, Purpose.RECORDING)
    folder, store = tmp_path / str(interview_id), PostgresPrivacy(session.outside.database)
    folder.mkdir()
    former, anew = (folder / name_of(datetime.now(UTC) + timedelta(seconds=at)) for at in (-60, 60))
    async with listening(build, FakeEngine(), Settings, recordings=tmp_path) as media:
        erase = GrpcRecordings([media], store.begun_before, token=TOKEN)
        for _ in range(2):  # taken back, agreed to, and both once more
            former.touch()
            anew.touch()
            await choose(session, candidate, interview_id, Purpose.RECORDING, granted=False)
            assert await store.begun_before(interview_id) is None
            await choose(session, candidate, interview_id, Purpose.RECORDING, granted=True)
            limit = await store.begun_before(interview_id)
            await choose(session, candidate, interview_id, Purpose.RECORDING, granted=True)
            assert limit == await store.begun_before(interview_id)
            assert await erase(interview_id)
            assert left(folder) == [anew.name]
        await session.privacy.erase_interview(interview_id)
        assert await erase(interview_id)
    assert left(tmp_path) == []
