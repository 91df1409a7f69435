"""One contract for messages between processes, in memory and over NATS; and NATS with strange messages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.adapters.memory.live import MemoryLive
from services.session.adapters.nats import (
    BUFFERED,
    LIVE_SUBJECT,
    WORK_SUBJECT,
    NatsLive,
    connect,
    decode,
    encode,
)
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.set_aside import PostgresSetAside
from services.session.app.ports import Live, NewEvents, QuestionDelta
from tests.services.session.spine import counted, until

HERE, ELSEWHERE = uuid4(), uuid4()
TURN = uuid4()


def delta(index: int, interview_id: UUID = HERE) -> QuestionDelta:
    return QuestionDelta(interview_id, TURN, 1, index, f"낱말 {index} ")


@asynccontextmanager
async def heard(live: Live) -> AsyncIterator[list[object]]:
    """What a listener hears of HERE."""
    messages: list[object] = []

    async def collect(incoming: AsyncIterator[object]) -> None:
        async for message in incoming:
            messages.append(message)

    async with live.listen(HERE) as incoming:  # from here on nothing is missed
        task = asyncio.create_task(collect(incoming))
        try:
            yield messages
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class LiveContract:
    """Subclasses give `live`, and `far`: the same from another process's point of view."""

    async def test_messages_of_an_interview_reach_its_listeners_in_order(self, live: Live, far: Live) -> None:
        sent = [delta(0), delta(1), NewEvents(HERE, 7), delta(2)]
        async with heard(live) as one, heard(far) as two:
            for message in sent:
                await far.announce(message)
            await until(lambda: one[-1:] == two[-1:] == sent[-1:])
            assert [each for each in one if each in sent] == sent
            assert [each for each in two if each in sent] == sent

    async def test_messages_of_other_interviews_do_not(self, live: Live, far: Live) -> None:
        async with heard(live) as messages:
            await far.announce(delta(0, ELSEWHERE))
            await far.announce(delta(1))
            await until(lambda: messages)
            assert messages == [delta(1)]

    async def test_who_begins_to_listen_hears_all_that_is_announced_from_then_on(
        self, live: Live, far: Live
    ) -> None:
        for index in range(20):
            async with heard(live) as messages:
                await far.announce(delta(index))
                await until(lambda index=index, messages=messages: delta(index) in messages)  # type: ignore[misc]

    async def test_a_slow_listener_loses_the_oldest(self, live: Live, far: Live) -> None:
        async with live.listen(HERE) as incoming:
            last = BUFFERED + 50
            for seq in range(1, last + 1):
                await far.announce(NewEvents(HERE, seq))
            await self.delivered(live)
            seqs = [(await anext(incoming)).seq for _ in range(BUFFERED)]  # type: ignore[union-attr]
            assert seqs == list(range(last - BUFFERED + 1, last + 1))

    async def delivered(self, live: Live) -> None:
        """Everything announced so far has arrived."""


@pytest.mark.unit
class TestMemory(LiveContract):
    @pytest.fixture
    def live(self) -> MemoryLive:
        return MemoryLive(BUFFERED)

    @pytest.fixture
    def far(self, live: MemoryLive) -> MemoryLive:
        return live


@asynccontextmanager
async def over_nats(url: str, aside: list[tuple[str, str]]) -> AsyncIterator[NatsLive]:
    client = await connect(url)
    live = NatsLive(client, lambda source, type_, reason, payload: aside.append((type_, reason)))
    await live.start()
    try:
        yield live
    finally:
        await client.close()


@pytest.mark.integration
class TestNats(LiveContract):
    @pytest.fixture
    async def live(self, nats_url: str) -> AsyncIterator[NatsLive]:
        async with over_nats(nats_url, []) as live:
            yield live

    @pytest.fixture
    async def far(self, nats_url: str) -> AsyncIterator[NatsLive]:
        async with over_nats(nats_url, []) as live:
            yield live

    async def delivered(self, live: Live) -> None:
        """A message of one's own, sent last, has come back by then."""
        async with live.listen(ELSEWHERE) as incoming:
            hearing = asyncio.create_task(anext(incoming))  # type: ignore[arg-type]
            while not hearing.done():
                await live.announce(NewEvents(ELSEWHERE, 1))
                await asyncio.wait([hearing], timeout=0.02)
        await asyncio.sleep(0.1)

    async def test_workers_are_woken_here_at_once_and_elsewhere_soon(
        self, live: NatsLive, far: NatsLive
    ) -> None:
        here, there = asyncio.Event(), asyncio.Event()
        live.on_work(here.set)
        far.on_work(there.set)
        await live.wake_workers()
        assert here.is_set()
        async with asyncio.timeout(5):
            await there.wait()

    async def test_f10_a_message_of_an_unknown_type_is_kept_aside_and_the_listener_lives(
        self, nats_url: str, database_url: str
    ) -> None:
        database = await Database.connect(database_url, max_size=2)
        client = await connect(nats_url)
        live = NatsLive(client, PostgresSetAside(database))
        await live.start()
        woken = asyncio.Event()
        live.on_work(woken.set)
        before = counted("viva_session_set_aside", source="nats")
        renamed = json.dumps({"type": "question.piece.v0", "words": "오래된 낱말"}).encode()
        async with heard(live) as messages:
            for payload in (renamed, b"\xff\xfe", b"[" * 5000, b'{"type": "events", "seq": Infinity}'):
                await client.publish(f"{LIVE_SUBJECT}.{HERE}", payload)
            await client.publish(WORK_SUBJECT, b'{"queue": "questions_v0"}')
            await live.announce(delta(3))
            await until(lambda: delta(3) in messages)
            assert messages == [delta(3)]
            async with asyncio.timeout(5):
                await woken.wait()

        async def kept() -> bool:
            return int(await database.pool.fetchval("select count(*) from set_aside")) == 5

        await until(kept)
        rows = await database.pool.fetch("select source, type, payload from set_aside")
        assert {row["source"] for row in rows} == {"nats"}
        assert renamed in {bytes(row["payload"]) for row in rows}
        assert counted("viva_session_set_aside", source="nats") == before + 5
        await client.close()
        await database.close()


@pytest.mark.unit
@given(
    st.binary() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_f10_whatever_comes_is_a_message_or_is_refused_as_one(data: bytes) -> None:
    try:
        message = decode(HERE, data)
    except ValueError:
        return
    assert decode(HERE, encode(message)) == message


@pytest.mark.unit
@given(
    st.dictionaries(
        st.sampled_from(["type", "seq", "turn_id", "generation", "index", "text", "new"]),
        st.sampled_from(["events", "question.delta", str(TURN)])
        | st.none()
        | st.integers()
        | st.floats()
        | st.lists(st.text()),
    )
)
def test_f10_a_message_with_any_values_is_one_or_is_refused_as_one(body: dict[str, object]) -> None:
    try:
        message = decode(HERE, json.dumps(body).encode())
    except ValueError:
        return
    assert decode(HERE, encode(message)) == message


@pytest.mark.unit
def test_fields_of_a_newer_release_are_ignored() -> None:
    body = json.loads(encode(delta(1))) | {"colour": "blue"}
    assert decode(HERE, json.dumps(body).encode()) == delta(1)
