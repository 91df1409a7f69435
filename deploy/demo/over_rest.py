"""The demonstration's candidate over REST and an interview's socket, as a browser would go."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from viva.v1 import interview_pb2, resume_pb2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from deploy.demo.errors import DemoError, Refused, refused_with
from deploy.demo.person import CALL_TIMEOUT_S, SILENCE_S, Files, News, Register, Watch
from deploy.demo.translation import from_json, to_json

API = "/api/v1"
REFRESH_BEFORE = timedelta(minutes=1)
PATIENCE_S = 180.0  # for an edge that asks to come back later
AWAY_S, PAUSE_S = 15.0, 0.5  # for one that cannot be reached
COME_BACK = (429, 503, 504)
# Codes that the edge closes a socket with for good: a page of another site, access that ended, a message
# that it does not understand.
FOR_GOOD = {4400: "another site's page", 4403: "access ended", 1008: "not understood"}
_PLACE = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Route:
    """Where REST has an rpc; `result` names the field of the answer that is sent alone."""

    method: str
    path: str
    result: str = ""


ROUTES: Mapping[str, Route] = {
    "ConsentService.GetConsentTexts": Route("GET", "/consent-texts"),
    "ConsentService.RecordConsent": Route("PUT", "/interviews/{interview_id}/consents"),
    "InterviewService.CreateInterview": Route("POST", "/interviews", "interview"),
    "InterviewService.StartInterview": Route("POST", "/interviews/{interview_id}/start", "interview"),
    "InterviewService.SubmitAnswer": Route("POST", "/interviews/{interview_id}/turns/{turn_id}/answer"),
    "InterviewService.GetInterview": Route("GET", "/interviews/{interview_id}"),
    "InterviewService.GetInfo": Route("GET", "/capabilities"),
    "MediaService.Negotiate": Route("POST", "/interviews/{interview_id}/media"),
}


@asynccontextmanager
async def over_rest(address: str) -> AsyncIterator[Register]:
    """`address` is the edge's host:port, or its URL."""
    base = address.rstrip("/") if "://" in address else f"http://{address}"
    async with AsyncExitStack() as stack:

        async def register(name: str, language: str) -> RestPerson:
            client = httpx.AsyncClient(base_url=base, timeout=CALL_TIMEOUT_S)
            return await RestPerson.register(await stack.enter_async_context(client), name, language)

        yield register


