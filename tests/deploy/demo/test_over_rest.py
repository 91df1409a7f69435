"""The demonstration's candidate before an edge that refuses, waits, goes away or says odd things."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets
from viva.v1 import interview_pb2

from deploy.demo import over_rest
from deploy.demo.errors import DemoError, Refused
from deploy.demo.over_rest import RestPerson, news_of

pytestmark = pytest.mark.integration
ACCESS = {"access_token": "first", "access_expires_at": "2099-01-01T00:00:00Z"}
ENDED = ACCESS | {"access_expires_at": "2026-01-01T00:00:00.123456Z"}
TICKET = {"ticket": "t", "path": "/socket"}
EVENT = {"interview_id": "i", "seq": 1, "type": "question.asked", "status": "in_progress", "turn": None}
INFO = interview_pb2.InterviewServiceGetInfoRequest()
Answers = Callable[[httpx.Request], httpx.Response]


def problem(status: int, reason: str, **more: Any) -> httpx.Response:
    return httpx.Response(
        status, json={"status": status, "reason": reason, "detail": "No.", "remedy": ""} | more
    )


@asynccontextmanager
async def person(answers: Answers, access: dict[str, str] = ACCESS) -> AsyncIterator[RestPerson]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json=access) if "register" in request.url.path else answers(request)

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(base_url="http://edge", transport=transport) as client:
        yield await RestPerson.register(client, "김민수", "ko")


async def test_an_edge_that_is_busy_is_asked_again() -> None:
    busy = [
        problem(429, "TOO_MANY_REQUESTS", retry_after_s=0.01),
        problem(503, "UNAVAILABLE", retry_after_s=0.01),
    ]
    async with person(lambda _: busy.pop() if busy else httpx.Response(200, json={"parts": []})) as who:
        assert await who.call("asking", "InterviewService.GetInfo", INFO)
    assert busy == []


async def test_a_wait_without_end_is_told_with_the_edges_reason() -> None:
    async with person(lambda _: problem(429, "TOO_MANY_REQUESTS", retry_after_s=3000.0)) as who:
        with pytest.raises(Refused, match=r"asking: No\. \(TOO_MANY_REQUESTS\)"):
            await who.call("asking", "InterviewService.GetInfo", INFO)


async def test_a_refusal_by_a_proxy_names_its_status() -> None:
    async with person(lambda _: httpx.Response(502, text="<html>")) as who:
        with pytest.raises(Refused, match="status 502"):
            await who.call("asking", "InterviewService.GetInfo", INFO)


async def test_an_edge_that_is_away_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(over_rest, "AWAY_S", 0.0)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with person(away) as who:
        with pytest.raises(DemoError, match="cannot be reached"):
            await who.call("asking", "InterviewService.GetInfo", INFO)


async def test_a_login_that_is_about_to_end_is_renewed_first() -> None:
    seen = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers.get("authorization")))
        return httpx.Response(200, json=ACCESS | {"access_token": "second"})

    async with person(answers, ENDED) as who:
        await who.call("asking", "InterviewService.GetInfo", INFO)
    assert seen == [("/api/v1/auth/refresh", None), ("/api/v1/capabilities", "Bearer second")]


async def test_a_pdf_that_cannot_be_drawn_here_is_absent_with_the_command() -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("pdf"):
            return problem(503, "FONT_MISSING", remedy="make web", retry_after_s=60.0)
        return httpx.Response(200, json={"state": "ready", "version": 1, "report": {"total": 3.0}})

    async with person(answers) as who:
        files = await who.files("i")
    assert files.pdf is None
    assert files.absent.endswith("make web")
    assert (files.summary.state, files.report) == (interview_pb2.REPORT_STATE_READY, {"total": 3.0})


async def test_progress_of_a_resume_that_breaks_is_a_refusal() -> None:
    resume = json.dumps({"id": "r", "status": "parsed"})
    ended = json.dumps({"reason": "NOT_FOUND", "detail": "It was deleted."})
    said = f"event: resume\ndata: {resume}\n\nevent: problem\ndata: {ended}\n\n"
    async with person(lambda _: httpx.Response(200, text=said)) as who:
        watching = who.progress("r")
        assert (await anext(watching)).id == "r"
        with pytest.raises(Refused, match="It was deleted"):
            await anext(watching)


@asynccontextmanager
async def socket_of(*said: str, code: int) -> AsyncIterator[RestPerson]:
    """A person before a socket that says this and closes."""

    async def serve(socket: websockets.ServerConnection) -> None:
        for each in said:
            await socket.send(each)
        await socket.close(code)

    async with (
        websockets.serve(serve, "127.0.0.1", 0) as server,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            transport=httpx.MockTransport(lambda _: httpx.Response(201, json=ACCESS | TICKET)),
        ) as client,
    ):
        yield await RestPerson.register(client, "김민수", "ko")


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4401, 4429, 4503, 4508])
async def test_a_socket_that_another_may_follow_just_ends(code: int) -> None:
    async with socket_of(json.dumps(EVENT), '{"type": "heartbeat"}', code=code) as who:
        seen = [each async for each in who.watch("i", 0)]
    assert [each and each.seq for each in seen] == [1, None]


@pytest.mark.parametrize("code", [1008, 4400, 4403])
async def test_a_socket_that_is_closed_for_good_is_an_error(code: int) -> None:
    async with socket_of(code=code) as who:
        with pytest.raises(DemoError, match=str(code)):
            await anext(who.watch("i", 0))


@pytest.mark.parametrize("text", ["", "[]", '"seq"', "3", "null", '{"type": "caption"}', b"\xff"])
def test_all_else_that_a_socket_says_is_a_sign_of_life(text: str | bytes) -> None:
    assert news_of(text) is None
