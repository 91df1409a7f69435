"""MediaService over a real socket, with the fake engine behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import media_pb2 as pb
from viva.v1 import media_pb2_grpc

from services.media.config import Settings
from services.media.engines.fake import FakeEngine
from services.media.repeats import REMEMBERED
from services.media.server import build
from services.runtime.engines import Missing
from services.runtime.errors import InvalidArgument, NotFound, ResourceExhausted
from tests.services.rooms import ANY_INT32, ANY_TEXT, FUZZ, clearly, mostly, refusal, served

pytestmark = pytest.mark.integration

Stub = media_pb2_grpc.MediaServiceStub
SDP = "v=0\r\ns=-\r\n"


def offer(interview: str = "i1", request: str = "r1", sdp: str = SDP) -> pb.NegotiateRequest:
    return pb.NegotiateRequest(interview_id=interview, request_id=request, offer_sdp=sdp)


def candidate(peer: str, **fields: object) -> pb.AddIceCandidateRequest:
    values = {"candidate": "candidate:1 1 udp 1 127.0.0.1 5000 typ host", "sdp_mid": "0", **fields}
    return pb.AddIceCandidateRequest(peer_id=peer, **values)  # type: ignore[arg-type]


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def stub(engine: FakeEngine) -> AsyncIterator[Stub]:
    async with served(build, engine, Settings) as channel:
        yield Stub(channel)


async def test_a_peer_is_negotiated_takes_candidates_and_hangs_up(stub: Stub) -> None:
    answer = await stub.Negotiate(offer())
    assert answer.answer_sdp.startswith("v=0")
    await stub.AddIceCandidate(candidate(answer.peer_id))
    await stub.AddIceCandidate(candidate(answer.peer_id, candidate=""))
    assert (await stub.GetInfo(pb.MediaServiceGetInfoRequest())).peers == 1
    await stub.Hangup(pb.HangupRequest(peer_id=answer.peer_id))
    assert (await stub.GetInfo(pb.MediaServiceGetInfoRequest())).peers == 0
    assert isinstance(await refusal(stub.Hangup(pb.HangupRequest(peer_id=answer.peer_id))), NotFound)


async def test_browsers_learn_of_the_servers_that_were_set_and_of_none_without(
    stub: Stub, engine: FakeEngine
) -> None:
    assert not (await stub.GetIceServers(pb.GetIceServersRequest())).servers
    known = {"ice_servers": "stun:a:3478, turn:b:3478", "turn_secret": "north"}
    async with served(build, engine, Settings, **known) as channel:
        found = (await Stub(channel).GetIceServers(pb.GetIceServersRequest())).servers
    assert [(each.url, bool(each.username and each.credential)) for each in found] == [
        ("stun:a:3478", False),
        ("turn:b:3478", True),
    ]


async def test_a_repeat_with_the_same_id_gets_the_same_answer_and_makes_no_second_peer(
    stub: Stub, engine: FakeEngine
) -> None:
    engine.negotiate_s = 0.05
    answers = await asyncio.gather(*(stub.Negotiate(offer()) for _ in range(5)))
    answers.append(await stub.Negotiate(offer()))
    assert len({each.peer_id for each in answers}) == 1
    assert len(engine.peers) == 1


async def test_a_caller_that_leaves_does_not_take_the_answer_from_its_retry(
    stub: Stub, engine: FakeEngine
) -> None:
    engine.negotiate_s = 0.2
    first = stub.Negotiate(offer())
    await asyncio.sleep(0.05)
    first.cancel()
    answer = await stub.Negotiate(offer())
    assert list(engine.peers) == [answer.peer_id] == ["peer-1"]


async def test_a_second_offer_replaces_the_first_peer(stub: Stub, engine: FakeEngine) -> None:
    first = await stub.Negotiate(offer(request="r1"))
    second = await stub.Negotiate(offer(request="r2"))
    assert list(engine.peers) == [second.peer_id]
    assert isinstance(await refusal(stub.AddIceCandidate(candidate(first.peer_id))), NotFound)


async def test_one_id_for_two_offers_is_refused(stub: Stub) -> None:
    await stub.Negotiate(offer())
    error = await refusal(stub.Negotiate(offer(sdp=SDP + "a=x\r\n")))
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == ["request_id"]


async def test_a_failed_negotiation_is_not_remembered(stub: Stub, engine: FakeEngine) -> None:
    engine.places = 0
    assert isinstance(await refusal(stub.Negotiate(offer(), timeout=5)), ResourceExhausted)
    engine.places = 1
    assert (await stub.Negotiate(offer())).peer_id


async def test_only_the_last_answers_are_remembered(stub: Stub, engine: FakeEngine) -> None:
    first = await stub.Negotiate(offer(request="first"))
    for number in range(REMEMBERED):
        await stub.Negotiate(offer(request=str(number)))
    assert (await stub.Negotiate(offer(request="first"))).peer_id != first.peer_id
    assert len(engine.peers) == 1


@pytest.mark.parametrize(
    ("sent", "violated"),
    [
        (offer(interview=""), "interview_id"),
        (offer(interview="i" * 129), "interview_id"),
        (offer(request=""), "request_id"),
        (offer(request="r" * 65), "request_id"),
        (offer(sdp=""), "offer_sdp"),
        (offer(sdp="v=0" + "x" * 65_534), "offer_sdp"),
        (offer(sdp="가" * 21_846), "offer_sdp"),
        (offer(sdp="hello"), "offer_sdp"),
    ],
    ids=range(8),
)
async def test_an_offer_against_the_contract_is_refused_by_its_field(
    stub: Stub, engine: FakeEngine, sent: pb.NegotiateRequest, violated: str
) -> None:
    error = await refusal(stub.Negotiate(sent))
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == [violated]
    assert not engine.peers


@pytest.mark.parametrize(
    ("fields", "violated"),
    [
        ({"candidate": "candidate:1\r\na=fingerprint:forged"}, "candidate"),
        ({"candidate": "c" * 1025}, "candidate"),
        ({"sdp_mid": "m" * 65}, "sdp_mid"),
        ({"sdp_mid": "0\n"}, "sdp_mid"),
        ({"sdp_mline_index": -1}, "sdp_mline_index"),
        ({"sdp_mline_index": 128}, "sdp_mline_index"),
    ],
    ids=range(6),
)
async def test_a_candidate_against_the_contract_is_refused_by_its_field(
    stub: Stub, fields: dict[str, object], violated: str
) -> None:
    peer = (await stub.Negotiate(offer())).peer_id
    error = await refusal(stub.AddIceCandidate(candidate(peer, **fields)))
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == [violated]


async def test_recordings_of_one_interview_are_erased_with_or_without_an_engine(
    engine: FakeEngine, tmp_path: Path
) -> None:
    missing = Missing("media", "MEDIA_PACKAGE_MISSING", "not installed", "install it")
    for each in (engine, missing):
        for interview in ("i1", "i2"):
            (tmp_path / interview).mkdir(exist_ok=True)
            (tmp_path / interview / "a.flac").touch()
            (tmp_path / interview / "b.flac.part").touch()
        async with served(build, each, Settings, recordings=tmp_path) as channel:
            stub = Stub(channel)
            assert (await stub.EraseRecordings(pb.EraseRecordingsRequest(interview_id="i1"))).files == 2
            assert (await stub.EraseRecordings(pb.EraseRecordingsRequest(interview_id="i1"))).files == 0
            for wrong in ("", "../i2", "i2/", "."):
                error = await refusal(stub.EraseRecordings(pb.EraseRecordingsRequest(interview_id=wrong)))
                assert isinstance(error, InvalidArgument)
            never = pb.EraseRecordingsRequest(interview_id="i2", begun_before=Timestamp(seconds=10**15))
            error = await refusal(stub.EraseRecordings(never))
            assert isinstance(error, InvalidArgument)
            assert list(error.violations) == ["begun_before"]
        assert names_below(tmp_path) == ["a.flac", "b.flac.part", "i2"]


def names_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


names = mostly(st.text(min_size=1, max_size=9), ANY_TEXT)
offers = st.builds(
    pb.NegotiateRequest,
    interview_id=names,
    request_id=names,
    offer_sdp=mostly(st.text(max_size=50).map(lambda rest: "v=0" + rest), ANY_TEXT),
)
candidates = st.builds(
    pb.AddIceCandidateRequest,
    peer_id=names,
    candidate=mostly(st.text(max_size=50), ANY_TEXT),
    sdp_mid=names,
    sdp_mline_index=mostly(st.integers(0, 9), ANY_INT32),
)


@FUZZ
@given(sent=offers, found=candidates, gone=names)
async def test_whatever_is_sent_is_answered_or_refused_clearly_and_the_server_lives(
    stub: Stub, engine: FakeEngine, sent: pb.NegotiateRequest, found: pb.AddIceCandidateRequest, gone: str
) -> None:
    clear = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    await clearly(stub.Negotiate(sent, timeout=10), *clear)
    for peer in list(engine.peers):
        known = pb.AddIceCandidateRequest()
        known.CopyFrom(found)
        known.peer_id = peer
        await clearly(stub.AddIceCandidate(known, timeout=10), grpc.StatusCode.INVALID_ARGUMENT)
        await stub.Hangup(pb.HangupRequest(peer_id=peer), timeout=10)
    await clearly(stub.AddIceCandidate(found, timeout=10), *clear)
    await clearly(stub.Hangup(pb.HangupRequest(peer_id=gone), timeout=10), *clear)
    assert not engine.peers
