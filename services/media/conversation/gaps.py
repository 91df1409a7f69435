"""Where the sound of an answer has gaps, so that what was said keeps its time. Pure: knows no clock.

Offsets of sound go on through a gap; times of an answer do not stand still.
"""

from bisect import bisect_right
from dataclasses import replace

from services.media.conversation.ports import SAMPLE_RATE_HZ, Utterance, Word


class Gaps:
    """All of one answer, in samples."""

    def __init__(self) -> None:
        self._offsets: list[int] = []
        self._before: list[int] = [0]
        """What is missing before the first gap, between it and the second, and so on."""

    def add(self, offset: int, samples: int) -> None:
        """Between the sound before `offset` and the sound from there on so much was not heard."""
        if not self._offsets or self._offsets[-1] != offset:
            self._offsets.append(offset)
            self._before.append(self._before[-1])
        self._before[-1] += samples

    def placed(self, said: Utterance) -> Utterance:
        """The same with the times of the answer."""
        start, end = said.start + self._missing(said.start), said.end + self._missing(said.end - 1)
        return replace(said, start=start, end=end, words=tuple(map(self._word, said.words)))

    def _word(self, word: Word) -> Word:
        late_s = self._missing(round(word.start_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        return replace(word, start_s=word.start_s + late_s, end_s=word.end_s + late_s)

    def _missing(self, offset: int) -> int:
        return self._before[bisect_right(self._offsets, offset)]
