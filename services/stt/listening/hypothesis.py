"""What a decoder is asked and what it answers. Knows no decoder."""

from dataclasses import dataclass
from enum import IntEnum

from services.stt.engine import Language, Word
from services.stt.listening.audio import Samples


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word between spaces (in Korean an eojeol), with the tokens that spell it."""

    text: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a stretch of audio says. `times` is empty unless asked for; `turn_complete` is a probability."""

    words: tuple[HeardWord, ...] = ()
    avg_log_prob: float = 0.0
    no_speech: float = 0.0
    language: Language | None = None
    times: tuple[Word, ...] = ()
    turn_complete: float | None = None

    @property
    def text(self) -> str:
        return text_of(self.words)


class Urgency(IntEnum):
    """Lower goes first."""

    FINAL = 0
    PARTIAL = 1
    RECORDING = 2


@dataclass(frozen=True, slots=True)
class Task:
    """Audio [start, end) of utterance `number`; the answer begins with `prefix`; `prompt` was said before."""

    urgency: Urgency
    number: int
    start: int
    end: int
    samples: Samples
    prefix: tuple[HeardWord, ...] = ()
    prompt: str = ""
    language: Language | None = None


def text_of(words: tuple[HeardWord, ...]) -> str:
    return " ".join(word.text for word in words)
