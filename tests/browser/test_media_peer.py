"""The distribution's Chromium, with a camera and a microphone, connected to the endpoint by WebRTC."""

import asyncio
import threading
import time
import wave
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from services.media.config import Settings
from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop
from services.media.ice import ice_servers
from tests.browser.conftest import Launch
from tests.services.media.engines.webrtc.browser import tone
from tests.services.media.engines.webrtc.relay import SECRET, turn_server
from tests.services.media.fakes import FakeConversation, FakeConversations

pytestmark = pytest.mark.browser

TURN_PORT = 47_420
PAGE = "http://localhost:9/"
OFFER = """async (configuration) => {
  window.messages = [];
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: { width: 640, height: 480, frameRate: 10 },
  });
  window.pc = new RTCPeerConnection(configuration);
  for (const track of stream.getTracks())
    pc.addTransceiver(track, { direction: track.kind === "video" ? "sendonly" : "sendrecv" });
  pc.ontrack = ({ track }) => {
    const audio = new AudioContext();
    window.ear = audio.createAnalyser();
    window.player = new Audio();
    player.srcObject = new MediaStream([track]);
    audio.createMediaStreamSource(player.srcObject).connect(ear);
    audio.resume();
  };
  window.channel = pc.createDataChannel("viva");
  channel.onmessage = ({ data }) => messages.push(JSON.parse(data));
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  return pc.localDescription.sdp;
}"""
LOUDEST = """() => {
  const heard = new Float32Array(ear.fftSize);
  ear.getFloatTimeDomainData(heard);
  return Math.max(...heard.map(Math.abs));
}"""


class Endpoint:
    """The engine on its own loop in its own thread: Playwright has this one."""

    def __init__(self) -> None:
        self._loop = PortRangeLoop(range(47_400, 47_410))
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.conversations = FakeConversations()
        self.engine: WebRtcEngine = self.call(self._made())

    async def _made(self) -> WebRtcEngine:
        return WebRtcEngine(self.conversations, places=2)

    def call(self, work: Awaitable[Any]) -> Any:
        async def run() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def soon(self, work: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(work, *arguments)

    def close(self) -> None:
        self.call(self.engine.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


def waited(condition: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def connect(page: Page, endpoint: Endpoint, **configuration: Any) -> None:
    page.route(PAGE, lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(PAGE)
    answer = endpoint.call(endpoint.engine.negotiate("i1", page.evaluate(OFFER, configuration)))
    page.evaluate("sdp => pc.setRemoteDescription({ type: 'answer', sdp })", answer.sdp)
    page.wait_for_function("channel.readyState === 'open'", timeout=15_000)


def test_f24_chromium_speaks_is_seen_hears_and_is_told_over_one_port_of_the_range(
    launch: Launch, endpoint: Endpoint, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "voice.wav"), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes(tone(440, 10, 48_000).tobytes())
    browser = launch(
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        f"--use-file-for-fake-audio-capture={tmp_path / 'voice.wav'}",
    )
    page = browser.new_page()
    connect(page, endpoint)
    conversation: FakeConversation = endpoint.conversations.opened["i1"]
    waited(lambda: len(conversation.heard) > 32_000 * 3 and len(conversation.seen) > 3)

    spectrum = np.abs(np.fft.rfft(np.frombuffer(bytes(conversation.heard[-32_000:]), "<i2").astype(float)))
    assert int(spectrum.argmax()) == pytest.approx(440, abs=2)
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg, _ in conversation.seen)

    (peer,) = conversation.peers
    endpoint.soon(peer.play, tone(660, 5, 22_050).tobytes(), 22_050)
    page.wait_for_function(f"({LOUDEST})() > 0.2", timeout=15_000)
    endpoint.soon(peer.tell, {"type": "caption", "committed": "안녕하세요"})
    page.evaluate("channel.send(JSON.stringify({ type: 'answer_done', turn_id: 't1' }))")
    page.wait_for_function("messages.length === 1")
    assert page.evaluate("messages") == [{"type": "caption", "committed": "안녕하세요"}]
    waited(lambda: conversation.messages == [{"type": "answer_done", "turn_id": "t1"}])
    ports = page.evaluate(
        """async () => [...(await pc.getStats()).values()]
          .filter((each) => each.type === "remote-candidate").map((each) => each.port)"""
    )
    assert set(ports) <= set(range(47_400, 47_410))

    page.evaluate("pc.close()")
    waited(lambda: conversation.gone == [peer])
    browser.close()


def test_chromium_that_may_use_nothing_but_a_turn_relay_gets_in_by_a_passing_password(
    launch: Launch, endpoint: Endpoint, tmp_path: Path
) -> None:
    settings = Settings(ice_servers=f"turn:127.0.0.1:{TURN_PORT}", turn_secret=SECRET)
    (relay,) = ice_servers(settings, time.time())
    with turn_server(tmp_path, "127.0.0.1", port=TURN_PORT, more=("--allow-loopback-peers",)):
        browser = launch("--use-fake-ui-for-media-stream")
        page = browser.new_page()
        servers = [{"urls": relay.url, "username": relay.username, "credential": relay.credential}]
        connect(page, endpoint, iceServers=servers, iceTransportPolicy="relay")
        waited(lambda: len(endpoint.conversations.opened["i1"].heard) > 32_000)
        browser.close()
