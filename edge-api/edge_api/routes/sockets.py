"""The ticket that opens an interview's socket, and the socket. Tokens never stand in an address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel
from viva.v1 import interview_pb2

from edge_api import problems
from edge_api.contract import rpc
from edge_api.operations import TheCalls, Token
from edge_api.socket import serve

router = APIRouter()


class Ticket(BaseModel):
    """Opens one socket, once, until `expires_at`: `{path}?ticket={ticket}&after_seq={last seq seen}`."""

    ticket: str
    expires_at: AwareDatetime
    path: str


@router.post(
    "/interviews/{interview_id}/tickets",
    operation_id="create_ticket",
    summary="A one-time ticket for the interview's socket, valid for half a minute",
    status_code=201,
    response_model=Ticket,
    responses=problems.ALWAYS | problems.documented(401, 403, 404),
)
async def create_ticket(request: Request, calls: TheCalls, token: Token, interview_id: UUID) -> Response:
    """Only for interviews that the caller may read: the session is asked."""
    wanted = interview_pb2.GetInterviewRequest(interview_id=str(interview_id))
    await calls.unary(rpc("InterviewService.GetInterview"), wanted, token, request.app.state.settings.call_s)
    secret, until = request.app.state.tickets.issue(str(interview_id), token)
    body = {"ticket": secret, "expires_at": until.isoformat()}
    return JSONResponse(body | {"path": f"/api/v1/interviews/{interview_id}/socket"}, 201)


@router.websocket("/interviews/{interview_id}/socket")
async def interview_socket(
    socket: WebSocket,
    interview_id: UUID,
    ticket: Annotated[str, Query(max_length=100)] = "",
    after_seq: Annotated[int, Query(ge=0, lt=2**62)] = 0,
) -> None:
    await serve(socket, str(interview_id), ticket, after_seq)
