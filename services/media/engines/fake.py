"""A WebRTC endpoint for tests: it answers offers in memory and opens no port.

Nothing in the product names this module.
"""

import asyncio
from itertools import count

from services.media.engine import Answer, IceCandidate, Status
from services.runtime.capability import Capability, State
from services.runtime.errors import InvalidArgument, NotFound, ResourceExhausted


class FakeEngine:
    """Connects at most `places` peers; `peers` maps each peer to its interview."""

    def __init__(self, *, places: int = 8, negotiate_s: float = 0.0) -> None:
        self.places = places
        self.negotiate_s = negotiate_s
        self.peers: dict[str, str] = {}
        self.candidates: list[IceCandidate] = []
        self._numbers = count(1)

    def status(self) -> Status:
        capability = Capability(
            name="media", state=State.READY, engine="fake", device="cpu", detail="connects nobody"
        )
        return Status(capability, len(self.peers))

    async def negotiate(self, interview_id: str, offer_sdp: str) -> Answer:
        if not offer_sdp.startswith("v=0"):
            raise InvalidArgument.of("offer_sdp", "is no session description")
        await asyncio.sleep(self.negotiate_s)
        former = [peer for peer, interview in self.peers.items() if interview == interview_id]
        if len(self.peers) - len(former) >= self.places:
            raise ResourceExhausted("MEDIA_NO_PORT", "no UDP port is left", retry_after_s=0.05)
        for peer in former:
            del self.peers[peer]
        peer_id = f"peer-{next(self._numbers)}"
        self.peers[peer_id] = interview_id
        return Answer(peer_id, "v=0\r\ns=fake\r\n")

    async def add_candidate(self, peer_id: str, candidate: IceCandidate) -> None:
        self._known(peer_id)
        self.candidates.append(candidate)

    async def hangup(self, peer_id: str) -> None:
        self._known(peer_id)
        del self.peers[peer_id]

    async def aclose(self) -> None:
        self.peers.clear()

    def _known(self, peer_id: str) -> None:
        if peer_id not in self.peers:
            raise NotFound("MEDIA_PEER_UNKNOWN", "no such peer is connected", remedy="negotiate again")
