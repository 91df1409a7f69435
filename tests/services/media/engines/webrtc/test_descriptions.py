"""Offers of strangers, candidates of strangers, and the addresses that answers name."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.media.engine import IceCandidate
from services.media.engines.webrtc.descriptions import (
    MAX_CANDIDATES,
    announced,
    read_candidate,
    read_offer,
)
from services.runtime.errors import InvalidArgument
from tests.services.rooms import FUZZ

pytestmark = pytest.mark.unit

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n"
COMMON = "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"
AUDIO = f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{COMMON}a=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
VIDEO = f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n{COMMON}a=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
DATA = f"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{COMMON}a=mid:2\r\na=sctp-port:5000\r\n"


def host(address: str, port: int = 50_000, transport: str = "udp", component: int = 1) -> str:
    return f"candidate:1 {component} {transport} 2122260223 {address} {port} typ host"


def candidates(sdp: str) -> list[str]:
    return [line.removeprefix("a=") for line in sdp.splitlines() if line.startswith("a=candidate")]


@pytest.mark.parametrize("media", [AUDIO + DATA, AUDIO + VIDEO + DATA, DATA + VIDEO + AUDIO], ids=range(3))
def test_sound_and_data_and_perhaps_pictures_are_taken(media: str) -> None:
    assert read_offer(HEAD + media).type == "offer"


@pytest.mark.parametrize(
    "sdp",
    [
        "hello",
        "v=0",
        HEAD,
        HEAD + AUDIO,
        HEAD + DATA,
        HEAD + VIDEO + DATA,
        HEAD + AUDIO + AUDIO.replace("mid:0", "mid:1") + DATA,
        HEAD + AUDIO + VIDEO + VIDEO.replace("mid:1", "mid:0") + DATA,
        HEAD + AUDIO + DATA + DATA,
        HEAD.replace("BUNDLE 0 1 2", "BUNDLE 0") + AUDIO + DATA,
        HEAD.replace("a=group:BUNDLE 0 1 2\r\n", "") + AUDIO + DATA,
        HEAD + AUDIO.replace("opus/48000/2", "PCMU/8000") + DATA,
        HEAD + AUDIO.replace("audio 9", "audio x") + DATA,
        HEAD + AUDIO + "m=text 9 UDP/TLS/RTP/SAVPF 1\r\na=mid:1\r\n" + DATA,
    ],
    ids=range(14),
)
def test_anything_else_is_refused_by_the_field(sdp: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_offer(sdp)
    assert list(refused.value.violations) == ["offer_sdp"]


LINES = st.sampled_from(
    [*(HEAD + AUDIO + VIDEO + DATA).splitlines(), "a=" + host("10.0.0.1"), "a=ssrc:1 x:y"]
)


@FUZZ
@given(st.lists(LINES | st.text(max_size=40).map(lambda text: f"a={text}"), max_size=60))
def test_any_lines_are_taken_or_refused(lines: list[str]) -> None:
    with suppress(InvalidArgument):
        assert read_offer("\r\n".join(lines)).type == "offer"


def test_candidates_that_point_elsewhere_are_left_out_and_so_is_their_end() -> None:
    kept = [host("192.0.2.7"), host("2001:db8::7"), host("10.1.2.3", 1)]
    others = [
        host("127.0.0.1"),
        host("::1"),
        host("0.0.0.0"),
        host("224.0.0.251", 5353),
        host("255.255.255.255"),
        host("a2b1c0de-0000-4000-8000-000000000000.local"),
        host("metadata.internal", 80),
        host("10.0.0.1", 0),
        host("10.0.0.1", 70_000),
        host("10.0.0.1", transport="tcp"),
        host("10.0.0.1", component=2),
    ]
    lines = "".join(f"a={line}\r\n" for line in (*others, *kept))
    sdp = read_offer(HEAD + AUDIO + lines + "a=end-of-candidates\r\n" + DATA).sdp
    assert candidates(sdp) == kept
    assert "end-of-candidates" not in sdp
    for line in others:
        assert read_candidate(IceCandidate(line, "0", 0)) is None
    for line in kept:
        assert read_candidate(IceCandidate(line, "0", 0)) is not None
    assert read_candidate(IceCandidate("", "0", 0)) is None


def test_an_offer_has_at_most_as_many_candidates_as_a_browser_may_find() -> None:
    lines = "".join(f"a={host('10.0.0.1', port)}\r\n" for port in range(1, 200))
    assert len(candidates(read_offer(HEAD + AUDIO + lines + DATA).sdp)) == MAX_CANDIDATES


@pytest.mark.parametrize(
    "line", ["candidate:", "candidate:1 x udp 1 10.0.0.1 5 typ host", "x", "candidate:1 1 udp 1 10.0.0.1"]
)
def test_a_line_that_is_no_candidate_is_refused_by_its_field(line: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_candidate(IceCandidate(line, "0", 0))
    assert list(refused.value.violations) == ["candidate"]


def test_f24_answers_name_the_announced_addresses_with_the_ports_of_their_family() -> None:
    lines = [host("172.17.0.2", 50_001), host("172.18.0.2", 50_002), host("fd00::2", 50_003)]
    relay = "candidate:2 1 udp 1 198.51.100.9 60000 typ relay raddr 172.17.0.2 rport 50001"
    answer = "\r\n".join([HEAD + AUDIO.rstrip(), *(f"a={line}" for line in (*lines, relay)), ""])
    told = announced(answer, ["203.0.113.5", "198.51.100.1"])
    assert candidates(told) == [
        host("203.0.113.5", 50_001),
        host("198.51.100.1", 50_001),
        host("203.0.113.5", 50_002),
        host("198.51.100.1", 50_002),
        relay,
    ]
    assert "c=IN IP4 203.0.113.5" in told
    assert "172.18" not in told
    assert announced(answer, []) == answer


def test_every_other_line_of_an_answer_stays() -> None:
    answer = HEAD + AUDIO + DATA
    told = announced(answer, ["203.0.113.5"])
    assert told == answer.replace("c=IN IP4 0.0.0.0", "c=IN IP4 203.0.113.5")
