"""An hour of speech, silence, noise and music through one stream, as fast as the engine takes it."""

import asyncio
import gc
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from services.stt.engine import Final, Language, Speech, StreamOptions
from services.stt.engines.ctranslate2.engine import Limits
from services.stt.listening.listener import Tuning
from tests.services.stt.sound import Sentence, music, noise, opened, silence

pytestmark = pytest.mark.model

MINUTES = 60
PIECE_BYTES = 3200
GROWTH_MB = 24


def minute(spoken: list[Sentence], number: int) -> tuple[bytes, list[str]]:
    """Sixty seconds, and what is said in them."""
    said = [spoken[(2 * number + index) % len(spoken)] for index in range(2)]
    around = silence(1) + said[0].pcm + silence(1.5) + said[1].pcm + silence(1.5)
    other = noise(12, seed=number), music(8)
    pcm = around + b"".join(other)
    return pcm + silence(60)[: 60 * 32_000 - len(pcm)], [each.text for each in said]


@pytest.mark.timeout(400)
async def test_an_hour_leaves_memory_flat_and_only_speech_becomes_text(
    korean_whisper: Path, spoken: list[Sentence]
) -> None:
    own = psutil.Process()
    expected: list[str] = []
    heard: list[str] = []
    sizes: list[int] = []
    # Captions are not looked at here, and cost most of the time.
    async with opened(korean_whisper, Limits(streams=1), Tuning(wants_partials=False)) as engine:
        stream = await engine.open_stream(StreamOptions(Speech(Language.KOREAN), patience_ms=3000))

        async def read() -> None:
            async for event in stream.events():
                if isinstance(event, Final) and event.text:
                    heard.append(event.text)

        async with aclosing(stream):
            reading = asyncio.create_task(read())
            for number in range(MINUTES):
                pcm, said = minute(spoken, number)
                expected += said
                for at in range(0, len(pcm), PIECE_BYTES):
                    await stream.push(pcm[at : at + PIECE_BYTES])
                gc.collect()
                sizes.append(own.memory_info().rss)
            await stream.finish()
            await reading
    assert heard == expected
    assert (max(sizes[10:]) - sizes[9]) / 2**20 < GROWTH_MB
