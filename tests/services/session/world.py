"""A session on real Postgres and NATS with a model that tests hold in their hands; no gRPC."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.session.adapters import scenario_files
from services.session.adapters.documents.in_process import InProcessParser
from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.adapters.fake_llm import FakeLanguageModel
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.postgres.accounts import PostgresAccounts
from services.session.adapters.postgres.passages import DIMENSIONS
from services.session.adapters.postgres.privacy import PostgresPrivacy
from services.session.adapters.postgres.resumes import PostgresResumes
from services.session.adapters.postgres.scenario_versions import PostgresScenarioVersions
from services.session.adapters.recordings import GrpcRecordings
from services.session.adapters.relay import Relay
from services.session.adapters.system import SystemClock, new_id
from services.session.app.access import Caller, Role
from services.session.app.model import ModelCall
from services.session.app.new_interviews import Wish
from services.session.app.people import Account
from services.session.app.ports import TurnRecord
from services.session.app.privacy import Privacy
from services.session.app.resumes import Resumes
from services.session.app.retention import EraseOutside, ModelMemory, Retention
from services.session.app.retrieval import Vectors
from services.session.app.worker import Handler, WorkerPool
from services.session.bootstrap import Interviewing, Outside, connected, lanes
from services.session.config import Settings
from services.session.domain.interview import WorkKind
from services.session.domain.resumes.resume import understand
from services.session.domain.scenario import Language

PATIENCE_S = 20.0


class OneDirection:
    """An embedder whose every vector is the same."""

    async def passages(self, texts: list[str]) -> Vectors:
        return Vectors("test", [(1.0,) * DIMENSIONS for _ in texts])

    async def query(self, text: str) -> Vectors:
        return await self.passages([text])


def verdict(call: ModelCall, reason: str) -> str:
    """An evaluation that fits the call's schema."""
    names = (call.schema or {})["properties"]["scores"]["required"]
    score = {"evidence": [], "reason": reason, "score": 3}
    said = {"scores": dict.fromkeys(names, score), "strengths": [reason], "improvements": [reason]}
    return json.dumps(said, ensure_ascii=False)


@dataclass
class World:
    """A running session. Work is done once `working` is entered."""

    outside: Outside
    model: FakeLanguageModel
    interviewing: Interviewing
    privacy: Privacy
    resumes: Resumes
    handlers: dict[str, Handler]
    settings: Settings

    @property
    def pool(self) -> Any:
        return self.outside.database.pool

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        pool = WorkerPool(self.interviewing.queue, self.handlers, lanes(self.settings), poll_s=0.05)
        relay = Relay(self.outside.database, self.outside.events)
        self.outside.live.on_work(pool.wake)
        self.outside.live.on_events(relay.wake)
        tasks = [asyncio.create_task(each) for each in (pool.run(), relay.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)

    async def person(self, email: str, name: str = "", role: Role = Role.CANDIDATE) -> Caller:
        """A new account's caller."""
        account = Account(new_id(), email, "hash", name, role, Language.KO, SystemClock().now())
        assert await PostgresAccounts(self.pool).add(account)
        return Caller(role, account.id)

    async def interview(self, candidate: Caller, resume_id: UUID | None = None, scenario: str = "") -> UUID:
        """A started one."""
        wish = Wish(str(new_id()), resume_id=resume_id, scenario=scenario or "standard")
        created = await self.interviewing.new.create(candidate, wish)
        interview_id = created.interview.id
        await self.pool.execute(
            "insert into consent (interview_id, purpose, version, granted)"
            " values ($1, 'processing', 'v', true)",
            interview_id,
        )
        await self.interviewing.commands.start(candidate, interview_id)
        return interview_id

    async def asked(self, interview_id: UUID) -> TurnRecord:
        """The open turn, once its question is asked."""
        found: list[TurnRecord] = []

        async def look() -> bool:
            turns = await self.interviewing.store.turns(interview_id)
            found[:] = [each for each in turns if each.question and each.turn.status.value == "answering"]
            return bool(found)

        await until(look)
        return found[0]


async def until(look: Callable[[], Any]) -> None:
    """Waits for something to become true; fails the test after `PATIENCE_S` seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await look():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def world(database_url: str, nats_url: str, home: Path) -> AsyncIterator[World]:
    settings = Settings(
        database_url=database_url, nats_url=nats_url, embed_addresses=("127.0.0.1:1",), home=home
    )
    async with connected(settings) as connections:
        model = FakeLanguageModel(
            lambda call: verdict(call, "근거") if call.schema else "어떤 일을 하셨나요?"
        )
        outside = replace(connections, model=model, embedder=OneDirection())
        await ship(outside)
        interviewing = Interviewing(settings, outside)
        clock, store = SystemClock(), PostgresPrivacy(outside.database)
        places = {"llm": ModelMemory(model), "recording": GrpcRecordings((), store.begun_before)}
        erase_outside = EraseOutside(store, places, interviewing.queue, clock, settle_s=0.3)
        privacy = Privacy(store, store, erase_outside, interviewing.announce, clock)
        handlers = interviewing.handlers() | {
            WorkKind.ERASURE: erase_outside,
            WorkKind.RETENTION: Retention(privacy.erase_interview, interviewing.queue),
        }
        yield World(outside, model, interviewing, privacy, _resumes(outside), handlers, settings)


def _resumes(outside: Outside) -> Resumes:
    def read(text: str, language: str | None) -> Any:
        return understand(text, resume_words(), masking_rules(), language)

    store = PostgresResumes(outside.database)
    return Resumes(store, InProcessParser(), read, outside.live.wake_workers, SystemClock(), new_id)


async def ship(outside: Outside) -> None:
    files = scenario_files.load_files(policy=read_policy())
    await PostgresScenarioVersions(outside.database).ship(files)


@pytest.fixture
async def session(database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world(database_url, nats_url, tmp_path) as running:
        yield running
