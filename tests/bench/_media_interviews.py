"""From a candidate's answer to the next question's first word and first sound, through a whole mesh.

Answers are typed, so that nothing but the mesh takes time; T0 is the moment of sending one. Questions come
from the bank, or from the trained test fixture, whose cost is not that of a model one would use.
"""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from viva.v1 import common_pb2, consent_pb2, interview_pb2

from deploy.demo.answers import Answers, Composed
from deploy.demo.interview import Interviewed, Plan, Seen, arriving, consent
from deploy.demo.over_rest import over_rest
from deploy.demo.person import Person
from deploy.demo.room import Answering, Room, Told
from deploy.demo.spoken import Connection
from deploy.demo.typed import Typed
from deploy.demo.waterfall import percentile
from deploy.local.environment import LocalMesh
from deploy.local.mesh import clear_leftovers, first_addresses, started_mesh
from tests.e2e.conftest import new_home, variables_of
from tests.fixtures.llm_ko.lessons import FIXTURE

LISTENERS = 8  # what media takes as it is set up
FIRST_SOUND_S = 20.0
THINK_S = (1.0, 3.0)
SETTLE_S = 5.0
GOAL_AT = 8


@dataclass
class Waits:
    """Milliseconds; `unheard` counts questions that a listener heard nothing of."""

    word_ms: list[float] = field(default_factory=list)
    sound_ms: list[float] = field(default_factory=list)
    unheard: int = 0

    def add(self, told: Told, *, listens: bool) -> None:
        if told.first_word_at is not None:
            self.word_ms.append((told.first_word_at - told.waiting_since) * 1000)
        if told.first_sound_at is not None:
            self.sound_ms.append((told.first_sound_at - told.waiting_since) * 1000)
        self.unheard += listens and told.first_sound_at is None


class Read:
    """A `Room` where a question is read for a while, and answered in writing."""

    consents: frozenset[int] = Typed.consents

    @asynccontextmanager
    async def enter(self, person: Person, interview_id: str, answers: Answers) -> AsyncIterator[Answering]:
        async with Typed().enter(person, interview_id, answers) as typed:

            async def answer(told: Told) -> None:
                await self._take_in(told)
                await asyncio.sleep(random.uniform(*THINK_S))
                await typed(told)

            yield answer

    async def _take_in(self, told: Told) -> None: ...


class Heard(Read):
    """The same where each question is listened to, to its end: a voice that is cut off hides the next."""

    consents = Typed.consents | {consent_pb2.CONSENT_PURPOSE_AUDIO}

    def __init__(self) -> None:
        self._connection = Connection()

    @asynccontextmanager
    async def enter(self, person: Person, interview_id: str, answers: Answers) -> AsyncIterator[Answering]:
        try:
            await self._connection.open(person, interview_id)
            async with super().enter(person, interview_id, answers) as answer:
                yield answer
        finally:
            await self._connection.close()

    async def _take_in(self, told: Told) -> None:
        ear, until = self._connection.ear, time.monotonic() + FIRST_SOUND_S
        while time.monotonic() < until and told.first_sound_at is None:
            await asyncio.sleep(0.02)
            told.first_sound_at = ear.first_after(told.waiting_since)
        await self._connection.voice_over()


async def interviews_part(turns: Mapping[int, int]) -> dict[str, Any]:
    """`turns` says how many questions of each are measured, by the number of interviews at once."""
    table = Table(
        "questions by", "interviews", "asked", "first word, ms, p50", "p95", "heard", "first sound, ms, p50",
        "p95", "unheard", title="from an answer to the next question",
    )  # fmt: skip
    found: dict[tuple[str, int], Waits] = {}
    for writer in ("the bank", "the fixture"):
        with mesh(with_model=writer == "the fixture") as running:
            for count in turns:
                found[writer, count] = waits = await held(running, count, turns[count])
                cells = (*_cells(waits.word_ms), *_cells(waits.sound_ms), str(waits.unheard))
                table.add_row(writer, str(count), *cells)
    Console(width=120).print(table)
    goal = found["the fixture", min(turns, key=lambda count: abs(count - GOAL_AT))]
    return {
        "t0_to_first_word_p95_ms": _share(goal.word_ms, 0.95),
        "t0_to_first_sound_p95_ms": _share(goal.sound_ms, 0.95),
    }


def _cells(waits: list[float]) -> tuple[str, str, str]:
    if not waits:
        return "0", "-", "-"
    return str(len(waits)), f"{_share(waits, 0.5):.0f}", f"{_share(waits, 0.95):.0f}"


def _share(waits: list[float], share: float) -> float | None:
    return percentile(sorted(waits), share) if waits else None


@contextmanager
def mesh(*, with_model: bool) -> Iterator[LocalMesh]:
    home = new_home()
    if with_model:
        (home / "models" / "llm").mkdir()
        shutil.copy(FIXTURE, home / "models" / "llm")
    described = LocalMesh.from_environment(variables_of(home))
    try:
        with started_mesh(described):
            yield described
    finally:
        clear_leftovers(described)
        shutil.rmtree(home)


async def held(running: LocalMesh, count: int, turns: int) -> Waits:
    waits = Waits()
    async with over_rest(first_addresses(running)["edge"]) as register:
        people = [await register(f"Bench {number}", "ko") for number in range(count)]

        async def one(number: int) -> None:
            await asyncio.sleep(random.uniform(0, THINK_S[1]) if number else 0)
            listens = number < LISTENERS
            for told in await sat(people[number], Heard() if listens else Read(), turns, number):
                waits.add(told, listens=listens)

        await asyncio.gather(*map(one, range(count)))
    await asyncio.sleep(SETTLE_S)
    return waits


async def sat(person: Person, room: Room, turns: int, seed: int) -> list[Told]:
    """Turns of one interview that followed an answer; it is left where they end."""
    answers = Composed("ko", ["정산", "로그"], seed)
    request = interview_pb2.CreateInterviewRequest(
        request_id=uuid4().hex, scenario="standard", language=common_pb2.LANGUAGE_KO
    )
    created = (await person.call("creating", "InterviewService.CreateInterview", request)).interview
    await consent(person, created.id, Plan(b"", "", "standard", "ko", lambda *_: answers, room))
    start = interview_pb2.StartInterviewRequest(interview_id=created.id, request_id=uuid4().hex)
    await person.call("starting", "InterviewService.StartInterview", start)
    done = Interviewed(created)
    seen = Seen(done, lambda *_: None, waiting_since=time.monotonic())
    async with (
        room.enter(person, created.id, answers) as answer,
        arriving(_only_news(person, created.id)) as news,
    ):
        async for now, each in news:
            if isinstance(each, interview_pb2.QuestionDelta):
                seen.word(each, now)
            elif told := seen.event(each, now):
                await answer(told)
                if len(done.turns) > turns:
                    break
    return done.turns[1:]


async def _only_news(person: Person, interview_id: str) -> Any:
    async for each in person.watch(interview_id, 0):
        if each is not None:
            yield each
