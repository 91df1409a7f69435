"""Speech over a real socket, with the fake voice behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.media.adapters import voices as adapter
from services.media.adapters.voices import GrpcVoices
from services.media.conversation.ports import Language, Sound
from services.runtime.channel import open_channel
from services.runtime.engines import Missing
from services.runtime.errors import FailedPrecondition, Unavailable
from services.tts.config import Settings
from services.tts.engine import Engine
from services.tts.engines.fake import RATE_HZ, FakeEngine
from services.tts.server import build
from tests.services.rooms import TOKEN, listening, until

pytestmark = pytest.mark.integration


@asynccontextmanager
async def voices_of(engine: Engine | Missing) -> AsyncIterator[GrpcVoices]:
    async with (
        listening(build, engine, Settings) as address,
        open_channel([address], token=TOKEN) as channel,
    ):
        yield GrpcVoices(channel)


async def spoken(voices: GrpcVoices, text: str = "어떤 일을 하셨나요?") -> list[Sound]:
    return [each async for each in voices.speak(text, Language.KOREAN)]


async def test_a_sentence_comes_back_as_sound() -> None:
    async with voices_of(FakeEngine()) as voices:
        sounds = await spoken(voices)
    assert {each.rate_hz for each in sounds} == {RATE_HZ}
    assert sum(len(each.pcm) for each in sounds) > 0


async def test_speech_that_nobody_waits_for_is_not_made_to_its_end() -> None:
    engine = FakeEngine(sentence_s=0.01)
    async with voices_of(engine) as voices:
        speaking = voices.speak("하나. " * 100, Language.KOREAN)
        await anext(speaking)
        await speaking.aclose()
        await until(lambda: engine.running == 0)
    assert engine.made < 100


async def test_a_voice_that_is_not_installed_is_told_from_a_lost_one() -> None:
    async with voices_of(Missing("tts", "TTS_VOICE_MISSING", "no voice", "viva models pull")) as voices:
        with pytest.raises(FailedPrecondition):
            await spoken(voices)
    with pytest.raises(FailedPrecondition) as refused:
        await spoken(GrpcVoices(None))
    assert refused.value.remedy == "set VIVA_TTS_ADDRESSES to its host:port"


async def test_f21_a_voice_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PIECE_S", 0.1)
    engine = FakeEngine(sentence_s=30)
    async with voices_of(engine) as voices:
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable) as lost:
                await spoken(voices)
        await until(lambda: engine.running == 0)
    assert lost.value.reason == "TTS_HANGS"
