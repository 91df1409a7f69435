"""JetStream is wiped: it is filled again from the database, and interviews do not notice."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.chaos.checks import Database, birth_of_stream, check_stream
from tests.chaos.rig import Edge, Rig

pytestmark = pytest.mark.chaos


async def test_a_wiped_stream_is_filled_again_while_people_are_interviewed(rig: Rig) -> None:
    rig.wait_serving()
    orders, first_stream = rig.people.candidate(), await birth_of_stream(rig.nats_url)
    before, during = f"before-{uuid4().hex[:6]}", f"during-{uuid4().hex[:6]}"
    for key, wiped_at in ((before, ""), (during, "answer.accepted")):
        edge = Edge(replace(orders, interviews=(key,)))
        edge.start()
        if wiped_at:
            assert edge.wait_for(wiped_at, 0, 30)
            rig.wipe_jetstream()
        assert edge.wait_for("done", 0, 60)
        edge.end()
        assert not edge.all_of("fault")
    database = await Database.connect(rig.dsn)
    try:
        for key in (before, during):
            await database.check_interview(key, [])
        stored = await database.events(await database.all_interviews())
    finally:
        await database.close()
    assert len(stored) >= 2
    await check_stream(rig.nats_url, stored)
    assert await birth_of_stream(rig.nats_url) != first_stream


async def test_a_stream_wiped_while_nothing_happens_is_filled_again_too(rig: Rig) -> None:
    rig.wait_serving()
    first_stream = await birth_of_stream(rig.nats_url)
    rig.wipe_jetstream()
    database = await Database.connect(rig.dsn)
    try:
        stored = await database.events(await database.all_interviews())
    finally:
        await database.close()
    assert stored
    await check_stream(rig.nats_url, stored)
    assert await birth_of_stream(rig.nats_url) != first_stream
