"""What every voice must do. A subclass gives an engine; nothing here knows which one it is."""

import asyncio
from contextlib import aclosing

import pytest

from services.runtime.errors import ResourceExhausted
from services.tts.engine import Engine, Sound, Utterance

MAX_PIECE = 64 * 1024
TEXT = "첫 문장입니다. 두 번째 문장은 무엇인가요? 마지막입니다."


async def say(engine: Engine, text: str, speed: float = 1.0) -> list[Sound]:
    async with aclosing(engine.synthesize(Utterance(text, engine.voices()[0], speed))) as sounds:
        return [sound async for sound in sounds]


def seconds(sounds: list[Sound]) -> float:
    return sum(len(sound.pcm) / 2 / sound.sample_rate_hz for sound in sounds)


class EngineContract:
    """Subclasses define fixtures `engine`, and `narrow`: an engine that speaks for one caller at a time."""

    async def test_voices_have_ids_of_their_own(self, engine: Engine) -> None:
        ids = [voice.id for voice in engine.voices()]
        assert ids
        assert len(set(ids)) == len(ids)

    async def test_sound_comes_sentence_by_sentence_in_whole_samples(self, engine: Engine) -> None:
        sounds = await say(engine, TEXT)
        indices = [sound.sentence for sound in sounds]
        assert indices == sorted(indices)
        assert sorted(set(indices)) == [0, 1, 2]
        assert all(0 < len(sound.pcm) <= MAX_PIECE and len(sound.pcm) % 2 == 0 for sound in sounds)
        assert len({sound.sample_rate_hz for sound in sounds}) == 1

    async def test_faster_speech_is_shorter(self, engine: Engine) -> None:
        assert seconds(await say(engine, TEXT, speed=2.0)) < seconds(await say(engine, TEXT, speed=0.5))

    async def test_punctuation_alone_is_no_failure(self, engine: Engine) -> None:
        for text in ("…", "?!", "123", "🙂", "ㅋㅋ"):
            await say(engine, text)

    async def test_a_caller_beyond_capacity_is_refused_until_one_ends(self, narrow: Engine) -> None:
        async with aclosing(narrow.synthesize(Utterance(TEXT, narrow.voices()[0]))) as sounds:
            await anext(sounds)
            with pytest.raises(ResourceExhausted) as refusal:
                await anext(narrow.synthesize(Utterance(TEXT, narrow.voices()[0])))
            assert refusal.value.retry_after_s > 0
        assert await say(narrow, TEXT)

    async def test_callers_side_by_side_do_not_mix(self, engine: Engine) -> None:
        texts = ["짧게.", "이 문장은 조금 더 깁니다.", TEXT]
        alone = [seconds(await say(engine, text)) for text in texts]
        together = await asyncio.gather(*(say(engine, text) for text in texts))
        assert [seconds(sounds) for sounds in together] == pytest.approx(alone)

    async def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        await engine.aclose()
        await engine.aclose()