class RestPerson:
    """`client` is this person's alone: its cookie is their login."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._access: dict[str, Any] = {}

    @classmethod
    async def register(cls, client: httpx.AsyncClient, name: str, language: str) -> "RestPerson":
        """A new account under an address that leads nowhere."""
        body = {
            "email": f"demo-{uuid4().hex}@example.com",
            "password": secrets.token_urlsafe(24),
            "display_name": name,
            "language": language,
        }
        person = cls(client)
        person._access = (await person._sent("registering", "POST", "/auth/register", json=body)).json()
        return person

    async def call(self, what: str, rpc: str, request: Message) -> Any:
        route, told = ROUTES[rpc], to_json(request)
        key = {"Idempotency-Key": told.pop("request_id")} if "request_id" in told else {}
        path = _PLACE.sub(lambda place: str(told.pop(place[1])), route.path)
        sent: dict[str, Any] = {"params": told} if route.method == "GET" else {"json": told}
        answer = await self._asked(what, route.method, path, headers=key, **sent)
        body = answer.json() if answer.content else {}
        return _read(what, _answer_of(rpc), {route.result: body} if route.result else body)

    async def upload(self, meta: resume_pb2.ResumeMeta, content: bytes) -> resume_pb2.Resume:
        told, what = to_json(meta), "uploading the résumé"
        key = {"Idempotency-Key": told.pop("request_id")}
        answer = await self._asked(what, "POST", "/resumes", params=told, headers=key, content=content)
        resume: resume_pb2.Resume = _read(what, resume_pb2.Resume(), answer.json())
        return resume

    async def progress(self, resume_id: str) -> AsyncIterator[resume_pb2.Resume]:
        what, path = "reading the résumé", f"{API}/resumes/{resume_id}/progress"
        headers = await self._identity()
        try:
            async with self._client.stream("GET", path, headers=headers, timeout=SILENCE_S) as answer:
                if answer.is_error:
                    await answer.aread()
                    raise refused_with(what, _problem(answer))
                async for name, body in _server_sent(answer.aiter_lines()):
                    if name == "problem":
                        raise refused_with(what, body)
                    yield _read(what, resume_pb2.Resume(), body)
        except httpx.TransportError as error:
            raise _away(what, error) from error

    async def watch(self, interview_id: str, after_seq: int) -> Watch:
        what = "watching the interview"
        ticket = (await self._asked(what, "POST", f"/interviews/{interview_id}/tickets")).json()
        base = str(self._client.base_url).rstrip("/").replace("http", "ws", 1)
        address = f"{base}{ticket['path']}?ticket={ticket['ticket']}&after_seq={after_seq}"
        try:
            async with connect(address, compression=None) as socket:
                async for text in socket:
                    yield news_of(text)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            if code in FOR_GOOD:
                raise DemoError(f"{what}: {FOR_GOOD[code]} ({code}).", "viva logs edge") from closed
        except (WebSocketException, OSError, TimeoutError):
            pass  # the edge is away: whoever watches opens another

    async def files(self, interview_id: str) -> Files:
        what, path = "reading the report", f"/interviews/{interview_id}/report"
        told = (await self._asked(what, "GET", path)).json()
        summary = _read(what, interview_pb2.GetReportResponse(), told)
        page = (await self._asked(what, "GET", f"{path}.html")).content
        try:
            pdf = (await self._asked(what, "GET", f"{path}.pdf")).content
        except Refused as error:
            if not error.reason.endswith("_MISSING"):
                raise
            return Files(summary, told["report"] or {}, page, absent=f"{error} Mend it: {error.remedy}")
        return Files(summary, told["report"] or {}, page, pdf)

    async def _asked(
        self, what: str, method: str, path: str, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> httpx.Response:
        """The answer to a call as this person."""
        return await self._sent(
            what, method, path, headers={**(headers or {}), **await self._identity()}, **sent
        )

    async def _sent(self, what: str, method: str, path: str, **sent: Any) -> httpx.Response:
        """Sent again when the edge asks for it: a key makes the same change only once."""
        began = time.monotonic()
        while True:
            try:
                answer = await self._client.request(method, API + path, **sent)
            except httpx.TransportError as error:
                if time.monotonic() - began > AWAY_S:
                    raise _away(what, error) from error
                await asyncio.sleep(PAUSE_S)
                continue
            if not answer.is_error:
                return answer
            problem = _problem(answer)
            wait_s = _wait_s(problem) if answer.status_code in COME_BACK else None
            if wait_s is None or time.monotonic() - began + wait_s > PATIENCE_S:
                raise refused_with(what, problem)
            await asyncio.sleep(wait_s)

    async def _identity(self) -> dict[str, str]:
        """Proves who calls; a token that is about to end is replaced first."""
        ends = datetime.fromisoformat(self._access["access_expires_at"])
        if ends - datetime.now(UTC) < REFRESH_BEFORE:
            self._access = (await self._sent("renewing the login", "POST", "/auth/refresh")).json()
        return {"authorization": f"Bearer {self._access['access_token']}"}


def news_of(text: str | bytes) -> News | None:
    """A stored event of the socket or words of a question; None for all else that it says."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    what = "watching the interview"
    if body.get("type") == "question.delta":
        delta: interview_pb2.QuestionDelta = _read(what, interview_pb2.QuestionDelta(), body)
        return delta
    return _read(what, interview_pb2.InterviewEvent(), body) if "seq" in body else None


async def _server_sent(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Server-sent events: their names and bodies."""
    name = ""
    async for line in lines:
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        elif kind == "data":
            yield name, json.loads(value)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """What a refusal says; a proxy in between says it in its own way."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"detail": f"status {answer.status_code}"}


def _wait_s(problem: Mapping[str, Any]) -> float | None:
    """Seconds; None where waiting does not help."""
    if str(problem.get("reason", "")).endswith("_MISSING"):
        return None
    return float(problem.get("retry_after_s") or PAUSE_S)


def _away(what: str, error: httpx.TransportError) -> DemoError:
    text = f"{what}: the edge cannot be reached ({type(error).__name__})."
    return DemoError(text, "viva status; viva logs edge")


def _answer_of(rpc: str) -> Any:
    service, _, name = rpc.partition(".")
    found: Any = descriptor_pool.Default().FindServiceByName(f"viva.v1.{service}")
    return message_factory.GetMessageClass(found.methods_by_name[name].output_type)()


def _read(what: str, message: Any, told: Any) -> Any:
    try:
        return from_json(message, told)
    except ValueError as error:
        raise DemoError(f"{what}: the answer is {error}.", "viva logs edge") from error
