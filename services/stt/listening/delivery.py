"""How an utterance was spoken, from its windows and its text. Knows no model."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from services.stt.engine import SAMPLE_RATE_HZ, Metrics
from services.stt.listening.gate import WINDOW, is_voiced
from services.stt.listening.phrases import fillers_in

WINDOW_S = WINDOW / SAMPLE_RATE_HZ
SHORTEST_PAUSE_S = 0.3
QUIETEST_DBFS = -96.0
_HANGUL = re.compile(r"[가-힣]")
_DIGITS = re.compile(r"\d")
_LATIN_WORD = re.compile(r"[a-zA-Z]+")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Window:
    """`power` is the mean square of samples from −1 to 1."""

    probability: float
    power: float


def measure(windows: Sequence[Window], text: str) -> Metrics:
    """Of the windows between the first and the last voiced one."""
    spoken = _from_first_to_last_voiced(windows)
    voiced = [window for window in spoken if is_voiced(window.probability)]
    voiced_s = len(voiced) * WINDOW_S
    pauses = _pauses(spoken)
    return Metrics(
        loudness_dbfs=_dbfs([window.power for window in voiced]),
        syllables_per_s=syllables(text) / voiced_s if voiced else 0.0,
        pauses=len(pauses),
        pause_total_s=sum(pauses),
        fillers=fillers_in(text),
        speaking_ratio=len(voiced) / len(spoken) if spoken else 0.0,
    )


def syllables(text: str) -> int:
    """One for each Hangul block and each digit, groups of vowels in Latin words, at least one for a word."""
    latin = sum(max(1, len(_VOWELS.findall(word.lower()))) for word in _LATIN_WORD.findall(text))
    return len(_HANGUL.findall(text)) + len(_DIGITS.findall(text)) + latin


def _from_first_to_last_voiced(windows: Sequence[Window]) -> Sequence[Window]:
    voiced = [index for index, window in enumerate(windows) if is_voiced(window.probability)]
    return windows[voiced[0] : voiced[-1] + 1] if voiced else ()


def _pauses(windows: Sequence[Window]) -> list[float]:
    """Seconds of each silence that is long enough to be one."""
    runs = groupby(windows, key=lambda window: is_voiced(window.probability))
    silent = [sum(1 for _ in run) * WINDOW_S for voiced, run in runs if not voiced]
    return [seconds for seconds in silent if seconds > SHORTEST_PAUSE_S]


def _dbfs(powers: Sequence[float]) -> float:
    mean = sum(powers) / len(powers) if powers else 0.0
    return max(QUIETEST_DBFS, 10 * math.log10(mean)) if mean > 0 else QUIETEST_DBFS
