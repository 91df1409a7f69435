"""The audio of one stream that may still be needed, addressed by sample offset. Knows no speech."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]

BYTES_PER_SAMPLE = 2


class AudioBuffer:
    """Holds the samples [start, end); offsets count since the answer began."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._pcm = bytearray()

    @property
    def end(self) -> int:
        return self.start + len(self._pcm) // BYTES_PER_SAMPLE

    def append(self, pcm: bytes) -> None:
        """Little-endian signed 16-bit samples."""
        self._pcm += pcm

    def drop_before(self, offset: int) -> int:
        """Forgets what lies before the offset; the number of samples forgotten."""
        dropped = min(max(0, offset - self.start), self.end - self.start)
        del self._pcm[: dropped * BYTES_PER_SAMPLE]
        self.start += dropped
        return dropped

    def read(self, start: int, end: int) -> Samples:
        """A copy of [start, end), −1 to 1. Raises IndexError for what is not held."""
        if not self.start <= start <= end <= self.end:
            raise IndexError(f"[{start}, {end}) is not in [{self.start}, {self.end})")
        low, high = ((offset - self.start) * BYTES_PER_SAMPLE for offset in (start, end))
        return np.frombuffer(bytes(self._pcm[low:high]), "<i2").astype(np.float32) / np.float32(32768)
