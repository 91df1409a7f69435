"""The port between an endpoint and an interview: who is connected, what it sends, what it is told.

Knows nothing of WebRTC, nor of speech recognition. All calls happen on one event loop.
"""

from collections.abc import Mapping
from typing import Protocol

from services.media.recording.recording import Recording

HEARD_RATE_HZ = 16_000
HEARD_PIECE_BYTES = HEARD_RATE_HZ // 50 * 2


class Peer(Protocol):
    """A connected browser, as an interview needs it. No method blocks or raises."""

    def tell(self, message: Mapping[str, object]) -> None:
        """Sends a JSON object over the data channel; drops it while the channel is not open."""
        ...

    def play(self, pcm: bytes, rate_hz: int) -> None:
        """Queues 16-bit little-endian mono for the outgoing track, behind what is queued already.

        Pieces of one rate that follow each other join without a seam.
        """
        ...

    def stop_playing(self) -> None:
        """Drops what has not gone out."""
        ...

    @property
    def playing(self) -> bool:
        """Something is queued, or was sent in the last 100 ms or so."""
        ...

    def record(self, recording: Recording | None) -> None:
        """Gives both voices to the recording from now on, as they are heard and as they go out."""
        ...


class Conversation(Protocol):
    """An interview, as an endpoint reports to it; it outlives its peers. Only `aclose` may wait."""

    def joined(self, peer: Peer) -> None:
        """A peer is connected; it replaces the former one, which is reported as left before."""
        ...

    def hear(self, pcm: bytes) -> None:
        """20 ms of 16 kHz 16-bit little-endian mono. While a peer is there no piece is missing: lost
        packets are silence, as far as `missed` does not say so."""
        ...

    def missed(self, samples: int) -> None:
        """So many samples never came, and nobody knows whether they were silence."""
        ...

    def see(self, jpeg: bytes, at_ms: int) -> None:
        """The newest picture, at most five a second and 640 wide; `at_ms` counts from the peer's start."""
        ...

    def told(self, message: Mapping[str, object]) -> None:
        """A JSON object of at most 16 KiB from the data channel; whatever else it is, is not checked."""
        ...

    def left(self, peer: Peer) -> None:
        """The peer is gone, lost or hung up; the interview waits for another."""
        ...

    async def aclose(self) -> None: ...


class Conversations(Protocol):
    """All interviews of one process."""

    async def open(self, interview_id: str) -> Conversation:
        """The interview's conversation: the same one as long as the interview goes on.

        Raises NotFound, FailedPrecondition (the interview is over, no consent to audio).
        """
        ...
