"""Reads requests from the wire and refuses what media.proto does not allow. Knows no engine."""

from dataclasses import dataclass
from datetime import UTC, datetime

from viva.v1 import media_pb2 as pb

from services.media.engine import IceCandidate
from services.runtime.requests import at_most, refuse, within

MAX_ID = 128
MAX_REQUEST_ID = 64
MAX_SDP_BYTES = 64 * 1024
MAX_CANDIDATE = 1024
MAX_MID = 64
MAX_MLINE_INDEX = 127
MAX_PART = 1 << 20
MAX_OFFSET = 1 << 40


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer is the same request as another when all three are equal."""

    interview_id: str
    request_id: str
    sdp: str


def read_offer(request: pb.NegotiateRequest) -> Offer:
    within("offer_sdp", len(request.offer_sdp.encode()), 1, MAX_SDP_BYTES, "bytes")
    return Offer(
        interview_id=read_id("interview_id", request.interview_id),
        request_id=read_id("request_id", request.request_id, MAX_REQUEST_ID),
        sdp=request.offer_sdp,
    )


def read_candidate(request: pb.AddIceCandidateRequest) -> IceCandidate:
    return IceCandidate(
        line=_line("candidate", request.candidate, MAX_CANDIDATE),
        sdp_mid=_line("sdp_mid", request.sdp_mid, MAX_MID),
        sdp_mline_index=within("sdp_mline_index", request.sdp_mline_index, 0, MAX_MLINE_INDEX),
    )


def read_part(request: pb.ReadRecordingRequest) -> tuple[str, str, int, int]:
    """Interview, name, offset and length."""
    return (
        read_id("interview_id", request.interview_id),
        read_id("name", request.name),
        within("offset", request.offset, 0, MAX_OFFSET),
        within("length", request.length, 1, MAX_PART),
    )


def read_erasure(request: pb.EraseRecordingsRequest) -> tuple[str, datetime | None]:
    """Interview, and the begin from which on its recordings are kept."""
    interview_id = read_id("interview_id", request.interview_id)
    if not request.HasField("begun_before"):
        return interview_id, None
    try:
        return interview_id, request.begun_before.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        refuse("begun_before", "is not a time between the years 1 and 9999")


def read_id(name: str, value: str, high: int = MAX_ID) -> str:
    within(name, len(value), 1, high, "characters")
    return value


def _line(name: str, value: str, high: int) -> str:
    """One line: a break inside it would forge lines of the session description."""
    if not at_most(name, value, high).isprintable():
        refuse(name, "must be one line of printable characters")
    return value
