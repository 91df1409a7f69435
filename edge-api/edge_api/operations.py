"""A route that forwards one rpc: from the request, call, to JSON. Knows no rpc by name."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from google.protobuf.message import Message
from pydantic import BaseModel

from edge_api import problems, shapes
from edge_api.calls import Calls
from edge_api.contract import Rpc, rpc
from services.runtime.errors import Unauthenticated

_PARAMETER = re.compile(r"{(\w+)}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BEARER = HTTPBearer(auto_error=False, description="the access token of a login")
_OPTIONAL_BEARER = HTTPBearer(auto_error=False, scheme_name="HTTPBearer")
PAGE = ("page_size", "page_token")


async def token_of(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> str:
    """The caller's token, unread; a stranger is refused before anything is called.

    Asynchronous like its neighbours: FastAPI takes a thread for each plain function, at every request.
    """
    if credentials is None or not credentials.credentials.isascii():
        remedy = 'log in and send "authorization: Bearer <access token>"'
        raise Unauthenticated("TOKEN_MISSING", "This call needs a token.", remedy=remedy)
    return credentials.credentials


async def token_if_any(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_OPTIONAL_BEARER)],
) -> str:
    return credentials.credentials if credentials and credentials.credentials.isascii() else ""


Token = Annotated[str, Depends(token_of)]
OptionalToken = Annotated[str, Depends(token_if_any)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_.:-]{1,64}$",
        description="made anew for each change, sent again only to repeat it: the change happens once",
    ),
]


async def calls_of(request: Request) -> Calls:
    calls: Calls = request.app.state.calls
    return calls


TheCalls = Annotated[Calls, Depends(calls_of)]


@dataclass(frozen=True)
class Operation:
    """One route. What its path does not name is the query (GET, DELETE) or the body.

    `body` names the field of the request that the body is; `result` the field of the answer that is
    sent. `places` says where a path parameter goes when it is no field of the request itself.
    """

    method: str
    path: str
    calls: str
    summary: str
    name: str = ""
    body: str = ""
    needs: frozenset[str] = frozenset()
    result: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    text_places: frozenset[str] = frozenset()
    """Path parameters that are names and not ids."""
    timeout_s: float | None = None
    """Seconds, where the usual deadline does not fit."""

    @property
    def rpc(self) -> Rpc:
        return rpc(self.calls)

    @property
    def operation_id(self) -> str:
        return self.name or _CAMEL.sub("_", self.rpc.name).lower()

    @cached_property
    def in_path(self) -> dict[str, str]:
        """Path parameter → field of the request, dotted."""
        return {each: self.places.get(each, each) for each in _PARAMETER.findall(self.path)}

    @cached_property
    def body_message(self) -> Any:
        whole: Any = self.rpc.request.DESCRIPTOR
        return whole.fields_by_name[self.body].message_type if self.body else whole

    @property
    def takes_key(self) -> bool:
        return self.method != "GET" and "request_id" in self.rpc.request.DESCRIPTOR.fields_by_name

    @property
    def has_query(self) -> bool:
        return self.method in ("GET", "DELETE")

    def answer_model(self) -> type[BaseModel] | None:
        message: Any = self.rpc.response.DESCRIPTOR
        if self.result:
            message = message.fields_by_name[self.result].message_type
        return shapes.answered(message) if message.fields else None

    def request_of(self, places: Mapping[str, str], values: Mapping[str, Any], key: str) -> Message:
        request = self.rpc.request()
        page = {name: values[name] for name in PAGE if name in values}
        rest = {name: value for name, value in values.items() if name not in page}
        if page:
            shapes.fill(request, {"page": page})
        shapes.fill(request, {self.body: rest} if self.body else rest)
        for parameter, target in self.in_path.items():
            *outer, last = target.split(".")
            message: Any = request
            for name in outer:
                message = getattr(message, name)
            shapes.fill(message, {last: places[parameter]})
        if key:
            shapes.fill(request, {"request_id": key})
        return request

    def answer_of(self, response: Message) -> Response:
        body = shapes.to_json(response)
        if not body:
            return Response(status_code=204)
        return JSONResponse(body[self.result] if self.result else body, self.status)

    @property
    def status(self) -> int:
        if not self.rpc.response.DESCRIPTOR.fields:
            return 204
        made = self.method == "POST" and self.rpc.name.startswith(("Create", "Issue", "Save"))
        return 201 if made else 200


def mount(router: APIRouter, operation: Operation) -> None:
    router.add_api_route(
        operation.path,
        _endpoint(operation),
        methods=[operation.method],
        operation_id=operation.operation_id,
        summary=operation.summary,
        status_code=operation.status,
        response_model=operation.answer_model(),
        responses=problems.ALWAYS | problems.documented(401, 403, 404, 409, 413),
    )


def _endpoint(operation: Operation) -> Callable[..., Awaitable[Response]]:
    async def endpoint(request: Request, calls: TheCalls, token: str, **given: Any) -> Response:
        values: dict[str, Any] = {}
        if "body" in given:
            values = given.pop("body").model_dump(exclude_unset=True)
        key = given.pop("key", "")
        places = {name: str(given.pop(name)) for name in operation.in_path}
        message = operation.request_of(places, values | given, key)
        timeout_s = operation.timeout_s or request.app.state.settings.call_s
        return operation.answer_of(await calls.unary(operation.rpc, message, token, timeout_s))

    endpoint.__signature__ = inspect.Signature(_parameters(operation))  # type: ignore[attr-defined]
    endpoint.__name__ = operation.operation_id
    return endpoint


def _parameters(operation: Operation) -> list[inspect.Parameter]:
    """What FastAPI reads: the path's ids, then the query or the body, and whose call it is."""
    found: dict[str, tuple[Any, Any]] = {"request": (Request, ...), "calls": (TheCalls, ...)}
    found["token"] = (Token, ...)
    for name in operation.in_path:
        kind = str if name in operation.text_places else UUID
        limits = {"max_length": 200, "min_length": 1} if kind is str else {}
        found[name] = (Annotated[kind, Path(**limits)], ...)  # type: ignore[arg-type]
    if operation.takes_key:
        found["key"] = (IdempotencyKey, ...)
    found |= _query(operation) if operation.has_query else _body(operation)
    return [_parameter(name, *each) for name, each in found.items()]


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind, empty = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    return inspect.Parameter(name, kind, default=empty if default is ... else default, annotation=annotation)


def _query(operation: Operation) -> dict[str, tuple[Any, Any]]:
    taken = {*operation.in_path.values(), "request_id"}
    found: dict[str, tuple[Any, Any]] = {}
    for each in operation.rpc.request.DESCRIPTOR.fields:
        if each.name in taken:
            continue
        fields: Any = each.message_type.fields if each.message_type else [each]
        for one in fields:
            kind, default = shapes.asked_field(one, needed=one.name in operation.needs)
            found[one.name] = (Annotated[kind, Query()], default)
    return found


def _body(operation: Operation) -> dict[str, tuple[Any, Any]]:
    inner = {target.rpartition(".")[2] for target in operation.in_path.values()}
    message = operation.body_message
    without = frozenset({*inner, "request_id", "created_at"})
    if all(each.name in without for each in message.fields):
        return {}
    name = f"{operation.operation_id.title().replace('_', '')}Body"
    return {"body": (shapes.asked(message, without, operation.needs, name), ...)}
