"""A candidate's microphone and ear, on a real connection of two peers of this process."""

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from deploy.demo.microphone import Ear, Microphone
from deploy.demo.speech import RATE_HZ

pytestmark = pytest.mark.integration


def tone(seconds: float) -> bytes:
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (8000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()


@pytest.fixture
async def line() -> AsyncIterator[tuple[Microphone, Ear]]:
    """What is said into the one is heard by the other."""
    microphone, ear = Microphone(), Ear()
    speaker, hearer = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    listening: list[asyncio.Task[None]] = []
    hearer.on("track", lambda track: listening.append(asyncio.create_task(ear.listen(track))))
    speaker.addTrack(microphone)
    await speaker.setLocalDescription(await speaker.createOffer())
    await hearer.setRemoteDescription(speaker.localDescription)
    await hearer.setLocalDescription(await hearer.createAnswer())
    await speaker.setRemoteDescription(hearer.localDescription)
    yield microphone, ear
    await speaker.close()
    await hearer.close()
    await asyncio.gather(*listening)


async def test_each_utterance_is_heard_as_one_beginning(line: tuple[Microphone, Ear]) -> None:
    microphone, ear = line
    await microphone.say(bytes(RATE_HZ))
    for number in (1, 2):
        began = time.monotonic()
        await microphone.say(tone(0.5))
        assert time.monotonic() - began >= 0.4  # real time, less what was on its way
        await microphone.say(bytes(2 * RATE_HZ))
        assert len(ear.onsets) == number
        assert ear.first_after(began) == ear.onsets[-1]
    assert ear.first_after(ear.last + 1) is None
