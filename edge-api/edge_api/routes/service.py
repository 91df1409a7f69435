"""Whether the edge serves, and what the mesh runs on in words."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from viva.v1 import account_pb2, common_pb2, interview_pb2, media_pb2

from edge_api import problems, shapes
from edge_api.calls import Calls
from edge_api.contract import rpc
from edge_api.operations import TheCalls, Token
from services.runtime.errors import PermissionDenied, Unavailable, VivaError

MEDIA_S = 2.0  # for its answer: the page asks while a person waits

router = APIRouter()
outside = APIRouter()
"""Paths of the process itself, not of the API."""


class Health(BaseModel):
    status: str


@outside.get("/healthz", operation_id="get_health", summary="The process serves", response_model=Health)
async def get_health() -> Response:
    return JSONResponse({"status": "serving"})


@outside.get(
    "/readyz",
    operation_id="get_readiness",
    summary="The session answers, so people can be served",
    response_model=Health,
    responses=problems.documented(503),
)
async def get_readiness(calls: TheCalls) -> Response:
    """The session refuses a stranger: that is an answer."""
    try:
        await calls.unary(rpc("AccountService.GetMe"), account_pb2.GetMeRequest(), "", 2.0)
    except VivaError as error:
        if problems.status_of(error) >= 500:
            raise Unavailable(
                "SESSION_AWAY", "The session does not answer.", remedy="viva logs session"
            ) from None
    return JSONResponse({"status": "ready"})


async def _media(calls: TheCalls) -> list[common_pb2.Capability]:
    """What voice and video run on, and what hears, speaks and looks; nothing where media is away."""
    found: Any
    try:
        request = media_pb2.MediaServiceGetInfoRequest()
        found = await calls.unary(rpc("MediaService.GetInfo"), request, "", MEDIA_S)
    except VivaError:
        return []
    return [found.capability, *found.parts]


@router.get(
    "/capabilities",
    operation_id="get_capabilities",
    summary="What each kind of work runs on, in words; the mending commands only for admins",
    response_model=shapes.answered(interview_pb2.InterviewServiceGetInfoResponse.DESCRIPTOR),
    responses=problems.ALWAYS | problems.documented(401, 403),
)
async def get_capabilities(request: Request, calls: TheCalls, token: Token) -> Response:
    limit_s = request.app.state.settings.call_s
    wanted = interview_pb2.InterviewServiceGetInfoRequest()
    info: Any
    info, is_admin = await asyncio.gather(
        calls.unary(rpc("InterviewService.GetInfo"), wanted, token, limit_s),
        _is_admin(calls, token, limit_s),
    )
    info.parts.extend(await _media(calls))
    if not is_admin:
        for each in (info.capability, *info.parts):
            each.remedy = ""
    return JSONResponse(shapes.to_json(info))


async def _is_admin(calls: Calls, token: str, limit_s: float) -> bool:
    """Another backend's token belongs to nobody; what it may see is the session's to decide."""
    try:
        me: Any = await calls.unary(rpc("AccountService.GetMe"), account_pb2.GetMeRequest(), token, limit_s)
    except PermissionDenied:
        return False
    return bool(me.user.role == account_pb2.ROLE_ADMIN)
