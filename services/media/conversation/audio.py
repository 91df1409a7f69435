"""The audio of one answer that may still be needed, by offset in samples. Knows no server."""

from services.media.conversation.ports import SAMPLE_RATE_HZ

BYTES_PER_SAMPLE = 2
LONGEST_S = 1800  # the longest answer limit there is: 57 MB


class AnswerAudio:
    """Grows at its end and is forgotten from its start. `lost` counts samples that found no room."""

    def __init__(self, start: int = 0, *, longest: int = LONGEST_S * SAMPLE_RATE_HZ) -> None:
        self._longest = longest
        self._pcm = bytearray()
        self.start = start
        self.lost = 0

    @property
    def end(self) -> int:
        return self.start + len(self._pcm) // BYTES_PER_SAMPLE

    def append(self, pcm: bytes) -> None:
        self._pcm += pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
        if self.end - self.start > self._longest:
            self.lost += self.end - self.start - self._longest
            self.drop_before(self.end - self._longest)

    def read(self, offset: int, most: int) -> bytes:
        """At most that many samples from `offset`, which must not be before the start."""
        at = (offset - self.start) * BYTES_PER_SAMPLE
        return bytes(self._pcm[at : at + most * BYTES_PER_SAMPLE])

    def drop_before(self, offset: int) -> None:
        offset = min(max(offset, self.start), self.end)
        del self._pcm[: (offset - self.start) * BYTES_PER_SAMPLE]
        self.start = offset

    def clear(self) -> None:
        self.drop_before(self.end)
