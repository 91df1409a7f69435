"""Speech, silence, noise and music for tests, and engines that hear them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.engines.ctranslate2.engine import Limits, WhisperEngine
from services.stt.engines.ctranslate2.whisper import ModelOptions
from services.stt.listening.audio import Samples
from services.stt.listening.listener import Tuning
from tests.fixtures.whisper_ko.spoken import AUDIO, SpokenAnswers, load, to_pcm


@dataclass(frozen=True)
class Sentence:
    text: str
    pcm: bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / SAMPLE_RATE_HZ


def sentences(voice: str = SpokenAnswers.voices[0]) -> list[Sentence]:
    """What the trained model understands word for word, each in a recording of its own."""
    return [
        Sentence(each.text, to_pcm(load(AUDIO / voice / each.file)))
        for answer in SpokenAnswers().all(voice)
        for each in answer.sentences
    ]


def silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * SAMPLE_RATE_HZ))


def noise(seconds: float, level: float = 0.02, seed: int = 0) -> bytes:
    return pcm16(
        np.random.default_rng(seed).standard_normal(int(seconds * SAMPLE_RATE_HZ), np.float32) * level
    )


def music(seconds: float) -> bytes:
    """Chords that change twice a second."""
    at = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    roots = 220 * 2 ** (np.array([0, 5, 7, 3])[(at * 2).astype(int) % 4] / 12)
    chord = sum(np.sin(2 * np.pi * roots * ratio * at) for ratio in (1.0, 1.26, 1.5))
    return pcm16((0.1 * np.asarray(chord)).astype(np.float32))


def pcm16(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


@asynccontextmanager
async def opened(
    folder: Path, limits: Limits | None = None, tuning: Tuning | None = None
) -> AsyncIterator[WhisperEngine]:
    engine = WhisperEngine(ModelOptions(folder, device="cpu"), limits=limits, tuning=tuning)
    try:
        yield engine
    finally:
        await engine.aclose()
