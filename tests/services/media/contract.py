"""What every WebRTC endpoint must do. A subclass gives an engine and offers."""

import pytest

from services.media.engine import Engine, IceCandidate
from services.runtime.errors import InvalidArgument, NotFound, ResourceExhausted

HOST = IceCandidate("candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host", "0", 0)


class EngineContract:
    """Subclasses define fixtures `engine`; `narrow`, which has ports for one peer; and `offer`: SDP that a
    browser would send."""

    async def test_an_offer_is_answered_with_a_peer_that_takes_candidates_until_it_hangs_up(
        self, engine: Engine, offer: str
    ) -> None:
        answer = await engine.negotiate("interview-1", offer)
        assert answer.sdp.startswith("v=0")
        assert engine.status().peers == 1
        await engine.add_candidate(answer.peer_id, HOST)
        await engine.hangup(answer.peer_id)
        assert engine.status().peers == 0

    async def test_a_second_offer_replaces_the_first_peer(self, engine: Engine, offer: str) -> None:
        first = await engine.negotiate("interview-1", offer)
        second = await engine.negotiate("interview-1", offer)
        assert first.peer_id != second.peer_id
        assert engine.status().peers == 1
        with pytest.raises(NotFound):
            await engine.hangup(first.peer_id)

    async def test_interviews_keep_their_own_peers(self, engine: Engine, offer: str) -> None:
        answers = [await engine.negotiate(f"interview-{n}", offer) for n in range(3)]
        assert engine.status().peers == 3
        for answer in answers:
            await engine.hangup(answer.peer_id)

    async def test_an_offer_that_cannot_be_read_is_refused(self, engine: Engine) -> None:
        with pytest.raises(InvalidArgument):
            await engine.negotiate("interview-1", "hello")
        assert engine.status().peers == 0

    async def test_an_unknown_peer_is_told_so(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            await engine.add_candidate("nobody", HOST)
        with pytest.raises(NotFound):
            await engine.hangup("nobody")

    async def test_no_port_left_is_a_refusal_until_a_peer_hangs_up(self, narrow: Engine, offer: str) -> None:
        answer = await narrow.negotiate("interview-1", offer)
        with pytest.raises(ResourceExhausted):
            await narrow.negotiate("interview-2", offer)
        await narrow.hangup(answer.peer_id)
        await narrow.negotiate("interview-2", offer)

    async def test_closing_drops_every_peer_and_may_be_repeated(self, engine: Engine, offer: str) -> None:
        await engine.negotiate("interview-1", offer)
        await engine.aclose()
        await engine.aclose()
        assert engine.status().peers == 0
