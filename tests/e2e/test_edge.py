"""The edge before a real mesh: who gets which status, and what random requests and files are answered."""

import json
import random
import string
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from edge_api.socket import ACCESS_ENDED
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from deploy.local.environment import LocalMesh
from tests.e2e.operations import places
from tests.e2e.people import RESUME, Owner, World, world_of

pytestmark = pytest.mark.integration
CALLERS = ("own", "other", "rec", "rec2", "admin", "none")
# Callers as in test_ownership.py; what the session decides there must arrive here as the status for it.
STATUSES = """
                                           own other rec rec2 admin none
GET  /healthz                              200 200   200 200  200   200
GET  /readyz                               200 200   200 200  200   200
GET  /api/v1/me                            200 200   200 200  200   401
GET  /api/v1/capabilities                  200 200   200 200  200   401
GET  /api/v1/interviews                    200 200   200 200  200   401
GET  /api/v1/interviews.csv                200 200   200 200  200   401
GET  /api/v1/interviews/{interview_id}     200 404   200 404  200   401
GET  /api/v1/interviews/{interview_id}/report.pdf 409 404 409 404 409 401
POST /api/v1/interviews/{interview_id}/tickets 201 404 201 404 201  401
GET  /api/v1/resumes/{resume_id}           200 404   200 404  200   401
GET  /api/v1/jobs/{job_id}/invitations     404 404   200 404  200   401
GET  /api/v1/scenarios?company_id={company_id} 404 404 200 404 200  401
POST /api/v1/companies                     403 403   201 201  201   401
GET  /api/v1/admin/users                   403 403   403 403  200   401
GET  /api/v1/admin/mesh                    403 403   403 403  200   401
GET  /api/v1/admin/audit                   403 403   403 403  200   401
GET  /api/v1/no-such-route                 404 404   404 404  404   404
"""
EXAMPLES = 2  # per operation
PROBLEM = "application/problem+json"


def rows() -> list[tuple[str, str, list[int]]]:
    lines = [line.split() for line in STATUSES.splitlines()[2:]]
    return [(method, path, [int(each) for each in statuses]) for method, path, *statuses in lines]


@pytest.fixture(scope="module")
def world(mesh: LocalMesh) -> Iterator[World]:
    with world_of(mesh) as found:
        yield found


@pytest.fixture(scope="module")
def owner(world: World) -> Owner:
    return world.owner()


@pytest.fixture(scope="module")
def edge(mesh: LocalMesh) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{mesh.ports.listen['edge']}", timeout=30) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def unfit(answer: Any) -> str:
    """What is wrong with an answer, whatever was asked; empty when nothing is."""
    if answer.status_code < 400:
        return ""
    if answer.status_code >= 500 and (answer.status_code != 503 or "retry-after" not in answer.headers):
        return f"{answer.status_code}: {answer.text[:300]}"
    kind = "".join(answer.headers["content-type"])  # schemathesis lists the values of a header
    return "" if kind == PROBLEM else f"no problem: {answer.text[:300]}"


@pytest.mark.parametrize(("method", "path", "statuses"), rows(), ids=lambda each: str(each)[:60])
def test_each_caller_gets_the_documented_status(
    method: str, path: str, statuses: list[int], world: World, owner: Owner, edge: httpx.Client
) -> None:
    places = {"job_id": world.company.job_id, "company_id": world.company.id}
    url = path.format(interview_id=owner.interview_id, resume_id=owner.resume_id, **places)
    seen = []
    for caller in CALLERS:
        headers = bearer(world.token_of(caller, owner)) | {"Idempotency-Key": uuid4().hex}
        body = {"name": "새 회사"} if path.endswith("/companies") else None
        answer = edge.request(method, url, headers=headers, json=body)
        assert unfit(answer) == ""
        seen.append(answer.status_code)
    assert seen == statuses


def test_only_admins_are_told_the_commands_that_mend(world: World, owner: Owner, edge: httpx.Client) -> None:
    for caller in ("own", "rec", "admin", "svc"):
        told = edge.get("/api/v1/capabilities", headers=bearer(world.token_of(caller, owner))).json()
        assert any(each["remedy"] for each in told["parts"]) is (caller == "admin"), caller


