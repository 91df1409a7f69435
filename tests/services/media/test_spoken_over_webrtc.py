"""An answer from a microphone through WebRTC, Opus and the trained model into a session."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from services.media.engines.webrtc.engine import WebRtcEngine
from services.stt.config import Settings as SttSettings
from services.stt.engines.ctranslate2.engine import Limits
from services.stt.server import build as build_stt
from services.tts.config import Settings as TtsSettings
from services.tts.engines.fake import FakeEngine as FakeTts
from services.tts.server import build as build_tts
from tests.fixtures.whisper_ko.spoken import SpokenAnswers
from tests.services.media.engines.webrtc.browser import Camera, Microphone, browsing
from tests.services.media.spoken import Room, room
from tests.services.rooms import listening
from tests.services.session.spine import Spine, until
from tests.services.stt.sound import opened, silence

pytestmark = pytest.mark.model


@pytest.fixture
async def spoken(spine: Spine, korean_whisper: Path) -> AsyncIterator[Room]:
    async with (
        opened(korean_whisper, Limits(streams=8)) as engine,
        listening(build_stt, engine, SttSettings) as stt,
        listening(build_tts, FakeTts(), TtsSettings) as tts,
        room(spine, stt_addresses=(stt,), tts_addresses=(tts,)) as spoken,
    ):
        yield spoken


def at_48_khz(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2").repeat(3)


async def test_an_answer_is_heard_over_webrtc_and_the_question_before_it(
    spoken: Room, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    await spoken.candidate.asked(interview_id, 1)
    answer = spoken_answers.of("introduction")
    speaks = Microphone(at_48_khz(silence(2) + answer.pcm() + silence(120)))
    engine = WebRtcEngine(spoken.conversations, places=2)
    try:
        async with browsing(lambda offer: engine.negotiate(interview_id, offer), speaks, Camera()) as browser:
            turn = await spoken.answered(interview_id, 1)
            told = {each["type"] for each in browser.messages}
            await until(lambda: np.abs(browser.heard).max() > 1000)
    finally:
        await engine.aclose()
    assert turn.answer.text == answer.text
    assert {"listening", "voice", "caption", "segment", "submitted"} <= told
