"""The port of a WebRTC endpoint: it answers offers and keeps one peer an interview.

Knows nothing of gRPC, protos or aiortc, nor of what becomes of sound and pictures.
"""

from dataclasses import dataclass
from typing import Protocol

from services.runtime.capability import Capability


@dataclass(frozen=True, slots=True)
class Answer:
    peer_id: str
    sdp: str


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """A candidate line as a browser gives it, without any line break; an empty one ends the list."""

    line: str
    sdp_mid: str
    sdp_mline_index: int


@dataclass(frozen=True, slots=True)
class Status:
    capability: Capability
    peers: int


class Engine(Protocol):
    """All peers of one process."""

    def status(self) -> Status:
        """Facts and load of this moment; never waits."""
        ...

    async def negotiate(self, interview_id: str, offer_sdp: str) -> Answer:
        """Connects a new peer, and drops the interview's former one.

        Raises InvalidArgument (an offer that cannot be read), ResourceExhausted (no UDP port left).
        """
        ...

    async def add_candidate(self, peer_id: str, candidate: IceCandidate) -> None:
        """Raises NotFound for a peer that is not (or no longer) connected, InvalidArgument for a bad line."""
        ...

    async def hangup(self, peer_id: str) -> None:
        """Drops the peer; raises NotFound if there is none."""
        ...

    async def aclose(self) -> None:
        """Drops every peer and frees its ports. Safe to repeat."""
        ...
