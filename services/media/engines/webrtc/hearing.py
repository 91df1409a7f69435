"""What a browser's microphone sends, as pieces of 20 ms without gaps. Knows no connection."""

from collections.abc import Callable

from av import AudioFrame, AudioResampler

from services.media.peer import HEARD_PIECE_BYTES, HEARD_RATE_HZ

SENT_RATE_HZ = 48_000  # Opus
STALL_S = 0.3
SILENCE_S = 1.0
LONGEST_GAP_S = 15.0


class Hearing:
    """Lost packets become silence, by the sender's own clock; so does a sender that stalls, by ours.

    Both up to a second: a longer silence would end the answer of somebody whose network is away. What
    goes beyond is `missed`. What comes late after a stall is heard all the same: better late than lost.
    """

    def __init__(self, hear: Callable[[bytes], None], missed: Callable[[int], None], now: float) -> None:
        self._hear, self._missed = hear, missed
        self._resampler = AudioResampler(format="s16", layout="mono", rate=HEARD_RATE_HZ)
        self._pending = bytearray()
        self._next_pts: int | None = None
        self._last = now
        self._stalled = 0
        self._ahead = 0
        """Samples of silence that stand for packets which are lost or late: nobody knows yet."""

    def take(self, frame: AudioFrame, now: float) -> None:
        """A frame of 48 kHz whose `pts` counts samples."""
        pts = frame.pts or 0
        missing = (pts - (pts if self._next_pts is None else self._next_pts)) * HEARD_RATE_HZ // SENT_RATE_HZ
        if 0 < missing <= LONGEST_GAP_S * HEARD_RATE_HZ:
            self._lost(missing)
        self._next_pts = pts + frame.samples
        self._last, self._stalled = now, 0
        for each in self._resampler.resample(frame):
            self._put(bytes(each.planes[0])[: each.samples * 2])

    def tick(self, now: float) -> None:
        """To be called ten times a second or so."""
        stalled_s = min(now - self._last - STALL_S, SILENCE_S)
        due = round(stalled_s * HEARD_RATE_HZ) - self._stalled
        if due > 0:
            self._stalled += due
            self._ahead += due
            self._silence(due)

    def _lost(self, missing: int) -> None:
        stood_in = min(self._ahead, missing)
        self._ahead -= stood_in
        room = max(0, round(SILENCE_S * HEARD_RATE_HZ) - stood_in)
        silent = min(missing - stood_in, room)
        self._silence(silent)
        if beyond := missing - stood_in - silent:
            self._missed(beyond)

    def _silence(self, samples: int) -> None:
        self._put(bytes(samples * 2))

    def _put(self, pcm: bytes) -> None:
        self._pending += pcm
        whole = len(self._pending) // HEARD_PIECE_BYTES * HEARD_PIECE_BYTES
        for start in range(0, whole, HEARD_PIECE_BYTES):
            self._hear(bytes(self._pending[start : start + HEARD_PIECE_BYTES]))
        del self._pending[:whole]
