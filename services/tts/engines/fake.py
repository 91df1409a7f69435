"""A voice for tests: each sentence is a tone as long as its text, so that a test can tell them apart.

Nothing in the product names this module.
"""

import array
import asyncio
import math
from collections.abc import AsyncGenerator

from services.runtime.capability import Capability, State
from services.runtime.errors import ResourceExhausted
from services.tts.engine import Language, Sound, Status, Utterance, Voice
from services.tts.sentences import sentences

RATE_HZ = 16_000
SECONDS_PER_CHARACTER = 0.01
MIN_SAMPLES = 160


class FakeEngine:
    """Speaks for at most `places` callers; `sentence_s` passes per sentence."""

    def __init__(self, *, places: int = 8, sentence_s: float = 0.0) -> None:
        self.places = places
        self.sentence_s = sentence_s
        self.running = 0
        self.made = 0

    def status(self) -> Status:
        return Status(
            Capability(
                name="tts", state=State.READY, engine="fake", model="tone", device="cpu", detail="tones"
            )
        )

    def voices(self) -> tuple[Voice, ...]:
        return (
            Voice("tone-ko", Language.KOREAN, "a tone"),
            Voice("tone-ko-2", Language.KOREAN, "another tone"),
            Voice("tone-en", Language.ENGLISH, "a tone"),
        )

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[Sound, None]:
        if self.running >= self.places:
            raise ResourceExhausted("TTS_BUSY", "every place is taken", retry_after_s=0.05)
        self.running += 1
        try:
            for index, sentence in enumerate(sentences(utterance.text)):
                await asyncio.sleep(self.sentence_s)
                self.made += 1
                yield Sound(tone(len(sentence), utterance.speed), RATE_HZ, index)
        finally:
            self.running -= 1

    async def aclose(self) -> None:
        pass


def tone(characters: int, speed: float) -> bytes:
    samples = max(MIN_SAMPLES, min(32_000, int(characters * SECONDS_PER_CHARACTER * RATE_HZ / speed)))
    return array.array("h", (int(8000 * math.sin(i * 0.17)) for i in range(samples))).tobytes()
