"""The edge's calls to several media servers, over real sockets."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from edge_api.calls import GrpcCalls
from edge_api.config import Settings
from edge_api.contract import rpc
from google.protobuf.message import Message
from viva.v1 import media_pb2 as pb

from services.media.config import Settings as MediaSettings
from services.media.engines.fake import FakeEngine
from services.media.server import build
from services.runtime.channel import rendezvous
from services.runtime.errors import NotFound, Unavailable
from services.runtime.serving import Server
from tests.services.rooms import QUICK, TOKEN

pytestmark = pytest.mark.integration

CALL_S = 10.0


class Media:
    """One media server, and the interviews whose browsers it holds."""

    def __init__(self) -> None:
        self.engine = FakeEngine(places=100)
        settings = MediaSettings(listen="127.0.0.1:0", mesh_token=TOKEN, log_level="error", **QUICK)
        self.server: Server = build(self.engine, settings)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def interviews(self) -> set[str]:
        return set(self.engine.peers.values())


class Edge:
    def __init__(self, calls: GrpcCalls) -> None:
        self._calls = calls

    async def call(self, name: str, interview: str, request: Message) -> Message:
        return await self._calls.unary(rpc(f"MediaService.{name}"), request, "", CALL_S, key=interview)

    async def negotiate(self, interview: str) -> str:
        offer = pb.NegotiateRequest(interview_id=interview, offer_sdp="v=0\r\n", request_id=uuid4().hex)
        answer = await self.call("Negotiate", interview, offer)
        assert isinstance(answer, pb.NegotiateResponse)
        return answer.peer_id

    async def hang_up(self, interview: str, peer_id: str) -> None:
        await self.call("Hangup", interview, pb.HangupRequest(peer_id=peer_id))


@pytest.fixture
async def both() -> AsyncIterator[tuple[Media, Media]]:
    both = Media(), Media()
    for each in both:
        await each.server.start()
    yield both
    for each in both:
        await each.server.stop()


@pytest.fixture
async def edge(both: tuple[Media, Media]) -> AsyncIterator[Edge]:
    addresses = tuple(each.address for each in both)
    calls = GrpcCalls.open(Settings(media_addresses=addresses, session_addresses=addresses[:1]), TOKEN)
    yield Edge(calls)
    await calls.close()


def home_of(interview: str, both: tuple[Media, Media]) -> tuple[Media, Media]:
    """The server that an interview belongs to, and the other one."""
    first, _ = rendezvous(interview, [each.address for each in both])
    return both if both[0].address == first else both[::-1]


async def test_every_call_of_an_interview_reaches_the_server_that_holds_its_browser(
    edge: Edge, both: tuple[Media, Media]
) -> None:
    interviews = [uuid4().hex for _ in range(20)]
    for each in interviews:
        await edge.negotiate(each)
    assert both[0].interviews | both[1].interviews == set(interviews)
    assert both[0].interviews
    assert both[1].interviews
    for each in interviews:
        peer_id = await edge.negotiate(each)
        await edge.call("AddIceCandidate", each, pb.AddIceCandidateRequest(peer_id=peer_id))
        assert not both[0].interviews & both[1].interviews, "one interview at two servers"
        await edge.hang_up(each, peer_id)
    assert not both[0].interviews | both[1].interviews


async def test_f25_a_server_that_is_gone_leaves_its_interviews_to_the_other(
    edge: Edge, both: tuple[Media, Media]
) -> None:
    interview = uuid4().hex
    home, other = home_of(interview, both)
    await edge.negotiate(interview)
    assert home.interviews == {interview}
    await home.server.stop()
    peer_id = await edge.negotiate(interview)
    assert other.interviews == {interview}
    await edge.hang_up(interview, peer_id)
    await other.server.stop()
    with pytest.raises(Unavailable):
        await edge.negotiate(interview)


async def test_where_a_server_is_full_the_other_one_connects_and_is_found_again(
    edge: Edge, both: tuple[Media, Media]
) -> None:
    interview = uuid4().hex
    home, other = home_of(interview, both)
    home.engine.places = 0
    peer_id = await edge.negotiate(interview)
    assert (home.interviews, other.interviews) == (set(), {interview})
    await edge.hang_up(interview, peer_id)
    assert other.interviews == set()
    with pytest.raises(NotFound):
        await edge.hang_up(interview, peer_id)
