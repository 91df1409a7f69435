"""From a task to a hypothesis: how much context to encode, when to try again, what to believe.

Knows no stream. Called by several threads at once.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from prometheus_client import Counter

from services.stt.engine import SAMPLE_RATE_HZ, Speech, Word
from services.stt.engines.ctranslate2.whisper import FRAMES_PER_S, MAX_FRAMES, Generated, Whisper
from services.stt.listening.audio import Samples
from services.stt.listening.hallucination import (
    LOW_LOG_PROB,
    NO_SPEECH,
    believed,
    loops,
    token_cap,
    without_loop,
)
from services.stt.listening.hypothesis import HeardWord, Hypothesis, Task, Urgency
from services.stt.listening.turns import TurnModel

ENCODES = Counter("viva_stt_encodes", "Stretches of audio that went through the encoder")
RETRIES = Counter("viva_stt_retries", "Decodings that were tried again", ["why"])
WARMER = (0.4, 0.8)
MAX_HOTWORD_TOKENS = 80
MAX_EARLIER_TOKENS = 80
# An alignment's step: two frames of the encoder's input.
STEP_S = 2 / FRAMES_PER_S
MEASURED_TOKENS_PER_S = 6


@dataclass(frozen=True, slots=True)
class Context:
    """Silence that the encoder sees after the speech; None is Whisper's own way, 30 seconds in all.

    A caption is decoded again soon and gets less.
    """

    margin_s: float | None = 2.5
    caption_margin_s: float = 1.0

    def frames(self, content: int, urgency: Urgency) -> int:
        if self.margin_s is None:
            return MAX_FRAMES
        is_caption = urgency is Urgency.PARTIAL
        margin_s = min(self.margin_s, self.caption_margin_s) if is_caption else self.margin_s
        return content + round(margin_s * FRAMES_PER_S)


class Decoder:
    def __init__(
        self, whisper: Whisper, context: Context | None = None, turns: TurnModel | None = None
    ) -> None:
        self._whisper = whisper
        self._context = context or Context()
        self._turns = turns

    def decode(self, task: Task, speech: Speech) -> Hypothesis:
        attempt = _Attempt(self._whisper, self._context, task, speech)
        heard = attempt.generate()
        if task.urgency is not Urgency.PARTIAL:
            heard = attempt.reconsidered(heard)
        hypothesis = believed(attempt.hypothesis(heard))
        if self._turns and task.urgency is Urgency.FINAL:
            return replace(hypothesis, turn_complete=self._turns.completeness(task.samples))
        return hypothesis

    def seconds_for(self, length_s: float, urgency: Urgency = Urgency.FINAL) -> float:
        """What decoding so much speech takes one worker; the faster of two.

        Of a CPU its own seconds: while a whole mesh starts, the clock would count what others do.
        """
        noise = np.random.default_rng(0).standard_normal(int(length_s * SAMPLE_RATE_HZ), np.float32)
        return min(self._timed(noise, length_s, urgency) for _ in range(2))

    def _timed(self, samples: Samples, length_s: float, urgency: Urgency) -> float:
        clock = time.process_time if self._whisper.device == "cpu" else time.perf_counter
        begun = clock()
        features = self._whisper.features(samples)
        encoded = self._whisper.encode(features, self._context.frames(features.shape[1], urgency))
        prompt = self._whisper.prompt(next(iter(self._whisper.languages), None), (), ())
        self._whisper.generate_exactly(encoded, prompt, int(length_s * MEASURED_TOKENS_PER_S))
        return clock() - begun


class _Attempt:
    """One task on its way: the audio is encoded once, and once more when it is widened."""

    def __init__(self, whisper: Whisper, context: Context, task: Task, speech: Speech) -> None:
        self._whisper = whisper
        self._task = task
        self._speech = speech
        self._features = whisper.features(task.samples)
        self._wanted = context.frames(self._features.shape[1], task.urgency)
        self._encoded = self._encode()
        self._language = speech.language or task.language or whisper.detect(self._encoded)

    def _encode(self) -> Any:
        ENCODES.inc()
        return self._whisper.encode(self._features, self._wanted)

    def widen(self) -> bool:
        """To the whole context, which models loop less on; False when it was whole before."""
        if self._wanted >= MAX_FRAMES:
            return False
        RETRIES.labels("context").inc()
        self._wanted = MAX_FRAMES
        self._encoded = self._encode()
        return True

    def generate(self, temperature: float = 0.0) -> Generated:
        prefix = [token for word in self._task.prefix for token in word.tokens]
        prompt = self._whisper.prompt(self._language, prefix, self._before())
        cap = token_cap(len(self._task.samples) / SAMPLE_RATE_HZ) + len(prefix)
        return self._whisper.generate(self._encoded, prompt, cap, temperature)

    def _before(self) -> list[int]:
        """The terms of the résumé, then what was said up to a cut: read in one pass, not said."""
        hotwords = self._whisper.tokens(", ".join(self._speech.hotwords)) if self._speech.hotwords else []
        earlier = self._whisper.tokens(self._task.prompt) if self._task.prompt else []
        return hotwords[:MAX_HOTWORD_TOKENS] + earlier[-MAX_EARLIER_TOKENS:]

    def loops(self, heard: Generated) -> bool:
        return loops(self._whisper.words(heard.tokens))

    def reconsidered(self, heard: Generated) -> Generated:
        """More context if the text loops, then looser guesses; the likeliest that does not loop."""
        if self.loops(heard) and self.widen():
            heard = self.generate()
        tried = [heard]
        for temperature in WARMER:
            if not self._is_doubtful(tried[-1]):
                break
            RETRIES.labels("temperature").inc()
            tried.append(self.generate(temperature))
        return min(tried, key=lambda each: (self.loops(each), -each.avg_log_prob))

    def _is_doubtful(self, heard: Generated) -> bool:
        is_unlikely = heard.avg_log_prob < LOW_LOG_PROB and heard.no_speech <= NO_SPEECH
        return is_unlikely or self.loops(heard)

    def hypothesis(self, heard: Generated) -> Hypothesis:
        words = without_loop(self._whisper.words(heard.tokens))
        wants_times = self._speech.word_timestamps and self._task.urgency is not Urgency.PARTIAL
        times = self._times(words) if words and wants_times else ()
        return Hypothesis(words, heard.avg_log_prob, heard.no_speech, self._language, times)

    def _times(self, words: Sequence[HeardWord]) -> tuple[Word, ...]:
        """By cross-attention, as in Whisper's word timestamps; seconds since the answer began."""
        tokens = [token for word in words for token in word.tokens]
        frames = self._features.shape[1]
        head = self._whisper.head(self._language)
        alignment = self._whisper.align(self._encoded, head, tokens, frames)
        return timed_words(words, alignment, self._task.start / SAMPLE_RATE_HZ)


def timed_words(words: Sequence[HeardWord], alignment: Any, offset_s: float) -> tuple[Word, ...]:
    """`alignment` pairs the index of a text token with a step of the encoder, both rising."""
    first_step: dict[int, int] = {}
    for token, step in alignment.alignments:
        first_step.setdefault(token, step)
    last = alignment.alignments[-1][1] if alignment.alignments else 0
    timed, at = [], 0
    for word in words:
        after = at + len(word.tokens)
        start, end = (offset_s + first_step.get(each, last) * STEP_S for each in (at, after))
        probability = float(np.mean(alignment.text_token_probs[at:after]))
        timed.append(Word(word.text, start, end, probability))
        at = after
    return tuple(timed)
