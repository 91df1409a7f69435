"""Reads requests from the wire and refuses what embed.proto does not allow. Knows no engine."""

from __future__ import annotations

from dataclasses import dataclass

from viva.v1 import embed_pb2 as pb

from services.embed.engine import Kind
from services.embed.lanes import Lane
from services.runtime.requests import refuse, within

MAX_TEXTS = 256
MAX_CHARACTERS = 8192

_KINDS = {pb.EMBED_KIND_QUERY: Kind.QUERY, pb.EMBED_KIND_PASSAGE: Kind.PASSAGE}
_LANES = {
    pb.EMBED_LANE_UNSPECIFIED: Lane.INTERACTIVE,
    pb.EMBED_LANE_INTERACTIVE: Lane.INTERACTIVE,
    pb.EMBED_LANE_BULK: Lane.BULK,
}


@dataclass(frozen=True, slots=True)
class Ask:
    texts: list[str]
    kind: Kind
    lane: Lane


def read_embed(request: pb.EmbedRequest) -> Ask:
    """Raises InvalidArgument."""
    if request.kind not in _KINDS:
        refuse("kind", "must be EMBED_KIND_QUERY or EMBED_KIND_PASSAGE")
    if request.lane not in _LANES:
        refuse("lane", "must be EMBED_LANE_INTERACTIVE or EMBED_LANE_BULK")
    within("texts", len(request.texts), 1, MAX_TEXTS, "texts")
    for index, text in enumerate(request.texts):
        within(f"texts[{index}]", len(text), 1, MAX_CHARACTERS, "characters")
        if text.isspace():
            refuse(f"texts[{index}]", "holds nothing but white space, which has no direction; leave it out")
    return Ask(list(request.texts), _KINDS[request.kind], _LANES[request.lane])
