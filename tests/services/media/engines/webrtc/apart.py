"""One side of a connection as a process of its own, for tests that put the sides into different networks.

    python -m tests.services.media.engines.webrtc.apart media|browser '{"ports": [a, b], …}'

Descriptions go over standard input and output, a JSON line each; the last line says what was heard.
"""

import asyncio
import json
import sys
from typing import Any

import numpy as np
from aiortc import RTCIceServer

from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop
from services.media.ice import IceServer
from tests.services.media.engines.webrtc.browser import RATE_HZ, Browser, Microphone, tone
from tests.services.media.fakes import FakeConversations


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


async def listen() -> Any:
    return json.loads(await asyncio.to_thread(sys.stdin.readline))


async def media(plan: dict[str, Any]) -> None:
    conversations = FakeConversations()
    servers = [IceServer(*each) for each in plan.get("ice", [])]
    engine = WebRtcEngine(
        conversations, places=1, announce=plan.get("announce", []), ice_servers=lambda: servers
    )
    say((await engine.negotiate("i1", await listen())).sdp)
    conversation = conversations.opened["i1"]
    while len(conversation.heard) < 32_000:
        await asyncio.sleep(0.05)
    samples = np.frombuffer(bytes(conversation.heard[-16_000:]), "<i2").astype(float)
    say(int(np.abs(np.fft.rfft(samples)).argmax() * 2))
    await asyncio.sleep(60)


async def browser(plan: dict[str, Any]) -> None:
    servers = tuple(RTCIceServer(*each) for each in plan.get("ice", []))
    browser = Browser(Microphone(tone(440, 1, RATE_HZ)), ice_servers=servers)
    say(await browser.offer())
    await browser.accept(await listen())
    await browser.opened.wait()
    say("open")
    await asyncio.sleep(60)


if __name__ == "__main__":
    role, plan = {"media": media, "browser": browser}[sys.argv[1]], json.loads(sys.argv[2])
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(*plan["ports"]))) as runner:
        runner.run(role(plan))
