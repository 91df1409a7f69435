"""How many streams a model follows in real time, from what decoding takes. Knows no model."""

from collections.abc import Callable

from services.stt.engines.ctranslate2.scheduler import BUSY
from services.stt.listening.hypothesis import Urgency
from services.stt.listening.listener import Tuning

SecondsFor = Callable[[float, Urgency], float]
"""What one decoding of so many seconds takes a worker."""

UTTERANCE_S = 6.0
SHORT_S = 2.0
# Receiving audio and gating it, on the one loop of a process: measured, see ADR 0018.
LOOP_S_PER_S = 0.02
MOST = 100


def streams_in_real_time(seconds_for: SecondsFor, workers: int, tuning: Tuning) -> int:
    """Everybody speaks all the time in utterances of six seconds, and captions are as rare as they may be."""
    return max(1, min(MOST, int(BUSY * workers / (load_per_s(seconds_for, tuning) + LOOP_S_PER_S))))


def load_per_s(seconds_for: SecondsFor, tuning: Tuning) -> float:
    """Seconds of a worker for a second of speech: a partial every so often, then a final."""
    short, long = (seconds_for(length, Urgency.PARTIAL) for length in (SHORT_S, UTTERANCE_S))
    per_s = max(0.0, long - short) / (UTTERANCE_S - SHORT_S)
    every_s = max(tuning.partial_every_s, tuning.partial_at_least_every_s)
    lengths = [step * every_s for step in range(1, int(UTTERANCE_S / every_s))]
    partials = sum(max(0.0, short + per_s * (length - SHORT_S)) for length in lengths)
    return (partials + seconds_for(UTTERANCE_S, Urgency.FINAL)) / UTTERANCE_S
