"""What a decoder says that nobody said: repetition, captions of silence. Knows no decoder.

Thresholds are those of Whisper's own transcription (Radford et al. 2022, section 4.5), but both must agree.
"""

import zlib
from dataclasses import replace

from services.stt.listening.hypothesis import HeardWord, Hypothesis
from services.stt.listening.phrases import PHANTOMS, plain

TOKENS_PER_S = 8
TOKENS_BESIDE = 8
MAX_COMPRESSION = 2.4
REPEATS = 4
LONGEST_REPEAT = 6
NO_SPEECH = 0.6
LOW_LOG_PROB = -1.0
# A phrase known to be invented needs less evidence against it, and still both kinds.
PHANTOM_NO_SPEECH = 0.2
PHANTOM_LOG_PROB = -0.5


def token_cap(seconds: float) -> int:
    """More tokens than this nobody speaks in so many seconds."""
    return int(seconds * TOKENS_PER_S) + TOKENS_BESIDE


def loops(words: tuple[HeardWord, ...]) -> bool:
    text = " ".join(word.text for word in words)
    return compression(text) > MAX_COMPRESSION or repetition_start(words) is not None


def compression(text: str) -> float:
    """Length over compressed length. A short text is never suspicious: zlib's frame outweighs it."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def repetition_start(words: tuple[HeardWord, ...]) -> int | None:
    """Index after the first round of one to six words that come four times in a row."""
    texts = [word.text for word in words]
    for start in range(len(texts)):
        for size in range(1, min(LONGEST_REPEAT, (len(texts) - start) // REPEATS) + 1):
            first = texts[start : start + size]
            if texts[start : start + size * REPEATS] == first * REPEATS:
                return start + size
    return None


def without_loop(words: tuple[HeardWord, ...]) -> tuple[HeardWord, ...]:
    """What was said before it began to repeat; nothing where only the compression tells."""
    start = repetition_start(words)
    if start is not None:
        return words[:start]
    return () if loops(words) else words


def believed(hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis, or one without words when nobody seems to have said them."""
    if is_invented(hypothesis.text, hypothesis.no_speech, hypothesis.avg_log_prob):
        return replace(hypothesis, words=(), times=())
    return hypothesis


def is_invented(text: str, no_speech: float, avg_log_prob: float) -> bool:
    if no_speech > NO_SPEECH and avg_log_prob < LOW_LOG_PROB:
        return True
    is_phantom = plain(text) in PHANTOMS
    return is_phantom and no_speech > PHANTOM_NO_SPEECH and avg_log_prob < PHANTOM_LOG_PROB
