"""The two servers of a local mesh, as tests and the runner use them."""

from pathlib import Path

import nats
import psycopg
import pytest

pytestmark = pytest.mark.integration


def test_a_fresh_database_has_vectors(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'::vector").fetchone()
    assert found == (2.0,)


def test_two_tests_never_share_a_database(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT to_regclass('left_behind')").fetchone()
        connection.execute("CREATE TABLE left_behind (id int)")
    assert found == (None,)


test_two_tests_never_share_a_database_the_second_time = test_two_tests_never_share_a_database


async def test_a_stream_does_not_outlive_its_test(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    assert await jetstream.streams_info() == []
    await jetstream.add_stream(name="left", subjects=["left.>"])
    await client.close()


test_a_stream_does_not_outlive_its_test_the_second_time = test_a_stream_does_not_outlive_its_test


def test_assets_hold_speech(test_assets: Path) -> None:
    assert list((test_assets / "assets").rglob("*.wav"))
