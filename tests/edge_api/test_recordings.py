"""Recordings over the edge: real files behind a real media server, and a session that allows or refuses."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from edge_api.app import create_app
from edge_api.calls import GrpcCalls
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.contract import Rpc
from google.protobuf.message import Message
from viva.v1 import interview_pb2

from services.media.config import Settings as MediaSettings
from services.media.engines.fake import FakeEngine
from services.media.server import build
from services.runtime.errors import NotFound
from tests.edge_api.samples import ID
from tests.services.rooms import TOKEN, listening

pytestmark = pytest.mark.integration

SOUND = bytes(range(256)) * (3 << 12)
NAME = "20270101T000000000Z-0123abcd.flac"
ALL = f"/api/v1/interviews/{ID}/recordings"


class Calls(GrpcCalls):
    """Media is real; the session says what the test says."""

    agreed: bool = True
    allowed: bool = True

    async def unary(
        self, method: Rpc, request: Message, token: str, timeout_s: float, *, key: str = ""
    ) -> Message:
        if method.name == "ListenToRecording":
            if not self.allowed:
                raise NotFound("NOT_FOUND", "none")
            return interview_pb2.ListenToRecordingResponse(agreed=self.agreed)
        return await super().unary(method, request, token, timeout_s, key=key)


@pytest.fixture
async def calls(tmp_path: Path) -> AsyncIterator[Calls]:
    (tmp_path / ID).mkdir()
    (tmp_path / ID / NAME).write_bytes(SOUND)
    (tmp_path / ID / "notes.txt").write_text("no recording")
    async with listening(build, FakeEngine(), MediaSettings, recordings=tmp_path) as media:
        opened = Calls.open(Settings(media_addresses=(media,), session_addresses=(media,)), TOKEN)
        assert isinstance(opened, Calls)
        yield opened
        await opened.close()


@pytest.fixture
async def edge(calls: Calls) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(calls_per_minute=10_000), calls, NoCaptions())
    headers = {"authorization": "Bearer some.jwt"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge", headers=headers) as edge:
        yield edge


async def test_what_was_recorded_is_listed_and_read_in_whole(edge: httpx.AsyncClient) -> None:
    (found,) = (await edge.get(ALL)).json()["recordings"]
    assert found == {"name": NAME, "begun_at": "2027-01-01T00:00:00Z", "bytes": len(SOUND)}
    answer = await edge.get(f"{ALL}/{NAME}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == SOUND


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=1000000-2500000", 1_000_000, 2_500_000),
        ("bytes=-10", len(SOUND) - 10, len(SOUND) - 1),
    ],
)
async def test_a_range_is_that_part_alone(edge: httpx.AsyncClient, asked: str, first: int, last: int) -> None:
    answer = await edge.get(f"{ALL}/{NAME}", headers={"range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert answer.content == SOUND[first : last + 1]


async def test_a_range_behind_the_end_is_refused_with_the_length(edge: httpx.AsyncClient) -> None:
    answer = await edge.get(f"{ALL}/{NAME}", headers={"range": f"bytes={len(SOUND)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(SOUND)}")


@pytest.mark.parametrize("name", ["notes.txt", "..%2F..%2Fetc%2Fpasswd", NAME.replace("a", "b"), "x"])
async def test_what_is_no_recording_is_not_found(edge: httpx.AsyncClient, name: str) -> None:
    assert (await edge.get(f"{ALL}/{name}")).status_code == 404


async def test_without_consent_nothing_is_listed_and_nothing_is_read(
    edge: httpx.AsyncClient, calls: Calls
) -> None:
    calls.agreed = False
    assert (await edge.get(ALL)).json() == {"recordings": []}
    answer = await edge.get(f"{ALL}/{NAME}")
    assert (answer.status_code, answer.json()["reason"]) == (409, "RECORDING_NOT_AGREED")


async def test_whoever_may_not_read_the_report_learns_nothing(edge: httpx.AsyncClient, calls: Calls) -> None:
    calls.allowed = False
    assert (await edge.get(ALL)).status_code == 404
    assert (await edge.get(f"{ALL}/{NAME}")).status_code == 404


async def test_an_interview_without_any_recording_has_an_empty_list(
    edge: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / ID / NAME).unlink()
    assert (await edge.get(ALL)).json() == {"recordings": []}
