"""Every route of the document, tried as a stranger, with a token, and with a mesh that is away."""

import gzip
from typing import Any

import pytest
from edge_api.app import create_app
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.fake_calls import FakeCalls
from fastapi.testclient import TestClient
from viva.v1 import account_pb2, common_pb2, interview_pb2, media_pb2

from services.runtime.errors import FailedPrecondition, PermissionDenied, Unavailable
from tests.edge_api.samples import request_of

pytestmark = pytest.mark.unit
SETTINGS = Settings(calls_per_minute=100_000, tries_per_minute=10_000, uploads_per_hour=10_000)
APP = create_app(SETTINGS, FakeCalls(), NoCaptions())
DOCUMENT = APP.openapi()
ROUTES = sorted((path, method) for path, each in DOCUMENT["paths"].items() for method in each)
JSON = {"content-type": "application/json"}
OPEN = {"register", "log_in", "refresh_tokens", "look_up_invitation", "accept_invitation"}
OURS = {"get_health", "get_readiness"}


class Everything(dict[str, Any]):
    """The same answer to every rpc."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def get(self, _: str, default: Any = None) -> Any:
        return default if self._answer is None else self._answer


def client_of(answer: Any = None) -> tuple[TestClient, FakeCalls]:
    calls = FakeCalls()
    calls.answers = Everything(answer)
    APP.state.calls = calls
    return TestClient(APP, raise_server_exceptions=False), calls


def name_of(path: str, method: str) -> str:
    return str(DOCUMENT["paths"][path][method]["operationId"])


def tried(client: TestClient, path: str, method: str, token: str = "") -> Any:
    asked = request_of(DOCUMENT, path, method)
    if token:
        asked["headers"]["authorization"] = f"Bearer {token}"
    if name_of(path, method) == "refresh_tokens":
        asked["headers"]["cookie"] = "viva_refresh=some-token"
    return client.request(**asked)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_stranger_is_refused_before_anything_is_called(path: str, method: str) -> None:
    client, calls = client_of()
    answer = tried(client, path, method)
    if name_of(path, method) in OPEN | OURS:
        assert answer.status_code != 401 or calls.asked
        return
    assert (answer.status_code, answer.json()["reason"]) == (401, "TOKEN_MISSING")
    assert calls.asked == []


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_f21_every_call_has_a_deadline_and_the_callers_own_token(path: str, method: str) -> None:
    if name_of(path, method) in OPEN | OURS:
        return
    client, calls = client_of(PermissionDenied("NOT_ALLOWED", "no"))
    answer = tried(client, path, method, "some.jwt")
    assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_ALLOWED")
    assert calls.asked
    assert {each.token for each in calls.asked} == {"some.jwt"}
    assert all(each.timeout_s is not None and 0 < each.timeout_s <= 600 for each in calls.asked)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_mesh_that_is_away_is_said_so_with_a_time_to_come_back(path: str, method: str) -> None:
    if name_of(path, method) == "get_health":
        return
    answer = tried(client_of(Unavailable("AWAY", "gone"))[0], path, method, "some.jwt")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_mistake_of_ours_is_a_problem_with_a_number(path: str, method: str) -> None:
    if name_of(path, method) in OURS:
        return

    def fail(_: Any) -> Any:
        raise ZeroDivisionError("somebody's words")

    client, calls = client_of(fail)
    answer = tried(client, path, method, "some.jwt")
    if not calls.asked or answer.status_code < 400:
        return  # a stream that gave nothing
    assert answer.status_code == 500
    assert answer.json()["incident"]
    assert "somebody's words" not in answer.text


def test_a_missing_capability_is_a_documented_503() -> None:
    missing = FailedPrecondition("MEDIA_ENGINE_MISSING", "no media", remedy="install it")
    path = "/api/v1/interviews/{interview_id}/media"
    answer = tried(client_of(missing)[0], path, "post", "some.jwt")
    assert (answer.status_code, answer.json()["remedy"]) == (503, "install it")
    assert answer.headers["retry-after"] == "60"


def test_capabilities_tell_whether_answers_can_be_spoken() -> None:
    media = media_pb2.MediaServiceGetInfoResponse(
        capability=common_pb2.Capability(name="media", state=common_pb2.CAPABILITY_STATE_READY),
        parts=[common_pb2.Capability(name="stt", state=common_pb2.CAPABILITY_STATE_MISSING)],
    )

    def answer(request: Any) -> Any:
        return media if isinstance(request, media_pb2.MediaServiceGetInfoRequest) else session(request)

    def away(request: Any) -> Any:
        if isinstance(request, media_pb2.MediaServiceGetInfoRequest):
            raise Unavailable("AWAY", "gone")
        return session(request)

    def session(request: Any) -> Any:
        if isinstance(request, account_pb2.GetMeRequest):
            return account_pb2.GetMeResponse()
        return interview_pb2.InterviewServiceGetInfoResponse()

    told = tried(client_of(answer)[0], "/api/v1/capabilities", "get", "some.jwt").json()
    assert [(each["name"], each["state"]) for each in told["parts"]] == [
        ("media", "ready"),
        ("stt", "missing"),
    ]
    assert tried(client_of(away)[0], "/api/v1/capabilities", "get", "some.jwt").json()["parts"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"json": {"email": "a@b.kr"}},
        {"json": {"email": "a@b.kr", "password": "x" * 10, "more": 1}},
        {"content": b"\xff\xfe", "headers": JSON},
        {"content": b"[" * 100_000, "headers": JSON},
        {
            "content": b'{"email": "\\ud800", "password": "p"}',
            "headers": JSON,
        },
    ],
)
def test_a_body_that_is_none_is_refused_as_a_problem(asked: dict[str, Any]) -> None:
    client, calls = client_of()
    answer = client.post("/api/v1/auth/login", **asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert calls.asked == []


def test_a_body_past_the_limit_is_refused_by_size() -> None:
    body = b'{"email": "' + b"a" * (SETTINGS.body_kib << 10) + b'"}'
    answer = client_of()[0].post("/api/v1/auth/login", content=body)
    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")


def test_a_resume_past_the_limit_is_refused_while_it_comes() -> None:
    client, _ = client_of()
    headers = {"authorization": "Bearer some.jwt", "Idempotency-Key": "k"}
    piece = b"a" * (1 << 20)
    answer = client.post("/api/v1/resumes?file_name=x", content=(piece for _ in range(22)), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "RESUME_TOO_LARGE")


def test_a_resume_reaches_the_session_in_pieces_and_whole() -> None:
    client, calls = client_of()
    headers = {"authorization": "Bearer some.jwt", "Idempotency-Key": "the-key"}
    body = bytes(range(256)) * 8192
    assert client.post("/api/v1/resumes?file_name=cv.pdf", content=body, headers=headers).status_code == 201
    sent = [each.request for each in calls.asked[:-1]]
    assert (sent[0].meta.file_name, sent[0].meta.request_id) == ("cv.pdf", "the-key")
    assert b"".join(each.data for each in sent[1:]) == body
    assert max(len(each.data) for each in sent[1:]) <= 1 << 20


def test_too_many_logins_from_one_address_are_told_when_to_come_back() -> None:
    app = create_app(Settings(tries_per_minute=3), FakeCalls(), NoCaptions())
    client = TestClient(app)
    answers = [
        client.post("/api/v1/auth/login", json={"email": f"{n}@b.kr", "password": "x"}) for n in range(4)
    ]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_a_forwarded_address_counts_only_from_a_trusted_proxy() -> None:
    settings = Settings(tries_per_minute=1)
    client = TestClient(create_app(settings, FakeCalls(), NoCaptions()), client=("10.0.0.1", 1))
    trusting = TestClient(
        create_app(
            settings.model_copy(update={"trusted_proxies": ("10.0.0.0/8",)}), FakeCalls(), NoCaptions()
        ),
        client=("10.0.0.1", 1),
    )
    for each, status in ((client, 429), (trusting, 200)):
        for n in range(2):
            headers = {"x-forwarded-for": f"203.0.113.{n}"}
            body = {"email": f"{n}@b.kr", "password": "x"}
            answer = each.post("/api/v1/auth/login", json=body, headers=headers)
        assert answer.status_code == status


def test_every_answer_carries_the_headers_of_a_careful_server() -> None:
    answer = client_of()[0].get("/api/v1/me")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in answer.headers


def test_the_refresh_cookie_is_read_by_no_script_and_sent_to_no_other_path() -> None:
    answer = client_of()[0].post("/api/v1/auth/login", json={"email": "a@b.kr", "password": "x"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/v1/auth" in cookie
    assert "refresh_token" not in answer.json()


def test_another_sites_page_renews_no_login() -> None:
    headers = {"origin": "https://evil.example", "cookie": "viva_refresh=x"}
    answer = client_of()[0].post("/api/v1/auth/refresh", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, "ORIGIN_REFUSED")


def test_a_page_that_is_not_built_is_said_so_with_the_command(tmp_path: Any) -> None:
    client = TestClient(create_app(Settings(page=tmp_path), FakeCalls(), NoCaptions()))
    answer = client.get("/interviews/1")
    assert answer.status_code == 503
    assert "make web" in answer.text


def test_the_page_answers_its_own_addresses_and_no_missing_file(tmp_path: Any) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("the page")
    (tmp_path / "assets" / "a-1234.js").write_text("1")
    client = TestClient(create_app(Settings(page=tmp_path), FakeCalls(), NoCaptions()))
    assert client.get("/report/1").text == "the page"
    assert "immutable" in client.get("/assets/a-1234.js").headers["cache-control"]
    assert client.get("/assets/b.js").status_code == 404


def test_a_file_is_sent_as_it_was_packed_to_those_who_can_unpack_it(tmp_path: Any) -> None:
    (tmp_path / "assets").mkdir()
    for name, text in (("index.html", b"page"), ("assets/a.js", b"let a = 1"), ("assets/b.js", b"let b")):
        (tmp_path / name).write_bytes(text)
    (tmp_path / "assets" / "a.js.gz").write_bytes(gzip.compress(b"let a = 1"))
    client = TestClient(create_app(Settings(page=tmp_path), FakeCalls(), NoCaptions()))
    packed = client.get("/assets/a.js", headers={"accept-encoding": "br, gzip;q=0.5"})
    assert packed.text == "let a = 1"
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.headers["vary"] == "Accept-Encoding"
    again = {"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]}
    assert client.get("/assets/a.js", headers=again).status_code == 304
    for name, takes in (("a.js", "identity"), ("a.js", "gzip;q=0"), ("b.js", "gzip")):
        plain = client.get(f"/assets/{name}", headers={"accept-encoding": takes})
        assert "content-encoding" not in plain.headers


def test_another_backend_is_told_what_runs_without_the_commands_that_mend() -> None:
    client, calls = client_of()
    part = common_pb2.Capability(name="question", remedy="viva models pull")
    calls.answers = {
        "GetMe": PermissionDenied("NOT_ALLOWED", "no"),
        "GetInfo": interview_pb2.InterviewServiceGetInfoResponse(parts=[part]),
    }
    answer = client.get("/api/v1/capabilities", headers={"authorization": "Bearer some.token"})
    assert answer.status_code == 200
    assert (answer.json()["parts"][0]["name"], answer.json()["parts"][0]["remedy"]) == ("question", "")
