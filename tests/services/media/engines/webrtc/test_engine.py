"""The endpoint on aiortc over real sockets of this machine, against an aiortc client."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from services.media.engines.webrtc.engine import WebRtcEngine
from services.runtime.errors import InvalidArgument, NotFound, ResourceExhausted
from tests.services.media.contract import HOST, EngineContract
from tests.services.media.engines.webrtc.browser import (
    RATE_HZ,
    Browser,
    Camera,
    Microphone,
    browsing,
    tone,
)
from tests.services.media.fakes import FakeConversation, FakeConversations
from tests.services.rooms import until

pytestmark = pytest.mark.integration


def share_of(hz: float, samples: np.ndarray, rate_hz: int) -> float:
    """How much of a sound's energy lies within 5 Hz of one pitch."""
    power = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / rate_hz) - hz) <= 5
    return float(power[near].sum() / power.sum())


def pcm(conversation: FakeConversation) -> np.ndarray:
    return np.frombuffer(bytes(conversation.heard), "<i2")


class TestWebRtcEngine(EngineContract):
    @pytest.fixture
    async def narrow(self, conversations: FakeConversations) -> AsyncIterator[WebRtcEngine]:
        engine = WebRtcEngine(conversations, places=1)
        yield engine
        await engine.aclose()

    @pytest.fixture
    async def offer(self) -> AsyncIterator[str]:
        browser = Browser(Microphone(tone(440, 1, RATE_HZ)))
        yield await browser.offer()
        await browser.aclose()


