"""A decoder that is too slow for its streams: what is skipped, and what never is."""

import asyncio
import time

import numpy as np
import pytest

from services.stt.engine import Final, Partial, Speech
from services.stt.engines.ctranslate2.scheduler import Scheduler
from services.stt.engines.ctranslate2.stream import LiveStream
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency
from services.stt.listening.listener import Listener
from tests.services.stt.contract import read
from tests.services.stt.listening.script import OPTIONS, counted, quiet, spoken, voice

pytestmark = pytest.mark.unit


async def test_f19_late_streams_skip_partials_and_never_finals() -> None:
    def slowly(task: Task, speech: Speech) -> Hypothesis:
        time.sleep(0.05)
        return counted(task)

    scheduler = Scheduler(slowly, workers=1)
    said = (spoken(3) + quiet(1)) * 2
    streams = [
        LiveStream(Listener(OPTIONS, voice), scheduler, Speech(), lambda stream: None) for _ in range(4)
    ]
    reading = [asyncio.create_task(read(stream)) for stream in streams]
    for at in range(0, len(said), 16_000):
        for stream in streams:
            await stream.push(said[at : at + 16_000])
        await asyncio.sleep(0.02)
    for stream in streams:
        await stream.finish()
    for events in await asyncio.wait_for(asyncio.gather(*reading), 30):
        assert [event.text.split()[0] for event in events if isinstance(event, Final)] == ["말0", "말0"]
        in_time = 2 * 3 / 0.5
        assert len([event for event in events if isinstance(event, Partial)]) < in_time
    await scheduler.aclose()


class Asker:
    """Asks one thing, once."""

    speech = Speech()

    def __init__(self, urgency: Urgency) -> None:
        self.urgency: Urgency | None = urgency
        self.answered = asyncio.Event()

    def next_task(self) -> Task:
        assert self.urgency is not None
        task, self.urgency = Task(self.urgency, 1, 0, 0, np.zeros(0, np.float32)), None
        return task

    def deliver(self, answer: object) -> None:
        self.answered.set()

    @property
    def is_served(self) -> bool:
        return self.urgency is None


async def test_after_a_caption_there_is_room_for_finals_first_and_then_for_the_next() -> None:
    def slowly(task: Task, speech: Speech) -> Hypothesis:
        time.sleep(0.1)
        return Hypothesis()

    scheduler = Scheduler(slowly, workers=1)
    first, second, final = Asker(Urgency.PARTIAL), Asker(Urgency.PARTIAL), Asker(Urgency.FINAL)
    scheduler.offer(first)
    await first.answered.wait()
    scheduler.offer(second)
    assert not second.is_served
    scheduler.offer(final)
    assert final.is_served
    await asyncio.wait_for(asyncio.gather(final.answered.wait(), second.answered.wait()), 30)
    await scheduler.aclose()
