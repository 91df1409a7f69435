"""The sound of an interview, for whoever may read its report. Whether it may be heard the session decides."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from google.protobuf.message import Message
from viva.v1 import interview_pb2, media_pb2

from edge_api import problems, shapes
from edge_api.calls import Calls
from edge_api.contract import rpc
from edge_api.operations import TheCalls, Token
from edge_api.ranges import BeyondEnd, range_of
from services.runtime.errors import FailedPrecondition, NotFound, OutOfRange

router = APIRouter(responses=problems.ALWAYS | problems.documented(401, 403, 404))
FileName = Annotated[str, Path(min_length=1, max_length=100)]
PIECE = 1 << 20
TYPE = "audio/flac"


@dataclass(frozen=True, slots=True)
class _Sound:
    """One interview's recordings at the media server that has them."""

    calls: Calls
    interview_id: UUID
    call_s: float

    async def agreed(self, token: str, *, fetching: bool) -> bool:
        wanted = interview_pb2.ListenToRecordingRequest(
            interview_id=str(self.interview_id), fetching=fetching
        )
        answer: Any = await self.calls.unary(
            rpc("InterviewService.ListenToRecording"), wanted, token, self.call_s
        )
        return bool(answer.agreed)

    async def all(self) -> Message:
        try:
            return await self._of_media(
                "ListRecordings", media_pb2.ListRecordingsRequest(interview_id=str(self.interview_id))
            )
        except NotFound:
            return media_pb2.ListRecordingsResponse()

    async def piece(self, name: str, offset: int, length: int) -> Any:
        return await self._of_media(
            "ReadRecording",
            media_pb2.ReadRecordingRequest(
                interview_id=str(self.interview_id), name=name, offset=offset, length=length
            ),
        )

    async def pieces(self, name: str, wanted: range, first: bytes) -> AsyncIterator[bytes]:
        """`first` is what is read already. A file that is gone in between ends early."""
        at = wanted.start
        while first and at < wanted.stop:
            yield first
            at += len(first)
            if at < wanted.stop:
                first = (await self.piece(name, at, min(PIECE, wanted.stop - at))).content

    async def _of_media(self, name: str, wanted: Message) -> Message:
        return await self.calls.unary(
            rpc(f"MediaService.{name}"), wanted, "", self.call_s, key=str(self.interview_id)
        )


@router.get(
    "/interviews/{interview_id}/recordings",
    operation_id="list_recordings",
    summary="What was recorded, oldest first; nothing where the candidate does not agree to it",
    response_model=shapes.answered(media_pb2.ListRecordingsResponse.DESCRIPTOR),
)
async def list_recordings(request: Request, calls: TheCalls, token: Token, interview_id: UUID) -> Response:
    sound = _Sound(calls, interview_id, request.app.state.settings.call_s)
    agreed = await sound.agreed(token, fetching=False)
    return JSONResponse(shapes.to_json(await sound.all() if agreed else media_pb2.ListRecordingsResponse()))


@router.get(
    "/interviews/{interview_id}/recordings/{file_name}",
    operation_id="get_recording",
    summary="The sound as FLAC, all of it or one range of bytes; the candidate on the left",
    response_class=Response,
    responses=problems.documented(409, 416)
    | {
        200: {"content": {TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The range that was asked for"},
    },
)
async def get_recording(
    request: Request,
    calls: TheCalls,
    token: Token,
    interview_id: UUID,
    file_name: FileName,
    range_: Annotated[str, Header(alias="Range", max_length=100)] = "",
) -> Response:
    sound = _Sound(calls, interview_id, request.app.state.settings.call_s)
    if not await sound.agreed(token, fetching=True):
        text = "The candidate does not agree to the recording, or not any more."
        raise FailedPrecondition("RECORDING_NOT_AGREED", text, remedy="read the transcript in the report")
    size = (await sound.piece(file_name, 0, 1)).size
    try:
        part = range_of(range_, size)
    except BeyondEnd:
        remedy = f"ask for bytes before {size}"
        refused = problems.response_of(OutOfRange("RANGE_BEHIND_END", "It is not so long.", remedy=remedy))
        refused.headers["Content-Range"] = f"bytes */{size}"
        return refused
    wanted = range(size) if part is None else part
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(len(wanted))}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    first = (await sound.piece(file_name, wanted.start, min(PIECE, max(1, len(wanted))))).content
    pieces = sound.pieces(file_name, wanted, first)
    return StreamingResponse(pieces, 200 if part is None else 206, headers, TYPE)
