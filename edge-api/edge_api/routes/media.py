"""Voice and video: forwards the browser's WebRTC negotiation, once the session has let the caller in."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from google.protobuf.message import Message
from pydantic import BaseModel, ConfigDict, Field
from viva.v1 import interview_pb2, media_pb2

from edge_api import problems, shapes
from edge_api.calls import Calls
from edge_api.contract import rpc
from edge_api.operations import IdempotencyKey, TheCalls, Token

router = APIRouter(responses=problems.ALWAYS | problems.documented(401, 403, 404, 409, 413))
PeerId = Annotated[str, Path(min_length=1, max_length=100)]


class Offer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    offer_sdp: str = Field(min_length=1, max_length=64 << 10)


async def _let_in(request: Request, calls: TheCalls, token: str, interview_id: UUID) -> None:
    """Media knows only the mesh; that the interview is the caller's to speak in is asked of the session."""
    wanted = interview_pb2.GetInterviewRequest(interview_id=str(interview_id), to_conduct=True)
    await calls.unary(rpc("InterviewService.GetInterview"), wanted, token, request.app.state.settings.call_s)


async def _of_media(
    request: Request, calls: Calls, name: str, interview_id: UUID, wanted: Message
) -> Message:
    """One interview's calls go to one media server: it holds the connection."""
    call_s = request.app.state.settings.call_s
    return await calls.unary(rpc(f"MediaService.{name}"), wanted, "", call_s, key=str(interview_id))


@router.get(
    "/interviews/{interview_id}/media/ice-servers",
    operation_id="get_ice_servers",
    summary="STUN and TURN servers for the connection, with passing passwords; none unless they were set",
    response_model=shapes.answered(media_pb2.GetIceServersResponse.DESCRIPTOR),
)
async def get_ice_servers(request: Request, calls: TheCalls, token: Token, interview_id: UUID) -> Response:
    await _let_in(request, calls, token, interview_id)
    wanted = media_pb2.GetIceServersRequest()
    answer = await _of_media(request, calls, "GetIceServers", interview_id, wanted)
    return JSONResponse(shapes.to_json(answer))


@router.post(
    "/interviews/{interview_id}/media",
    operation_id="negotiate_media",
    summary="Answer a WebRTC offer; 503 where media is not installed. A second offer replaces the first",
    response_model=shapes.answered(media_pb2.NegotiateResponse.DESCRIPTOR),
)
async def negotiate_media(
    request: Request, calls: TheCalls, token: Token, interview_id: UUID, key: IdempotencyKey, body: Offer
) -> Response:
    await _let_in(request, calls, token, interview_id)
    offer = media_pb2.NegotiateRequest(
        interview_id=str(interview_id), offer_sdp=body.offer_sdp, request_id=key
    )
    answer = await _of_media(request, calls, "Negotiate", interview_id, offer)
    return JSONResponse(shapes.to_json(answer))


@router.post(
    "/interviews/{interview_id}/media/{peer_id}/candidates",
    operation_id="add_ice_candidate",
    summary="Add a network candidate that the browser found later",
    status_code=204,
)
async def add_ice_candidate(
    request: Request,
    calls: TheCalls,
    token: Token,
    interview_id: UUID,
    peer_id: PeerId,
    body: shapes.asked(media_pb2.AddIceCandidateRequest.DESCRIPTOR, frozenset({"peer_id"})),  # type: ignore[valid-type]
) -> Response:
    await _let_in(request, calls, token, interview_id)
    found: Any = media_pb2.AddIceCandidateRequest(peer_id=peer_id)
    shapes.fill(found, body.model_dump(exclude_unset=True))
    await _of_media(request, calls, "AddIceCandidate", interview_id, found)
    return Response(status_code=204)


@router.delete(
    "/interviews/{interview_id}/media/{peer_id}",
    operation_id="hang_up",
    summary="End the connection; the interview goes on",
    status_code=204,
)
async def hang_up(
    request: Request, calls: TheCalls, token: Token, interview_id: UUID, peer_id: PeerId
) -> Response:
    await _let_in(request, calls, token, interview_id)
    wanted = media_pb2.HangupRequest(peer_id=peer_id)
    await _of_media(request, calls, "Hangup", interview_id, wanted)
    return Response(status_code=204)
