"""Events from Postgres to JetStream: in order, none lost, refilled when the stream is gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DeliverPolicy

from services.session.adapters.nats import STREAM, JetStreamEvents, connect
from services.session.adapters.postgres.database import Database
from services.session.adapters.relay import Relay
from tests.services.session.spine import until

pytestmark = pytest.mark.integration


@dataclass
class Bench:
    """A database with events, a stream, and relays that are started on both."""

    database: Database
    client: Client
    relays: list[tuple[Relay, asyncio.Task[None]]] = field(default_factory=list)

    async def write(self, interview_id: UUID, *seqs: int) -> None:
        for seq in seqs:
            await self.database.pool.execute(_INSERT, interview_id, seq)
        self.wake()

    def wake(self) -> None:
        for relay, _ in self.relays:
            relay.wake()

    def start(self) -> asyncio.Task[None]:
        relay = Relay(self.database, JetStreamEvents(self.client))
        task = asyncio.create_task(relay.run())
        self.relays.append((relay, task))
        return task

    async def stop(self) -> None:
        for _, task in self.relays:
            task.cancel()
        await asyncio.gather(*(task for _, task in self.relays), return_exceptions=True)
        self.relays.clear()

    async def stored(self) -> int:
        """Messages in the stream."""
        try:
            return int((await self.client.jetstream().stream_info(STREAM)).state.messages)
        except Exception:
            return 0

    async def consumed(self) -> list[tuple[UUID, int]]:
        """Everything in the stream from its beginning, as a consumer gets it."""
        jetstream = self.client.jetstream()
        count = await self.stored()
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
        subscription = await jetstream.subscribe("viva.events.*", ordered_consumer=True, config=config)
        found = [json.loads((await subscription.next_msg(timeout=5)).data) for _ in range(count)]
        await subscription.unsubscribe()
        return [(UUID(each["interview_id"]), each["seq"]) for each in found]


_INSERT = "insert into event (interview_id, seq, type, occurred_at) values ($1, $2, 'question.asked', now())"


@asynccontextmanager
async def benched(database_url: str, nats_url: str) -> AsyncIterator[Bench]:
    database = await Database.connect(database_url, max_size=6)
    client = await connect(nats_url)
    bench = Bench(database, client)
    try:
        yield bench
    finally:
        await bench.stop()
        await client.close()
        await database.close()


@pytest.fixture
async def bench(database_url: str, nats_url: str) -> AsyncIterator[Bench]:
    async with benched(database_url, nats_url) as bench:
        yield bench


def of(interview_id: UUID, consumed: list[tuple[UUID, int]]) -> list[int]:
    return [seq for each, seq in consumed if each == interview_id]


async def test_every_event_is_relayed_once_and_in_order(bench: Bench) -> None:
    one, two = uuid4(), uuid4()
    await bench.write(one, 1, 2, 3)
    bench.start()
    await until(lambda: _has(bench, 3))
    await bench.write(two, 1, 2)
    await bench.write(one, 4)
    await until(lambda: _has(bench, 6))
    consumed = await bench.consumed()
    assert of(one, consumed) == [1, 2, 3, 4]
    assert of(two, consumed) == [1, 2]


async def _has(bench: Bench, messages: int) -> bool:
    return await bench.stored() >= messages


async def test_more_events_than_fit_in_one_batch_are_all_relayed_in_order(bench: Bench) -> None:
    interview_id = uuid4()
    await bench.database.pool.execute(
        "insert into event (interview_id, seq, type, occurred_at)"
        " select $1, seq, 'question.asked', now() from generate_series(1, 1203) seq",
        interview_id,
    )
    bench.start()
    await until(lambda: _has(bench, 1203))
    assert of(interview_id, await bench.consumed()) == list(range(1, 1204))


async def test_a_stream_that_was_deleted_is_refilled_in_order(bench: Bench) -> None:
    interview_id = uuid4()
    await bench.write(interview_id, 1, 2, 3)
    bench.start()
    await until(lambda: _has(bench, 3))
    await bench.client.jetstream().delete_stream(STREAM)
    await bench.write(interview_id, 4)
    await until(lambda: _has(bench, 4))
    assert of(interview_id, await bench.consumed()) == [1, 2, 3, 4]


async def test_a_relay_that_stopped_after_publishing_and_before_noting_it_repeats_nothing(
    bench: Bench,
) -> None:
    interview_id = uuid4()
    await bench.write(interview_id, 1, 2, 3)
    bench.start()
    await until(lambda: _has(bench, 3))
    await bench.stop()
    await bench.database.pool.execute("delete from relay_cursor")
    await bench.write(interview_id, 4)
    bench.start()
    await until(lambda: _has(bench, 4))
    assert of(interview_id, await bench.consumed()) == [1, 2, 3, 4]


async def test_an_event_whose_transaction_ends_late_is_not_skipped(bench: Bench) -> None:
    slow, quick = uuid4(), uuid4()
    bench.start()
    async with bench.database.transaction() as connection:
        await connection.execute(_INSERT, slow, 1)
        await bench.write(quick, 1)
        await asyncio.sleep(0.1)
        assert await bench.stored() == 0, "nothing overtakes an older transaction"
    bench.wake()
    await until(lambda: _has(bench, 2))
    assert sorted(await bench.consumed()) == sorted([(slow, 1), (quick, 1)])


async def test_one_relay_leads_and_another_takes_over(bench: Bench) -> None:
    interview_id = uuid4()
    leading = bench.start()
    await bench.write(interview_id, 1)
    await until(lambda: _has(bench, 1))
    bench.start()
    await bench.write(interview_id, 2)
    await until(lambda: _has(bench, 2))
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    await bench.write(interview_id, 3)
    await until(lambda: _has(bench, 3))
    assert of(interview_id, await bench.consumed()) == [1, 2, 3]
