"""What becomes of a session process whose work has come to an end."""

import asyncio
import signal

import pytest

from services.session.server import stop_unless_cancelled

pytestmark = pytest.mark.unit


async def _ended(task: asyncio.Task[None]) -> list[int]:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        task.add_done_callback(stop_unless_cancelled)
        await asyncio.wait([task])
        await asyncio.sleep(0)
    finally:
        signal.signal(signal.SIGTERM, before)
    return heard


async def test_a_session_whose_workers_died_stops_so_that_it_is_started_anew():
    async def die() -> None:
        raise RuntimeError("a mistake of ours")

    assert await _ended(asyncio.create_task(die())) == [signal.SIGTERM]


async def test_a_session_that_is_being_stopped_is_not_told_again():
    task = asyncio.create_task(asyncio.sleep(30))
    asyncio.get_running_loop().call_soon(task.cancel)
    assert await _ended(task) == []
