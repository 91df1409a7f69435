"""Two voices on one clock, however their samples arrive. Pure: knows no file and has no clock of its own."""

from array import array

RATE_HZ = 16_000
HOLD_S = 2.0
"""What is older than this is final; what comes later than this is placed too late."""
WINDOW_S = 1.0
TOLERANCE = RATE_HZ // 50
FAR_AHEAD = RATE_HZ
QUIET = 500


class Lane:
    """One voice. What arrives in a burst keeps its place; a sender's clock that runs off is brought back."""

    def __init__(self) -> None:
        self._samples = array("h")
        self.end = 0
        """In samples since the clock began; what was taken is counted."""
        self._window_ends = 0
        self._best, self._worst = -RATE_HZ * 3600, RATE_HZ * 3600

    def add(self, pcm: bytes, now: int) -> None:
        """Samples whose last one was heard at `now`."""
        samples = array("h", pcm[: len(pcm) // 2 * 2])
        if self.end == 0:
            self.pad_to(now - len(samples))
        lead = self.end + len(samples) - now
        self._best, self._worst = max(self._best, lead), min(self._worst, lead)
        if now >= self._window_ends:
            if self._best < -TOLERANCE:
                self.pad_to(self.end - self._best)
            if self._worst > TOLERANCE and (self._worst > FAR_AHEAD or max(map(abs, samples)) < QUIET):
                del samples[: self._worst]
            self._window_ends = now + round(WINDOW_S * RATE_HZ)
            self._best, self._worst = -RATE_HZ * 3600, RATE_HZ * 3600
        self._samples.extend(samples)
        self.end += len(samples)

    def pad_to(self, sample: int) -> None:
        missing = sample - self.end
        if missing > 0:
            self._samples.frombytes(bytes(missing * 2))
            self.end = sample

    def take(self, samples: int) -> "array[int]":
        taken = self._samples[:samples]
        del self._samples[:samples]
        return taken


class TwoLanes:
    """The candidate on the left, the interviewer on the right."""

    def __init__(self) -> None:
        self.left, self.right = Lane(), Lane()
        self._taken = 0

    def ready(self, now: int) -> bytes:
        """What is final at `now`, left and right by turns; silence for a voice that sent nothing."""
        due = now - round(HOLD_S * RATE_HZ)
        self.left.pad_to(due)
        self.right.pad_to(due)
        return self._until(due)

    def rest(self) -> bytes:
        end = max(self.left.end, self.right.end)
        self.left.pad_to(end)
        self.right.pad_to(end)
        return self._until(end)

    def _until(self, end: int) -> bytes:
        samples = max(0, end - self._taken)
        both = array("h", bytes(samples * 4))
        both[0::2], both[1::2] = self.left.take(samples), self.right.take(samples)
        self._taken += samples
        return both.tobytes()