def test_a_socket_ends_soon_after_its_login_does(world: World, edge: httpx.Client) -> None:
    owner = world.owner()
    path, headers = f"/api/v1/interviews/{owner.interview_id}/tickets", bearer(owner.token)
    ticket = edge.post(path, headers=headers).json()
    base = str(edge.base_url).rstrip("/").replace("http", "ws", 1)
    with connect(f"{base}{ticket['path']}?ticket={ticket['ticket']}") as socket:
        assert json.loads(socket.recv())["type"] == "snapshot"
        gone = edge.post("/api/v1/auth/logout", headers=headers, json={"everywhere": True})
        assert gone.status_code == 204
        with pytest.raises(ConnectionClosedError) as closed:
            list(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == ACCESS_ENDED


def test_no_request_that_the_document_forbids_breaks_the_edge(
    world: World, owner: Owner, edge: httpx.Client
) -> None:
    schema = schemathesis.openapi.from_dict(edge.get("/api/v1/openapi.json").json())
    headers, wrong, seen = bearer(world.token_of("admin", owner)), [], Counter[int]()
    for found in schema.get_all_operations():
        answers = tried(found.ok(), GenerationMode.NEGATIVE, str(edge.base_url), headers, {})
        seen.update(each.status_code for each in answers)
        wrong += [f"{found.ok().label} {why}" for each in answers if (why := unfit(each))]
    assert wrong == []
    assert seen[400] >= 50, "whoever is refused at the door tries nothing"


@pytest.mark.timeout(300)
def test_no_request_that_the_document_describes_breaks_the_edge_and_most_are_answered(
    mesh: LocalMesh, edge: httpx.Client
) -> None:
    """About things that are there, as everybody who may; the world is this test's own, for it logs out."""
    schema = schemathesis.openapi.from_dict(edge.get("/api/v1/openapi.json").json())
    operations = sorted((each.ok() for each in schema.get_all_operations()), key=ends_something)
    wrong, well, seen = [], set[str](), Counter[int]()
    with world_of(mesh) as world:
        owners = {caller: world.owner() for caller in ("own", "rec", "admin", "svc")}
        for caller, owner in owners.items():
            headers, real = bearer(world.token_of(caller, owner)), places(world, owner)
            for each in operations:
                answers = tried(each, GenerationMode.POSITIVE, str(edge.base_url), headers, real)
                seen.update(answer.status_code for answer in answers)
                wrong += [f"{caller} {each.label} {why}" for one in answers if (why := unfit(one))]
                well |= {each.label for answer in answers if answer.status_code < 300}
    print(f"{len(well)} of {len(operations)} operations were answered: {sorted(seen.items())}")
    print("never:", [each.label for each in operations if each.label not in well])
    assert wrong == []
    assert len(well) > len(operations) / 2


def ends_something(operation: Any) -> bool:
    """Whether less is there to be asked about afterwards."""
    return operation.method == "delete" or operation.path.endswith(
        ("/logout", "/withdrawal", "/end", "/role")
    )


def tried(
    operation: Any, mode: GenerationMode, base_url: str, headers: dict[str, str], real: dict[str, str]
) -> list[Any]:
    """Answers to a few requests, the same in each run; ids that are known are `real`."""
    answers: list[Any] = []

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part.update({name: real[name] for name in part if name in real})
        if real:
            case.headers = {**(case.headers or {}), "Idempotency-Key": uuid4().hex}
        answers.append(case.call(base_url=base_url, headers=headers, timeout=30))

    with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
        one()
    return answers


def files(dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """Names and contents that no person would send, and halves of what one would."""
    heads = (b"", b"%PDF-1.7\n", b"PK\x03\x04", RESUME.encode(), b"\xff\xfe", b"\x00" * 100)
    letters = string.printable + "가힣\u202e\u0000\U0001f600"
    for size in (0, 1, 100, 5_000, 200_000, 1 << 20):
        for head in heads[: 3 if size > 5_000 else None]:
            name = "".join(dice.choices(letters, k=dice.randint(1, 80)))
            yield name, head + dice.randbytes(size)


def test_no_file_breaks_the_upload(owner: Owner, edge: httpx.Client) -> None:
    for name, content in files(random.Random(20261126)):
        headers = bearer(owner.token) | {"Idempotency-Key": uuid4().hex}
        answer = edge.post("/api/v1/resumes", params={"file_name": name}, content=content, headers=headers)
        assert 200 <= answer.status_code < 500, answer.text
        assert answer.status_code < 300 or answer.headers["content-type"] == PROBLEM


def test_a_file_past_the_limit_is_refused_by_size(owner: Owner, edge: httpx.Client) -> None:
    headers = bearer(owner.token) | {"Idempotency-Key": uuid4().hex}
    answer = edge.post("/api/v1/resumes?file_name=a.pdf", content=bytes((20 << 20) + 1), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "RESUME_TOO_LARGE")
