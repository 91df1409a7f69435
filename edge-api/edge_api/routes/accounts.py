"""Who people are: login, tokens, one's own data. The refresh token lives in a cookie that no script reads.

Access tokens travel in bodies and headers only, so no other site can act for a person: the cookie
reaches nothing but the renewal, whose answer another site cannot read.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC
from typing import Annotated, Any, cast

from fastapi import APIRouter, Cookie, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from google.protobuf.message import Message
from pydantic import AwareDatetime, BaseModel
from viva.v1 import account_pb2, common_pb2

from edge_api import problems, shapes, throttles
from edge_api.calls import Calls
from edge_api.contract import rpc
from edge_api.operations import Operation, OptionalToken, TheCalls, Token
from services.runtime.errors import PermissionDenied, Unauthenticated, VivaError

COOKIE = "viva_refresh"
COOKIE_PATH = "/api/v1/auth"
EXPORT_S = 600.0

OPERATIONS = (
    Operation("GET", "/me", "AccountService.GetMe", "Who the caller is", result="user"),
    Operation(
        *("PUT", "/me/password", "AccountService.ChangePassword"),
        "Change the password; logs out everywhere",
        needs=frozenset({"old_password", "new_password"}),
    ),
    Operation(
        *("POST", "/me/erasure", "AccountService.EraseMyData"),
        "Erase the caller's words everywhere; the account ends",
        needs=frozenset({"password"}),
        timeout_s=60.0,
    ),
)
router = APIRouter(responses=problems.ALWAYS | problems.documented(413))
RefreshCookie = Annotated[str, Cookie(alias=COOKIE, max_length=500)]

_LANGUAGE = shapes.words_of(common_pb2.Language.DESCRIPTOR)
_USER = shapes.answered(account_pb2.User.DESCRIPTOR)
_INVITATION = shapes.answered(account_pb2.Invitation.DESCRIPTOR)


class Access(BaseModel):
    """An access token; the refresh token came as a cookie."""

    access_token: str
    access_expires_at: AwareDatetime


class SignedIn(Access):
    user: _USER  # type: ignore[valid-type]


class Accepted(BaseModel):
    """`access_token` is null when the caller was logged in already."""

    invitation: _INVITATION  # type: ignore[valid-type]
    user: _USER  # type: ignore[valid-type]
    access_token: str | None
    access_expires_at: AwareDatetime | None


class RegisterBody(shapes.Asked):
    email: str
    password: str
    display_name: str
    language: _LANGUAGE | None = None  # type: ignore[valid-type]


class LogInBody(shapes.Asked):
    email: str
    password: str


class LogOutBody(shapes.Asked):
    everywhere: bool = False


class GetInvitationBody(shapes.Asked):
    token: str


class AcceptInvitationBody(shapes.Asked):
    """Password and name are for a new account; whoever is logged in sends the token alone."""

    token: str
    password: str = ""
    display_name: str = ""


def _filled(name: str, body: Any) -> Message:
    message = rpc(f"AccountService.{name}").request()
    shapes.fill(message, body.model_dump(exclude_unset=True))
    return message


async def _called(request: Request, calls: Calls, name: str, message: Message, token: str = "") -> Any:
    return await calls.unary(rpc(f"AccountService.{name}"), message, token, request.app.state.settings.call_s)


@router.post(
    "/auth/register",
    operation_id="register",
    summary="Make a candidate's account and log in",
    status_code=201,
    response_model=SignedIn,
    responses=problems.documented(403, 409),
)
async def register(request: Request, calls: TheCalls, body: RegisterBody) -> Response:
    throttles.of(request).sign_in(request, body.email)
    answer = await _called(request, calls, "Register", _filled("Register", body))
    return _signed_in(request, answer, 201)


@router.post(
    "/auth/login",
    operation_id="log_in",
    summary="Log in with address and password",
    response_model=SignedIn,
    responses=problems.documented(401, 403),
)
async def log_in(request: Request, calls: TheCalls, body: LogInBody) -> Response:
    throttles.of(request).sign_in(request, body.email)
    return _signed_in(request, await _called(request, calls, "LogIn", _filled("LogIn", body)))


@router.post(
    "/auth/refresh",
    operation_id="refresh_tokens",
    summary="A new access token for the cookie of a login; the cookie is replaced",
    response_model=Access,
    responses=problems.documented(401, 403),
)
async def refresh_tokens(request: Request, calls: TheCalls, refresh_token: RefreshCookie = "") -> Response:
    _assert_own_page(request)
    throttles.of(request).renew(request)
    if not refresh_token:
        raise Unauthenticated("REFRESH_FAILED", "There is no login to renew.", remedy="log in again")
    try:
        answer = await _renewed(request, calls, refresh_token)
    except VivaError as error:
        refused = problems.response_of(error)
        if refused.status_code == 401:
            _drop_cookie(request, refused)
        return refused
    response = JSONResponse(_access(answer.tokens))
    _set_cookie(request, response, answer.tokens)
    return response


async def _renewed(request: Request, calls: Calls, refresh_token: str) -> Any:
    """Two tabs that renew at once share one renewal: a refresh token works once, ever."""
    running: dict[str, asyncio.Task[Any]] = request.app.state.renewals
    if refresh_token not in running:
        message = account_pb2.RefreshTokensRequest(refresh_token=refresh_token)
        task = asyncio.create_task(_called(request, calls, "RefreshTokens", message))
        running[refresh_token] = task
        task.add_done_callback(lambda _: running.pop(refresh_token, None))
    return await asyncio.shield(running[refresh_token])


@router.post(
    "/auth/logout",
    operation_id="log_out",
    summary="End this login, or with `everywhere` all of the caller's",
    status_code=204,
    responses=problems.documented(401, 403),
)
async def log_out(
    request: Request, calls: TheCalls, token: Token, body: LogOutBody, refresh_token: RefreshCookie = ""
) -> Response:
    message: Any = _filled("LogOut", body)
    message.refresh_token = refresh_token
    await _called(request, calls, "LogOut", message, token)
    response = Response(status_code=204)
    _drop_cookie(request, response)
    return response


@router.get(
    "/me/export",
    operation_id="export_my_data",
    summary="Everything stored about the caller, as one JSON document",
    response_class=StreamingResponse,
    responses=problems.documented(401, 403, 404)
    | {200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def export_my_data(request: Request, calls: TheCalls, token: Token) -> Response:
    pieces = calls.stream(
        rpc("AccountService.ExportMyData"), account_pb2.ExportMyDataRequest(), token, EXPORT_S
    )
    first = await anext(pieces, None)
    headers = {"Content-Disposition": 'attachment; filename="viva-my-data.json"'}
    return StreamingResponse(_data(first, pieces), media_type="application/json", headers=headers)


async def _data(first: Message | None, pieces: AsyncIterator[Message]) -> AsyncIterator[bytes]:
    async with aclosing(cast(Any, pieces)):
        yield b"" if first is None else cast(Any, first).data
        async for piece in pieces:
            yield cast(Any, piece).data


@router.post(
    "/invitations/lookup",
    operation_id="look_up_invitation",
    summary="What an invitation link offers; the link's secret travels in the body",
    response_model=shapes.answered(account_pb2.GetInvitationResponse.DESCRIPTOR),
    responses=problems.documented(404, 409),
)
async def look_up_invitation(request: Request, calls: TheCalls, body: GetInvitationBody) -> Response:
    throttles.of(request).sign_in(request, body.token)
    answer = await _called(request, calls, "GetInvitation", _filled("GetInvitation", body))
    return JSONResponse(shapes.to_json(answer))


@router.post(
    "/invitations/acceptance",
    operation_id="accept_invitation",
    summary="Make an account of the invitation's address, or add the invitation to the caller's own",
    response_model=Accepted,
    responses=problems.documented(401, 403, 404, 409),
)
async def accept_invitation(
    request: Request, calls: TheCalls, token: OptionalToken, body: AcceptInvitationBody
) -> Response:
    throttles.of(request).sign_in(request, body.token)
    answer = await _called(request, calls, "AcceptInvitation", _filled("AcceptInvitation", body), token)
    access = _access(answer.tokens) if answer.HasField("tokens") else dict.fromkeys(Access.model_fields)
    seen = {"invitation": shapes.to_json(answer.invitation), "user": shapes.to_json(answer.user)}
    response = JSONResponse(seen | access)
    if answer.HasField("tokens"):
        _set_cookie(request, response, answer.tokens)
    return response


def _signed_in(request: Request, answer: Any, status: int = 200) -> Response:
    response = JSONResponse(_access(answer.tokens) | {"user": shapes.to_json(answer.user)}, status)
    _set_cookie(request, response, answer.tokens)
    return response


def _access(tokens: Any) -> dict[str, Any]:
    return {name: shapes.to_json(tokens)[name] for name in Access.model_fields}


def _set_cookie(request: Request, response: Response, tokens: Any) -> None:
    response.set_cookie(
        COOKIE,
        tokens.refresh_token,
        expires=tokens.refresh_expires_at.ToDatetime().replace(tzinfo=UTC),
        path=COOKIE_PATH,
        secure=throttles.of(request).is_https(request),
        httponly=True,
        samesite="strict",
    )


def _drop_cookie(request: Request, response: Response) -> None:
    secure = throttles.of(request).is_https(request)
    response.delete_cookie(COOKIE, COOKIE_PATH, secure=secure, httponly=True, samesite="strict")


def _assert_own_page(request: Request) -> None:
    """The one route that a cookie alone opens answers no other site's page."""
    if not throttles.of(request).is_own_origin(request):
        raise PermissionDenied(
            "ORIGIN_REFUSED", "Another site's page may not do this.", remedy="open Viva itself"
        )
