"""What an interview's socket says, as models for the OpenAPI document and as JSON text."""

import json
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from viva.v1 import interview_pb2 as pb

from edge_api import shapes

_INTERVIEW = shapes.answered(pb.Interview.DESCRIPTOR)
_TURN = shapes.answered(pb.Turn.DESCRIPTOR)
_STATUS = shapes.words_of(pb.InterviewStatus.DESCRIPTOR)


class SocketSnapshot(BaseModel):
    """The first message: the interview as it stands, with what of the next question is there already."""

    type: Literal["snapshot"]
    interview: _INTERVIEW  # type: ignore[valid-type]


class SocketEvent(BaseModel):
    """Something that happened and is stored; `seq` has no gaps. "question.asked" replaces all deltas."""

    type: str = Field(description="such as question.asked, answer.submitted, interview.paused, report.ready")
    seq: int
    interview_id: str
    occurred_at: AwareDatetime
    turn_id: str = Field(description="empty for events of the whole interview")
    turn: _TURN | None  # type: ignore[valid-type]
    status: _STATUS | None  # type: ignore[valid-type]


class SocketQuestionDelta(BaseModel):
    """Text that goes on where `partial_question` ends; a higher `generation` starts it anew. Not stored."""

    type: Literal["question.delta"]
    turn_id: str
    generation: int
    index: int
    text: str


class SocketCaption(BaseModel):
    """What is heard while the person speaks: `committed` stays, `unstable` may change. Not stored."""

    type: Literal["caption"]
    turn_id: str
    index: int = Field(description="rises; a lower one came late and is not shown")
    committed: str
    unstable: str


class SocketHeartbeat(BaseModel):
    """Comes at least every ten seconds when nothing else does. 25 s of silence: open a new socket."""

    type: Literal["heartbeat"]


class SocketPing(BaseModel):
    """The page may ask at any time; the answer is a pong."""

    type: Literal["ping"]


class SocketPong(BaseModel):
    type: Literal["pong"]


MODELS = (
    *(SocketSnapshot, SocketEvent, SocketQuestionDelta),
    *(SocketCaption, SocketHeartbeat, SocketPing, SocketPong),
)
HEARTBEAT, PONG = '{"type":"heartbeat"}', '{"type":"pong"}'


def text_of(seen: Any) -> str:
    """One answer of WatchInterview as the socket sends it."""
    kind = seen.WhichOneof("message")
    if kind == "event":
        return _dumped(shapes.to_json(seen.event))
    if kind == "snapshot":
        return _dumped({"type": "snapshot"} | shapes.to_json(seen.snapshot))
    if kind == "question_delta":
        return _dumped({"type": "question.delta"} | shapes.to_json(seen.question_delta))
    return HEARTBEAT


def _dumped(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
