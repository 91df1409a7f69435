"""Watching on stores in memory: what a watcher gets when announcements are lost, early or late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import NotFound
from services.session.adapters import scenario_files
from services.session.adapters.memory.live import MemoryLive
from services.session.app import views
from services.session.app.access import Caller, Role
from services.session.app.ports import Claim, NewEvents, Question, QuestionDelta
from services.session.app.scenario_versions import ScenarioVersions
from services.session.app.views import Happened, Heartbeat, InterviewViews, View
from services.session.domain import interview as machine
from services.session.domain.interview import Interview
from services.session.domain.scenario import Language
from tests.services.session.adapters.stores import MemoryStores, created, saved
from tests.services.session.domain.interviews import scenario
from tests.services.session.spine import counted, until

pytestmark = pytest.mark.unit

PLAN = scenario("introduction", "motivation")


class Shipped:
    """Only the standard scenario in English."""

    async def get(self, name: str, language: Language, version: str) -> str | None:
        return None

    async def newest(self, name: str, language: Language, company_id: UUID | None) -> str | None:
        return (scenario_files.SHIPPED / "standard.en.yaml").read_text()


class Index:
    async def list_visible(self, *_: object) -> None:
        raise NotImplementedError


class Stage:
    """An interview, who may watch it, and what is told of it."""

    def __init__(self) -> None:
        self.stores = MemoryStores()
        self.live = MemoryLive()
        self.views = InterviewViews(
            self.stores.store,
            Index(),  # type: ignore[arg-type]
            ScenarioVersions(Shipped()),
            self.live,
        )
        self.interview: Interview
        self.claim: Claim

    async def begin(self) -> None:
        new = await created(self.stores)
        begun = machine.start(new, PLAN, uuid4(), datetime.now(UTC))
        self.interview = (await saved(self.stores, new.id, begun)).interview
        (self.claim,) = await self.stores.queue.claim(["question"], 1, 10)

    @property
    def turn(self) -> machine.Turn:
        assert self.interview.turn is not None
        return self.interview.turn

    async def ask(self) -> None:
        decision = machine.ask(self.interview, PLAN, self.turn.id, datetime.now(UTC))
        assert decision is not None
        question = Question(uuid4(), self.turn.id, "What did you build?", "llm", "")
        self.interview = (await saved(self.stores, self.interview.id, decision, question=question)).interview

    async def delta(self, generation: int, index: int, text: str) -> None:
        await self.live.announce(QuestionDelta(self.interview.id, self.turn.id, generation, index, text))

    @asynccontextmanager
    async def watching(
        self, after_seq: int = 0, *, durable_only: bool = False
    ) -> AsyncIterator[list[object]]:
        seen: list[object] = []

        async def collect() -> None:
            me = Caller(Role.CANDIDATE, self.interview.candidate_id)
            async for each in self.views.watch(me, self.interview.id, after_seq, durable_only=durable_only):
                seen.append(each)

        task = asyncio.create_task(collect())
        await until(lambda: seen)
        try:
            yield seen
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(views, "LOOK_S", 0.05)
    monkeypatch.setattr(views, "HEARTBEAT_S", 0.2)
    stage = Stage()
    await stage.begin()
    return stage


def types(seen: list[object]) -> list[str]:
    return [each.event.type for each in seen if isinstance(each, Happened)]


def texts(seen: list[object]) -> list[str]:
    return [each.text for each in seen if isinstance(each, QuestionDelta)]


async def test_a_lost_announcement_delays_an_event_and_loses_none(stage: Stage) -> None:
    async with stage.watching() as seen:
        await stage.ask()
        await until(lambda: "question.asked" in types(seen))
    assert isinstance(seen[0], View)
    assert types(seen) == ["interview.created", "interview.started", "turn.opened", "question.asked"]


async def test_announcements_of_what_is_known_or_not_there_yet_show_nothing(stage: Stage) -> None:
    async with stage.watching() as seen:
        for seq in (1, 2, 99):
            await stage.live.announce(NewEvents(stage.interview.id, seq))
        await stage.ask()
        await until(lambda: "question.asked" in types(seen))
    assert len(types(seen)) == 4


async def test_where_nothing_happens_a_heartbeat_does(stage: Stage) -> None:
    async with stage.watching() as seen:
        await until(lambda: any(isinstance(each, Heartbeat) for each in seen))


async def test_who_wants_events_only_gets_no_deltas(stage: Stage) -> None:
    async with stage.watching(durable_only=True) as seen:
        await stage.delta(1, 0, "What ")
        await stage.ask()
        await until(lambda: "question.asked" in types(seen))
    assert texts(seen) == []


async def test_a_delta_that_is_faster_than_the_event_of_its_turn_comes_after_it(stage: Stage) -> None:
    await stage.ask()
    async with stage.watching(stage.interview.seq) as seen:
        closing = machine.submit(stage.interview, PLAN, machine.AnswerEnd.TYPED, uuid4(), datetime.now(UTC))
        stage.interview = (await saved(stage.stores, stage.interview.id, closing)).interview
        await stage.delta(1, 0, "And ")
        await until(lambda: texts(seen))
    assert types(seen) == ["answer.accepted", "turn.opened"]
    assert isinstance(seen[-1], QuestionDelta)


async def test_what_the_snapshot_shows_is_not_sent_again(stage: Stage) -> None:
    await stage.stores.store.put_partial(stage.claim, "What did ", 2)
    async with stage.watching(stage.interview.seq) as seen:
        for index, text in enumerate(["What ", "did ", "you "]):
            await stage.delta(1, index, text)
        await until(lambda: texts(seen))
        assert texts(seen) == ["you "]
    snapshot = seen[0]
    assert isinstance(snapshot, View)
    assert snapshot.turn is not None
    assert (snapshot.turn.partial, snapshot.turn.pieces) == ("What did ", 2)


async def test_f20_an_older_attempt_is_not_shown_beside_a_newer_one(stage: Stage) -> None:
    before = counted("viva_session_late_deltas")
    async with stage.watching() as seen:
        await stage.delta(1, 0, "Old ")
        await stage.delta(2, 0, "New ")
        await stage.delta(1, 1, "words ")
        await stage.delta(2, 1, "start.")
        await until(lambda: len(texts(seen)) == 3)
        await stage.ask()
        await stage.live.announce(NewEvents(stage.interview.id, stage.interview.seq))
        await stage.delta(3, 0, "Too late.")
        await until(lambda: counted("viva_session_late_deltas") == before + 2)
    assert texts(seen) == ["Old ", "New ", "start."]


async def test_somebody_else_s_interview_is_not_there(stage: Stage) -> None:
    stranger = Caller(Role.CANDIDATE, uuid4())
    with pytest.raises(NotFound):
        await anext(stage.views.watch(stranger, stage.interview.id, 0, durable_only=False))