async def test_a_tone_goes_both_ways_without_a_gap(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        conversation = conversations.opened["i1"]
        (peer,) = conversation.peers
        peer.play(tone(660, 1.2, 22_050).tobytes(), 22_050)
        assert peer.playing
        await until(lambda: len(conversation.heard) >= 32_000 * 1.5)
        await until(lambda: not peer.playing)
        heard = pcm(conversation)[8_000:24_000]
        assert share_of(440, heard, 16_000) > 0.99
        spoken = np.flatnonzero(np.abs(browser.heard) > 2_000)
        assert 1.1 * RATE_HZ < spoken[-1] - spoken[0] < 1.3 * RATE_HZ
        assert share_of(660, browser.heard[spoken[0] : spoken[0] + RATE_HZ], RATE_HZ) > 0.99


async def test_what_has_not_gone_out_can_be_stopped(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        (peer,) = conversations.opened["i1"].peers
        peer.play(tone(660, 5, 48_000).tobytes(), 48_000)
        await until(lambda: bool(np.abs(browser.heard).max(initial=0) > 2_000))
        peer.stop_playing()
        await until(lambda: not peer.playing)
        await asyncio.sleep(0.5)
        assert np.abs(browser.heard[-RATE_HZ // 5 :]).max() < 200


async def test_lost_packets_are_heard_as_silence_of_their_length(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    lost = frozenset(range(50, 60))
    microphone = Microphone(tone(440, 1, RATE_HZ), lost)
    async with browsing(partial(engine.negotiate, "i1"), microphone):
        conversation = conversations.opened["i1"]
        await until(lambda: len(conversation.heard) >= 32_000 * 1.7)
    loud = np.abs(pcm(conversation)).reshape(-1, 320).max(axis=1) > 2_000
    pieces = np.flatnonzero(~loud[20:80])
    assert 8 <= len(pieces) <= 12
    assert pieces[-1] - pieces[0] == len(pieces) - 1


async def test_f23_pictures_come_five_times_a_second_and_older_ones_are_dropped(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    camera = Camera(per_second=30, size=(1280, 720))
    async with browsing(partial(engine.negotiate, "i1"), Microphone(tone(440, 1, RATE_HZ)), camera):
        seen = conversations.opened["i1"].seen
        await until(lambda: len(seen) >= 6, 15)
        sent = camera.sent
    moments = [at_ms for _, at_ms in seen]
    assert all(later - earlier >= 150 for earlier, later in pairwise(moments))
    assert sent > 3 * len(seen)
    for jpeg, _ in seen:
        assert jpeg.startswith(b"\xff\xd8")
        assert jpeg.endswith(b"\xff\xd9")
        assert len(jpeg) < 1 << 20


async def test_messages_go_both_ways_and_heartbeats_are_answered_alone(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        conversation = conversations.opened["i1"]
        browser.send({"type": "heartbeat"})
        browser.send({"type": "answer_done", "turn_id": "t1"})
        await until(lambda: bool(conversation.messages))
        conversation.peers[0].tell({"type": "submitted", "turn_id": "t1"})
        await until(lambda: len(browser.messages) == 2)
        assert conversation.messages == [{"type": "answer_done", "turn_id": "t1"}]
        assert browser.messages == [{"type": "heartbeat"}, {"type": "submitted", "turn_id": "t1"}]


async def test_what_is_told_before_the_channel_opens_or_after_it_closed_is_dropped(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        (peer,) = conversations.opened["i1"].peers
        peer.tell({"type": "voice", "text": "x" * 20_000})
        peer.tell({"type": "voice", "state": "none"})
        await until(lambda: bool(browser.messages))
        assert browser.messages == [{"type": "voice", "state": "none"}]
    await until(lambda: engine.status().peers == 0)
    peer.tell({"type": "voice", "state": "none"})
    peer.play(tone(440, 1, 16_000).tobytes(), 16_000)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", "[" * 16_000, '{"type": "' + "x" * 20_000 + '"}', b"\x00\xff", "\x00", "1e999"],
    ids=range(9),
)
async def test_a_message_against_the_contract_is_dropped_and_the_next_one_is_read(
    engine: WebRtcEngine, conversations: FakeConversations, text: str | bytes
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        conversation = conversations.opened["i1"]
        browser.channel.send(text)
        browser.send({"type": "muted", "muted": True})
        await until(lambda: bool(conversation.messages))
        assert conversation.messages == [{"type": "muted", "muted": True}]


async def test_a_flood_of_messages_is_cut_to_fifty_a_second(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        conversation = conversations.opened["i1"]
        for _ in range(1_000):
            browser.send({"type": "muted"})
        await asyncio.sleep(0.5)
        assert 0 < len(conversation.messages) <= 150


async def test_a_second_offer_replaces_the_peer_and_the_conversation_is_told_in_order(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    async with browsing(partial(engine.negotiate, "i1")):
        conversation = conversations.opened["i1"]
        (first,) = conversation.peers
        async with browsing(partial(engine.negotiate, "i1")):
            assert conversation.gone == [first]
            assert len(conversation.peers) == 2
            assert engine.status().peers == 1
    await until(lambda: len(conversation.gone) == 2)
    assert conversation.gone == conversation.peers


async def test_offers_of_one_interview_at_once_leave_one_peer(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    browsers = [Browser(Microphone(tone(440, 1, RATE_HZ))) for _ in range(4)]
    offers = [await browser.offer() for browser in browsers]
    answers = await asyncio.gather(*(engine.negotiate("i1", offer) for offer in offers))
    assert engine.status().peers == 1
    for answer in answers[:-1]:
        with pytest.raises(NotFound):
            await engine.hangup(answer.peer_id)
    await engine.hangup(answers[-1].peer_id)
    await asyncio.gather(*(browser.aclose() for browser in browsers))


async def test_a_browser_that_falls_silent_is_dropped(conversations: FakeConversations) -> None:
    engine = WebRtcEngine(conversations, places=1, heartbeat_s=0.5)
    async with browsing(partial(engine.negotiate, "i1")) as browser:
        conversation = conversations.opened["i1"]
        for _ in range(4):
            await asyncio.sleep(0.2)
            browser.send({"type": "heartbeat"})
        assert not conversation.gone
        await until(lambda: bool(conversation.gone))
        assert engine.status().peers == 0


async def test_an_answer_that_no_browser_takes_up_gives_its_place_back(
    conversations: FakeConversations,
) -> None:
    engine = WebRtcEngine(conversations, places=1, heartbeat_s=0.3)
    browser = Browser(Microphone(tone(440, 1, RATE_HZ)))
    await engine.negotiate("i1", await browser.offer())
    await until(lambda: engine.status().peers == 0)
    conversation = conversations.opened["i1"]
    assert not conversation.peers
    assert not conversation.gone
    await browser.aclose()


async def test_a_refusal_of_the_conversation_is_passed_on_and_takes_no_place(
    engine: WebRtcEngine, conversations: FakeConversations
) -> None:
    browser = Browser(Microphone(tone(440, 1, RATE_HZ)))
    conversations.refusal = NotFound("INTERVIEW_UNKNOWN", "no such interview")
    with pytest.raises(NotFound):
        await engine.negotiate("i1", await browser.offer())
    assert engine.status().peers == 0
    await browser.aclose()


async def test_a_place_too_many_is_refused_with_a_time_to_come_back(
    conversations: FakeConversations,
) -> None:
    engine = WebRtcEngine(conversations, places=1)
    async with browsing(partial(engine.negotiate, "i1")):
        other = Browser(Microphone(tone(440, 1, RATE_HZ)))
        with pytest.raises(ResourceExhausted) as refused:
            await engine.negotiate("i2", await other.offer())
        assert refused.value.reason == "MEDIA_FULL"
        assert refused.value.retry_after_s
        await other.aclose()
    await engine.aclose()


async def test_more_candidates_than_a_browser_can_have_are_refused(engine: WebRtcEngine) -> None:
    browser = Browser(Microphone(tone(440, 1, RATE_HZ)))
    answer = await engine.negotiate("i1", await browser.offer())
    for _ in range(64):
        await engine.add_candidate(answer.peer_id, HOST)
    with pytest.raises(InvalidArgument):
        await engine.add_candidate(answer.peer_id, HOST)
    await browser.aclose()
