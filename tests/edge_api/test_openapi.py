"""The document that the page is generated from is the one that the code serves."""

import json
from collections import Counter

import pytest
from edge_api import openapi
from edge_api.__main__ import DOCUMENT
from edge_api.app import create_app
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.contract import FILES
from edge_api.fake_calls import FakeCalls

pytestmark = pytest.mark.unit
# What other backends and servers of the mesh call, and no page: the socket and `viva` stand for the rest.
NOT_FOR_PAGES = {
    *("AppendAnswerSegment", "WatchInterview", "GetInfo", "EraseRecordings"),
    *("GetMediaTerms", "RecordObservations"),
}


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    return create_app(Settings(), FakeCalls(), NoCaptions()).openapi()


def operations(document: dict[str, object]) -> list[dict[str, object]]:
    return [each for path in document["paths"].values() for each in path.values()]


def test_f28_the_committed_document_is_the_one_of_the_code(document: dict[str, object]) -> None:
    served = openapi.text(create_app(Settings(), FakeCalls(), NoCaptions()))
    assert DOCUMENT.read_text() == served, "run: python -m edge_api --openapi"


def test_f28_every_operation_has_one_name_and_one_route(document: dict[str, object]) -> None:
    names = Counter(each["operationId"] for each in operations(document))
    assert [name for name, count in names.items() if count > 1] == []
    shapes = Counter((method, skeleton(path)) for path, each in document["paths"].items() for method in each)
    assert [shape for shape, count in shapes.items() if count > 1] == []


def skeleton(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_f28_every_rpc_that_people_need_has_exactly_one_route() -> None:
    from edge_api.app import NOUNS

    tables = Counter(each.rpc.name for noun in NOUNS for each in noun.OPERATIONS)
    twice = {name for name, count in tables.items() if count > 1}
    assert twice == {"SaveJob", "SaveTalentProfile"}, "those make or replace: two operations of one rpc"
    rpcs = {
        method.name
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    by_hand = {
        *(
            "Register",
            "LogIn",
            "RefreshTokens",
            "LogOut",
            "GetInvitation",
            "AcceptInvitation",
            "ExportMyData",
        ),
        *("UploadResume", "WatchResume", "GetReport", "Negotiate", "AddIceCandidate", "Hangup"),
        *("GetIceServers", "ListenToRecording", "ListRecordings", "ReadRecording"),
    }
    assert set(tables) | by_hand == rpcs - NOT_FOR_PAGES
    assert not set(tables) & by_hand


def test_every_refusal_is_a_problem(document: dict[str, object]) -> None:
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response == {"$ref": f"#/components/responses/Problem{status}"}


def test_every_reference_leads_somewhere(document: dict[str, object]) -> None:
    text = json.dumps(document)
    for reference in {part.split(chr(34))[0] for part in text.split('"$ref": "')[1:]}:
        place = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
