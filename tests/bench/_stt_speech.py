"""What the streams of the bench speak, what was told of it, and what follows from both. Knows no server."""

import random
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from rapidfuzz.distance import Levenshtein

from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.evaluation.errors import Errors, errors_of
from tests.fixtures.whisper_ko.recognise import recogniser
from tests.fixtures.whisper_ko.spoken import AUDIO, MODEL, SpokenAnswers, load, sentences, to_pcm, word_ends

AROUND = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
PAUSES_S = (0.7, 1.3)
LAST_PAUSE_S = 1.5
# The gate may take the end of speech for a little earlier than it is.
GATE_S = 0.25


@dataclass(frozen=True)
class Said:
    """A sentence: seconds of the stream, and `words` as the trained model hears them offline."""

    start_s: float
    words: tuple[str, ...]
    ends_s: tuple[float, ...]


@dataclass(frozen=True)
class Script:
    pcm: bytes
    said: tuple[Said, ...]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / SAMPLE_RATE_HZ

    @property
    def speech_s(self) -> float:
        return sum(each.ends_s[-1] - each.start_s for each in self.said)


def script(number: int, seconds: float, pauses_s: tuple[float, float] = PAUSES_S) -> Script:
    """Sentences of one voice with pauses between, at least so long; the same for the same number."""
    drawn, voice = random.Random(number), SpokenAnswers.voices[number % len(SpokenAnswers.voices)]
    ends, listed = word_ends(voice), sentences()
    pieces, said, at = [np.zeros(0, np.float32)], [], 0.0
    for sentence in drawn.sample(listed, len(listed)):
        pause = drawn.uniform(*pauses_s)
        samples = load(AUDIO / voice / sentence.file)
        start = at + pause
        heard = recogniser(MODEL).cut(np.concatenate([AROUND, samples, AROUND])).split()
        if len(heard) == len(ends[sentence.file]):
            pieces += [np.zeros(round(pause * SAMPLE_RATE_HZ), np.float32), samples]
            said.append(Said(start, tuple(heard), tuple(start + end for end in ends[sentence.file])))
            at = start + len(samples) / SAMPLE_RATE_HZ
        if at >= seconds:
            break
    pieces.append(np.zeros(round(LAST_PAUSE_S * SAMPLE_RATE_HZ), np.float32))
    return Script(to_pcm(np.concatenate(pieces)), tuple(said))


@dataclass
class Told:
    """What one stream told: seconds since its first sample, then the text that stands at that moment."""

    shown: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    committed: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    captions: list[tuple[float, float]] = field(default_factory=list)
    """When a text came, and up to which second of the audio."""
    finals: list[tuple[float, float]] = field(default_factory=list)
    _before: tuple[str, ...] = ()

    def hear_partial(self, at_s: float, committed: str, unstable: str, decoded_s: float) -> None:
        settled = self._before + tuple(committed.split())
        self.shown.append((at_s, settled + tuple(unstable.split())))
        self.committed.append((at_s, settled))
        self.captions.append((at_s, decoded_s))

    def hear_final(self, at_s: float, text: str, end_s: float) -> None:
        self._before += tuple(text.split())
        self.finals.append((at_s, end_s))
        self.shown.append((at_s, self._before))
        self.committed.append((at_s, self._before))
        if text:
            self.captions.append((at_s, end_s))

    @property
    def words(self) -> tuple[str, ...]:
        return self._before


def lags_s(script: Script, told: Told, *, committed: bool = False) -> list[float]:
    """Of each word that came out as offline: from its end to when it stood where it stayed."""
    stood = _stood_since(told.committed if committed else told.shown)
    said = [(word, end) for each in script.said for word, end in zip(each.words, each.ends_s, strict=True)]
    lags = []
    for block in Levenshtein.opcodes([word for word, _ in said], told.words):
        if block.tag == "equal":
            pairs = zip(
                said[block.src_start : block.src_end], stood[block.dest_start : block.dest_end], strict=True
            )
            lags += [since - end for (_, end), since in pairs]
    return lags


def _stood_since(shown: list[tuple[float, tuple[str, ...]]]) -> list[float]:
    """For each word of the last text the moment since when it stood at its place."""
    words: list[str] = []
    since: list[float] = []
    for at_s, text in shown:
        same = next((n for n, (old, new) in enumerate(zip(words, text, strict=False)) if old != new), None)
        kept = min(len(words), len(text)) if same is None else same
        words, since = list(text), since[:kept] + [at_s] * (len(text) - kept)
    return since


def first_captions_s(script: Script, told: Told) -> list[float]:
    """From the start of each sentence to the first text about it."""
    return _firsts([(each.start_s, each.start_s + 0.1) for each in script.said], told.captions)


def finals_s(script: Script, told: Told) -> list[float]:
    """From the end of each sentence to the final that covers it."""
    return _firsts([(each.ends_s[-1], each.ends_s[-1] - GATE_S) for each in script.said], told.finals)


def _firsts(moments: list[tuple[float, float]], came: list[tuple[float, float]]) -> list[float]:
    firsts = ((moment, next((at for at, upto in came if upto >= covers), None)) for moment, covers in moments)
    return [at - moment for moment, at in firsts if at is not None]


def errors(script: Script, told: Told) -> Errors:
    return errors_of(" ".join(chain.from_iterable(each.words for each in script.said)), " ".join(told.words))
