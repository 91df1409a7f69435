"""A Whisper that says what a test tells it to, and remembers what it was asked."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from services.stt.engine import Language
from services.stt.engines.ctranslate2.whisper import Generated
from services.stt.listening.audio import Samples
from services.stt.listening.hypothesis import HeardWord, Task, Urgency

FRAME = 160


def generated(text: str, avg_log_prob: float = -0.1, no_speech: float = 0.0) -> Generated:
    """A token is a whole word: its number in `ScriptedWhisper.vocabulary`."""
    return Generated(tuple(VOCABULARY.number(word) for word in text.split()), avg_log_prob, no_speech)


class Vocabulary:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, word: str) -> int:
        if word not in self.texts:
            self.texts.append(word)
        return self.texts.index(word)


VOCABULARY = Vocabulary()


def said(text: str) -> tuple[HeardWord, ...]:
    return tuple(HeardWord(word, (VOCABULARY.number(word),)) for word in text.split())


def task(seconds: float = 3.0, urgency: Urgency = Urgency.PARTIAL, **other: Any) -> Task:
    samples: Samples = np.zeros(int(seconds * 16_000), np.float32)
    return Task(urgency, 1, 0, len(samples), samples, **other)


@dataclass
class ScriptedWhisper:
    """`answers` are given in turn, the last for ever."""

    answers: list[Generated]
    detected: Language | None = Language.KOREAN
    languages: frozenset[Language] = frozenset(Language)
    device: str = "cpu"
    encoded: list[int] = field(default_factory=list)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    caps: list[int] = field(default_factory=list)
    temperatures: list[float] = field(default_factory=list)
    detections: int = 0
    steps_per_token: int = 10

    def features(self, samples: Samples) -> Samples:
        return np.zeros((80, len(samples) // FRAME), np.float32)

    def encode(self, features: Samples, frames: int) -> str:
        self.encoded.append(frames)
        return f"encoded {frames}"

    def detect(self, encoded: Any) -> Language | None:
        self.detections += 1
        return self.detected

    def prompt(self, language: Language | None, prefix: list[int], before: list[int]) -> tuple[int, ...]:
        self.prompts.append({"language": language, "prefix": prefix, "before": before})
        return ()

    def generate(self, encoded: Any, prompt: Any, cap: int, temperature: float = 0.0) -> Generated:
        self.caps.append(cap)
        self.temperatures.append(temperature)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def words(self, tokens: tuple[int, ...]) -> tuple[HeardWord, ...]:
        return tuple(HeardWord(VOCABULARY.texts[token], (token,)) for token in tokens)

    def tokens(self, text: str) -> list[int]:
        return [VOCABULARY.number(word) for word in text.replace(",", " ").split()]

    def head(self, language: Language | None) -> tuple[int, ...]:
        return ()

    def align(self, encoded: Any, head: Any, tokens: list[int], frames: int) -> Any:
        pairs = [(index, index * self.steps_per_token) for index in range(len(tokens) + 1)]
        return SimpleNamespace(alignments=pairs, text_token_probs=[0.5] * len(tokens))
