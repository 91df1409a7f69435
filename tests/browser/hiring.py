"""A company with interviews behind it, made over the edge's own API. Knows no browser."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "a-long-pass-phrase"
COMPANY, JOB = "한빛물류", "백엔드 개발자"
WAIT_S = 60.0
ANSWERS = (
    "정산 서버의 응답 시간을 900밀리초에서 120밀리초로 줄였습니다. 로그로 원인을 찾고 인덱스를 더했습니다.",
    "의견이 갈렸을 때 두 방법을 하루씩 시험하자고 제안했고, 결과를 보고 함께 정해 일정을 지켰습니다.",
    "물류 회사에서 Kotlin으로 정산 배치를 다시 만들었고, 오류율을 3%에서 0.1%로 낮춘 것이 가장 뿌듯했습니다.",
)


@dataclass(frozen=True)
class Hiring:
    """What there is to look at. `interviews` have reports; their candidates' addresses stand beside them."""

    recruiter: str
    company_id: str
    job_id: str
    profile_id: str
    interviews: tuple[str, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """A job that people can be invited to, and its recruiter's address and way to the API."""

    recruiter: str
    rest: "Rest"
    company_id: str
    job_id: str
    profile_id: str


class Rest:
    """Calls the edge as one person."""

    def __init__(self, base: str, token: str = "") -> None:
        self._base = f"{base}/api/v1"
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        headers = self._headers | ({"Idempotency-Key": uuid4().hex} if method != "GET" else {})
        answer = httpx.request(
            method, self._base + path, json=body, params=query, headers=headers, timeout=30
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def signed_in(base: str, email: str, password: str = PASSWORD) -> Rest:
    answer = Rest(base).call("POST", "/auth/login", {"email": email, "password": password})
    return Rest(base, answer["access_token"])


def make_user(admin: Rest, role: str) -> str:
    email = f"{role}-{uuid4().hex[:8]}@example.org"
    person = {"email": email, "password": PASSWORD, "display_name": role, "role": role, "language": "ko"}
    admin.call("POST", "/admin/users", person)
    return email


def make_opening(base: str, admin: Rest, **policy: Any) -> Opening:
    """A new recruiter's company with one job; `policy` as the API has a company's."""
    email = make_user(admin, "recruiter")
    recruiter = signed_in(base, email)
    about = {"name": COMPANY, "profile": "물류를 합니다.", "blind": True}
    company = recruiter.call("POST", "/companies", about | policy)
    own = f"/companies/{company['id']}"
    weights = {"name": "백엔드", "values": ["정직", "끝까지"], "weights": {"problem_solving": 2}}
    profile = recruiter.call("POST", f"{own}/talent-profiles", weights)
    job = {"title": JOB, "description": "정산 서버를 만듭니다.", "language": "ko", "open": True}
    job |= {"scenario": "standard", "talent_profile_id": profile["id"]}
    job_id = recruiter.call("POST", f"{own}/jobs", job)["id"]
    return Opening(email, recruiter, company["id"], job_id, profile["id"])


def make_hiring(base: str, admin: Rest, candidates: int = 2) -> Hiring:
    opening = make_opening(base, admin)
    people = tuple(f"c{each}-{uuid4().hex[:6]}@example.com" for each in range(candidates))
    links = invite(opening.rest, opening.job_id, people)
    with ThreadPoolExecutor(candidates) as pool:
        interviews = tuple(pool.map(lambda link: interviewed(base, opening.job_id, link), links))
    made = (opening.recruiter, opening.company_id, opening.job_id, opening.profile_id)
    return Hiring(*made, interviews, people)


def invite(recruiter: Rest, job_id: str, emails: tuple[str, ...]) -> list[str]:
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    made = recruiter.call("POST", f"/jobs/{job_id}/invitations", {"emails": emails, "expires_at": until})
    tokens = {each["invitation"]["email"]: each["token"] for each in made["invitations"]}
    return [tokens[email] for email in emails]


def interviewed(base: str, job_id: str, link: str) -> str:
    """An interview that was ended after a few answers, once its report is there."""
    accepting = {"token": link, "password": PASSWORD, "display_name": "김지원"}
    accepted = Rest(base).call("POST", "/invitations/acceptance", accepting)
    candidate = Rest(base, accepted["access_token"])
    wanted = {"job_id": job_id, "invitation_id": accepted["invitation"]["id"], "language": "ko"}
    interview_id: str = candidate.call("POST", "/interviews", wanted)["id"]
    one = f"/interviews/{interview_id}"
    texts = candidate.call("GET", "/consent-texts", language="ko")["texts"]
    choices = [{"purpose": each["purpose"], "version": each["version"], "granted": True} for each in texts]
    candidate.call("PUT", f"{one}/consents", {"choices": choices})
    candidate.call("POST", f"{one}/start")
    for answer in ANSWERS:
        turn = _awaited(lambda: _open_turn(candidate, one))
        candidate.call("POST", f"{one}/turns/{turn}/answer", {"text": answer, "ended_by": "typed"})
    candidate.call("POST", f"{one}/end")
    _awaited(lambda: candidate.call("GET", one)["interview"]["report_state"] == "ready")
    return interview_id


def _open_turn(candidate: Rest, one: str) -> str:
    turn = candidate.call("GET", one)["interview"]["current_turn"]
    return str(turn["id"]) if turn and turn["status"] == "answering" else ""


def _awaited(look: Any) -> Any:
    until = time.monotonic() + WAIT_S
    while not (found := look()):
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.1)
    return found
