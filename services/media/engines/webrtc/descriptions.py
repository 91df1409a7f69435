"""Session descriptions: what an offer may hold, and what an answer announces. Opens no socket."""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence

from aiortc import RTCIceCandidate, RTCSessionDescription
from aiortc.sdp import SessionDescription, candidate_from_sdp

from services.media.engine import IceCandidate
from services.runtime.requests import refuse

MAX_CANDIDATES = 64
CANDIDATE = "candidate:"
END = "a=end-of-candidates"
PORTS = range(1, 65_536)


def read_offer(sdp: str) -> RTCSessionDescription:
    """Raises InvalidArgument for what cannot be read, or is not one bundle of sound, data and pictures.

    Candidates of no use are left out, and so is their end: a browser's checks come from wherever it is.
    """
    try:
        parsed = SessionDescription.parse(sdp)
    except Exception:  # a parser of strangers' text fails in any way
        refuse("offer_sdp", "is no session description")
    kinds = Counter(media.kind for media in parsed.media)
    if kinds - Counter(video=1) != Counter(audio=1, application=1):
        refuse("offer_sdp", "must offer one audio, one data channel and at most one video")
    if not any(codec.name.lower() == "opus" for media in parsed.media for codec in media.rtp.codecs):
        refuse("offer_sdp", "offers no Opus")
    bundled = {mid for group in parsed.group if group.semantic == "BUNDLE" for mid in group.items}
    if not bundled.issuperset(media.rtp.muxId for media in parsed.media):
        refuse("offer_sdp", "must bundle everything on one transport")
    return RTCSessionDescription(sdp="\r\n".join((*_offered(sdp.splitlines()), "")), type="offer")


def _offered(lines: Sequence[str]) -> Iterator[str]:
    kept = 0
    for line in lines:
        if not line.startswith(f"a={CANDIDATE}"):
            if line and not line.startswith(END):
                yield line
        elif kept < MAX_CANDIDATES and _usable(line.removeprefix("a=")):
            kept += 1
            yield line


def read_candidate(found: IceCandidate) -> RTCIceCandidate | None:
    """None for what is of no use, such as the end of the list. Raises InvalidArgument."""
    line = found.line.removeprefix("a=")
    if not line:
        return None
    try:
        candidate = _usable(line)
    except (AssertionError, ValueError):
        refuse("candidate", "is no candidate line")
    if candidate is not None:
        candidate.sdpMid, candidate.sdpMLineIndex = found.sdp_mid, found.sdp_mline_index
    return candidate


def _usable(line: str) -> RTCIceCandidate | None:
    """Only a UDP address of one machine: names would be looked up, and others' services written to."""
    if not line.startswith(CANDIDATE):
        raise ValueError(line)
    candidate = candidate_from_sdp(line.removeprefix(CANDIDATE))
    try:
        address = ipaddress.ip_address(candidate.ip.partition("%")[0])
    except ValueError:  # a name, of mDNS mostly: the browser's own checks tell where it is
        return None
    one = not (address.is_loopback or address.is_multicast or address.is_unspecified or address.is_reserved)
    plain = candidate.protocol.lower() == "udp" and candidate.component == 1 and candidate.port in PORTS
    return candidate if one and plain else None


def announced(answer: str, addresses: Sequence[str]) -> str:
    """The answer with these addresses for those of this machine, each with the ports of its own family."""
    if not addresses:
        return answer
    lines = (line for each in answer.splitlines() for line in _announced(each, addresses))
    return "\r\n".join((*lines, ""))


def _announced(line: str, addresses: Sequence[str]) -> Iterator[str]:
    if line.startswith("c=IN IP"):
        yield f"c=IN IP{_version(addresses[0])} {addresses[0]}"
    elif line.startswith(f"a={CANDIDATE}") and line.endswith(" typ host"):
        words = line.split(" ")
        for address in addresses:
            if _version(address) == _version(words[4]):
                yield " ".join((*words[:4], address, *words[5:]))
    else:
        yield line


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version
