"""The port of a voice: text in, sound out, sentence by sentence.

Knows nothing of gRPC, protos, weights or any synthesiser.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from services.runtime.capability import Capability


class Language(Enum):
    KOREAN = "ko"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Voice:
    id: str
    language: Language
    description: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """1 to 1000 characters for one of the engine's voices; speed 0.5 to 2.0."""

    text: str
    voice: Voice
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Little-endian signed 16-bit mono PCM, at most 64 KiB, of the sentence with this index."""

    pcm: bytes
    sample_rate_hz: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Status:
    capability: Capability


class Engine(Protocol):
    """One or more voices that speak for many callers."""

    def status(self) -> Status:
        """Facts of this moment; never waits."""
        ...

    def voices(self) -> tuple[Voice, ...]:
        """Every voice installed; the first of a language is its default."""
        ...

    def synthesize(self, utterance: Utterance) -> AsyncGenerator[Sound, None]:
        """Yields sound in order while later sentences are still being made. Closing it stops the work.

        Raises ResourceExhausted before the first piece when too many speak.
        """
        ...

    async def aclose(self) -> None:
        """Ends running speech and frees the model. Safe to repeat."""
        ...
