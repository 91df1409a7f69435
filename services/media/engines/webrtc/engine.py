"""The port's engine on aiortc: all peers of one process, one an interview."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from weakref import WeakValueDictionary

import aiortc

from services.media.engine import Answer, IceCandidate, Status
from services.media.engines.webrtc.descriptions import announced, read_candidate, read_offer
from services.media.engines.webrtc.peer import WebRtcPeer
from services.media.ice import IceServer
from services.media.peer import Conversations
from services.runtime.capability import Capability, State
from services.runtime.errors import NotFound, ResourceExhausted

RETRY_S = 2.0
LISTED = "a=candidate:"


class WebRtcEngine:
    """`announce` are the addresses that answers name instead of this machine's own."""

    def __init__(
        self,
        conversations: Conversations,
        *,
        places: int,
        heartbeat_s: float = 15.0,
        announce: Sequence[str] = (),
        ice_servers: Callable[[], Sequence[IceServer]] = tuple,
    ) -> None:
        self._conversations, self._places, self._heartbeat_s = conversations, places, heartbeat_s
        self._announce, self._ice_servers = announce, ice_servers
        self._peers: dict[str, tuple[str, WebRtcPeer]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def status(self) -> Status:
        capability = Capability(
            name="media",
            state=State.READY,
            engine=f"aiortc {aiortc.__version__}",
            device="cpu",
            detail="Browsers connect by WebRTC.",
            licence="BSD-3-Clause",
            limits={"peers": str(self._places)},
        )
        return Status(capability, len(self._peers))

    async def negotiate(self, interview_id: str, offer_sdp: str) -> Answer:
        offer = read_offer(offer_sdp)
        async with self._turns.setdefault(interview_id, asyncio.Lock()):
            conversation = await self._conversations.open(interview_id)
            await self._drop(peer for interview, peer in self._peers.values() if interview == interview_id)
            if len(self._peers) >= self._places:
                raise ResourceExhausted("MEDIA_FULL", "Every place is taken.", retry_after_s=RETRY_S)
            peer = WebRtcPeer(conversation, self._ice_servers(), self._heartbeat_s, self._forget)
            self._peers[peer.id] = interview_id, peer
            try:
                sdp = await peer.answer(offer)
                if LISTED not in sdp:
                    raise ResourceExhausted("MEDIA_NO_PORT", "No UDP port is left.", retry_after_s=RETRY_S)
            except BaseException:
                await peer.aclose()
                raise
            return Answer(peer.id, announced(sdp, self._announce))

    async def add_candidate(self, peer_id: str, candidate: IceCandidate) -> None:
        await self._known(peer_id).add_candidate(read_candidate(candidate))

    async def hangup(self, peer_id: str) -> None:
        await self._known(peer_id).aclose()

    async def aclose(self) -> None:
        await self._drop(peer for _, peer in self._peers.values())
        await asyncio.gather(*self._closing)

    def _known(self, peer_id: str) -> WebRtcPeer:
        if peer_id not in self._peers:
            raise NotFound("MEDIA_PEER_UNKNOWN", "No such peer is connected.", remedy="negotiate again")
        return self._peers[peer_id][1]

    async def _drop(self, peers: Iterable[WebRtcPeer]) -> None:
        await asyncio.gather(*(peer.aclose() for peer in list(peers)))

    def _forget(self, peer: WebRtcPeer, closing: asyncio.Task[None]) -> None:
        """A lost peer has no place any more, but its ports until it is closed."""
        self._peers.pop(peer.id, None)
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
