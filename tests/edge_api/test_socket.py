"""An interview's socket over the session's watch, without a mesh."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from edge_api.app import create_app
from edge_api.captions import LocalCaptions
from edge_api.config import Settings
from edge_api.fake_calls import FakeCalls
from edge_api.socket import ACCESS_ENDED, ORIGIN_REFUSED, TICKET_REFUSED, TOO_SLOW
from fastapi.testclient import TestClient
from google.protobuf.message import Message
from starlette.websockets import WebSocketDisconnect
from viva.v1 import interview_pb2 as pb

from services.runtime.errors import Unauthenticated
from tests.edge_api.samples import ID

pytestmark = pytest.mark.unit
TURN = pb.Turn(id=ID, number=1, question=pb.Question(id=ID, text="자기소개를 부탁드립니다."))
SNAPSHOT = pb.WatchInterviewResponse(
    snapshot=pb.InterviewSnapshot(interview=pb.Interview(id=ID, current_turn=TURN, last_seq=4))
)
ASKED = pb.WatchInterviewResponse(
    event=pb.InterviewEvent(interview_id=ID, seq=4, type="question.asked", turn=TURN)
)
DELTA = pb.WatchInterviewResponse(
    question_delta=pb.QuestionDelta(turn_id=ID, generation=1, index=0, text="자")
)


class Watched(FakeCalls):
    """A watch that gives these and then waits; a caption is published once it does."""

    def __init__(self, *answers: Any, captions: LocalCaptions | None = None, flood: int = 0) -> None:
        super().__init__()
        self._watched, self._captions, self._flood = answers, captions, flood

    async def stream(self, method: Any, request: Any, token: str, timeout_s: Any) -> AsyncIterator[Message]:
        for answer in self._watched:
            if isinstance(answer, Exception):
                raise answer
            if answer.WhichOneof("message") != "event" or answer.event.seq > request.after_seq:
                yield answer
        if self._captions:
            body = {
                "type": "caption",
                "turn_id": ID,
                "index": 1,
                "committed": "안녕하세요",
                "unstable": "저는",
            }
            self._captions.publish(ID, json.dumps(body).encode())
        for _ in range(self._flood):
            yield DELTA
        await asyncio.Event().wait()


def client_of(*answers: Any, captions: LocalCaptions | None = None, flood: int = 0) -> TestClient:
    calls = Watched(*answers, captions=captions, flood=flood)
    return TestClient(create_app(Settings(), calls, captions or LocalCaptions()))


def address(client: TestClient, after_seq: int = 0) -> str:
    made = client.post(
        f"/api/v1/interviews/{ID}/tickets", headers={"authorization": "Bearer some.jwt"}
    ).json()
    return f"{made['path']}?ticket={made['ticket']}&after_seq={after_seq}"


@contextmanager
def opened(client: TestClient, where: str) -> Iterator[Any]:
    """A socket whose page goes away at the end; the test client then cancels what serves it."""
    with suppress(CancelledError), client.websocket_connect(where) as socket:
        yield socket


def closing_of(client: TestClient, where: str, **headers: str) -> int:
    """The code that the edge closes with, whatever it says before."""
    try:
        with client.websocket_connect(where, headers=headers) as socket:
            while True:
                socket.receive_json()
    except WebSocketDisconnect as ended:
        return ended.code


def test_f07_a_page_that_connects_again_gets_the_stored_question() -> None:
    client = client_of(SNAPSHOT, ASKED)
    for after_seq in (0, 3):
        with opened(client, address(client, after_seq)) as socket:
            snapshot, event = socket.receive_json(), socket.receive_json()
        assert snapshot["type"] == "snapshot"
        assert snapshot["interview"]["current_turn"]["question"]["text"] == "자기소개를 부탁드립니다."
        assert (event["type"], event["seq"]) == ("question.asked", 4)


def test_f16_a_caption_reaches_the_socket_while_the_watch_goes_on() -> None:
    client = client_of(SNAPSHOT, captions=LocalCaptions())
    with opened(client, address(client)) as socket:
        seen = [socket.receive_json(), socket.receive_json()]
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
    caption = next(each for each in seen if each["type"] == "caption")
    assert (caption["committed"], caption["unstable"]) == ("안녕하세요", "저는")


def test_a_ticket_opens_one_socket() -> None:
    client = client_of(SNAPSHOT)
    where = address(client)
    with opened(client, where) as socket:
        socket.receive_json()
    assert closing_of(client, where) == TICKET_REFUSED
    assert closing_of(client, where.replace("ticket=", "ticket=x")) == TICKET_REFUSED


def test_another_sites_page_gets_no_socket() -> None:
    client = client_of(SNAPSHOT)
    assert closing_of(client, address(client), origin="https://evil.example") == ORIGIN_REFUSED


def test_a_socket_ends_when_access_ends() -> None:
    client = client_of(SNAPSHOT, Unauthenticated("TOKEN_REFUSED", "gone"))
    assert closing_of(client, address(client)) == ACCESS_ENDED


def test_a_reader_that_falls_too_far_behind_is_cut_off() -> None:
    client = client_of(SNAPSHOT, flood=2_000)
    assert closing_of(client, address(client)) == TOO_SLOW


def test_anything_but_a_ping_ends_the_socket() -> None:
    client = client_of(SNAPSHOT)
    with opened(client, address(client)) as socket:
        socket.receive_json()
        socket.send_text("{" * 600)
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()
