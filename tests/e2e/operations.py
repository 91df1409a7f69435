"""A valid request of every operation of the edge about what an owner has, by operation id. Judges nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.people import RESUME, Owner, World, in_a_day

Body = Callable[[World, Owner], Any]
SOURCE = "name: x"


def new_address() -> str:
    return f"{uuid4().hex}@example.org"


def _consents(w: World, o: Owner) -> Any:
    choices = w.consent(o).choices
    return {"choices": [{"purpose": "processing", "version": choices[0].version, "granted": True}]}


def _own_scenario(w: World, _: Owner) -> Any:
    return {"source": w.scenario_source("practice").replace("name: practice", "name: own_practice")}


BODIES: Mapping[str, Body] = {
    "change_password": lambda w, o: {"old_password": o.password, "new_password": uuid4().hex},
    "erase_my_data": lambda w, o: {"password": o.password},
    "update_resume": lambda w, o: {
        "sections": [{"kind": "experience", "heading": "경력", "text": "바꾼 경력입니다."}],
        "skills": ["Kotlin"],
    },
    "search_resumes": lambda w, o: {"query": "정산 배치", "company_id": w.company.id},
    "create_interview": lambda w, o: {
        "job_id": w.company.job_id,
        "invitation_id": o.invitation_id,
        "candidate_id": o.id,
        "resume_id": o.resume_id,
    },
    "update_answer_draft": lambda w, o: {"text": "적던 말"},
    "submit_answer": lambda w, o: {"text": "보낸 말"},
    "withdraw_consent": lambda w, o: {"erase": True},
    "correct_transcript": lambda w, o: {"text": "고친 말"},
    "record_decision": lambda w, o: {"decision": "advance", "reason": "좋은 답"},
    "request_review": lambda w, o: {"reason": "다시 보아 주세요"},
    "record_consent": _consents,
    "create_company": lambda w, o: {"name": "또 하나"},
    "update_company": lambda w, o: {"name": "우리 회사"},
    "create_talent_profile": lambda w, o: {"name": "새 인재상"},
    "update_talent_profile": lambda w, o: {"name": "바꾼 인재상"},
    "create_job": lambda w, o: {"title": "새 일", "scenario": "standard", "open": True},
    "update_job": lambda w, o: {"title": "서버 개발", "scenario": "standard", "open": True},
    "validate_scenario": lambda w, o: {"source": SOURCE},
    "save_scenario": _own_scenario,
    "create_invitations": lambda w, o: {"emails": [new_address()], "expires_at": in_a_day().ToJsonString()},
    "create_user": lambda w, o: {
        "email": new_address(),
        "password": uuid4().hex,
        "display_name": "새 사람",
        "role": "recruiter",
    },
    "set_user_role": lambda w, o: {"role": "candidate"},
    "issue_service_token": lambda w, o: {"name": "ATS", "company_id": w.company.id},
    "register": lambda w, o: {"email": new_address(), "password": uuid4().hex, "display_name": "새 사람"},
    "log_in": lambda w, o: {"email": o.email, "password": o.password},
    "log_out": lambda w, o: {},
    "look_up_invitation": lambda w, o: {"token": o.link},
    "accept_invitation": lambda w, o: {"token": o.link, "password": uuid4().hex, "display_name": "새 사람"},
    "negotiate_media": lambda w, o: {"offer_sdp": "v=0\r\n"},
    "add_ice_candidate": lambda w, o: {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host"},
}
QUERIES: Mapping[str, Body] = {
    "upload_resume": lambda w, o: {"file_name": "cv.txt", "candidate_id": o.id},
    "list_resumes": lambda w, o: {"candidate_id": o.id},
    "list_interviews": lambda w, o: {"candidate_id": o.id},
    "export_interviews": lambda w, o: {"candidate_id": o.id},
    "get_interview": lambda w, o: {"include_turns": True},
    "list_scenarios": lambda w, o: {"company_id": w.company.id},
    "get_scenario": lambda w, o: {"company_id": w.company.id},
    "list_llm_calls": lambda w, o: {"interview_id": o.interview_id},
    "list_audit_entries": lambda w, o: {"subject": o.interview_id},
    "list_turn_timings": lambda w, o: {"interview_id": o.interview_id},
}


def places(w: World, o: Owner) -> dict[str, str]:
    """Path parameters: ids of things that are there, the owner's or those of the owner's company."""
    return {
        "interview_id": o.interview_id,
        "turn_id": o.turn_id,
        "answer_id": o.answer_id,
        "resume_id": o.resume_id,
        "invitation_id": o.link_id,
        "user_id": o.id,  # who works for no company: removing them from one changes nothing
        "call_id": o.call_id,
        "company_id": w.company.id,
        "job_id": w.company.job_id,
        "talent_profile_id": w.company.profile_id,
        "service_token_id": w.spare_service_token,
        "name": "standard",
        "kind": "answer_limit",
        "subject_id": o.turn_id,
        "peer_id": "nobody",
        "file_name": "20270101T000000000Z-0123abcd.flac",
    }


@dataclass(frozen=True)
class Offered:
    """One operation of the document."""

    name: str
    method: str
    path: str

    def request(self, world: World, owner: Owner, token: str) -> dict[str, Any]:
        """Arguments of `client.request`."""
        known = places(world, owner)
        if self.name == "add_company_member":
            known["user_id"] = world.company.recruiter_id
        found: dict[str, Any] = {"method": self.method, "url": self.path.format(**known)}
        found["headers"] = {"Idempotency-Key": uuid4().hex}
        if token:
            found["headers"]["authorization"] = f"Bearer {token}"
        if self.name in ("refresh_tokens", "log_out"):
            found["headers"]["cookie"] = f"viva_refresh={owner.refresh_token}"
        if self.name in BODIES:
            found["json"] = BODIES[self.name](world, owner)
        if self.name in QUERIES:
            found["params"] = QUERIES[self.name](world, owner)
        if self.name == "upload_resume":
            found["content"] = RESUME.encode()
        return found


def offered(edge: httpx.Client) -> dict[str, Offered]:
    """Every operation that the edge's own document names."""
    paths = edge.get("/api/v1/openapi.json").json()["paths"]
    found = [
        Offered(each["operationId"], method, path)
        for path, methods in paths.items()
        for method, each in methods.items()
    ]
    return {each.name: each for each in found}
