"""People of a running mesh who own something, and callers who try to get at it. Judges nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import grpc
import psycopg
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from viva.v1 import account_pb2, company_pb2, consent_pb2, interview_pb2, resume_pb2

from deploy.local.environment import LocalMesh
from services.runtime.errors import VivaError, from_rpc_error
from services.session.adapters.system import new_id
from tests.fixtures.first_admin import EMAIL, PASSWORD, add_first_admin

SERVICES = {
    "AccountService": account_pb2,
    "AdminService": import_module("viva.v1.admin_pb2"),
    "CompanyService": company_pb2,
    "ConsentService": consent_pb2,
    "InterviewService": interview_pb2,
    "ResumeService": resume_pb2,
}
CALL_S = 20.0
ANSWER = "저는 정산 서버의 응답 시간을 120밀리초 줄였습니다. 로그로 원인을 찾았고 팀과 함께 고쳤습니다."
RESUME = "경력\n2021년 물류 회사에서 정산 배치를 Kotlin으로 다시 만들었습니다.\n\n기술\nKotlin, PostgreSQL\n"


def methods() -> dict[str, MethodDescriptor]:
    """Every rpc of the session's services by "Service.Method"."""
    return {
        f"{service}.{method.name}": method
        for service, module in SERVICES.items()
        for method in module.DESCRIPTOR.services_by_name[service].methods
    }


METHODS = methods()


def message_class(kind: Descriptor) -> Any:
    return message_factory.GetMessageClass(kind)


def told(error: grpc.RpcError) -> VivaError:
    """What a caller is told; a refusal without a reason of its own fails the test."""
    call: Any = error
    details = dict(call.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    status = status_pb2.Status.FromString(details)
    infos = [each for each in status.details if each.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert infos, f"{call.code().name} names no reason: {call.details()}"
    return from_rpc_error(error)


def in_a_day() -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC) + timedelta(days=1))
    return moment


class Wire:
    """Calls any rpc with any token."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def call(self, rpc: str, request: Message | list[Message], token: str = "") -> list[Any]:
        """All answers; of a watch, which need not end, the first. Raises grpc.RpcError."""
        method = METHODS[rpc]
        kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
        kind = kinds[2 * method.client_streaming + method.server_streaming]
        stub = getattr(self.channel, kind)(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type).FromString,
        )
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        sent = iter(request if isinstance(request, list) else [request])
        answered = stub(
            sent if method.client_streaming else next(sent),
            timeout=CALL_S,
            metadata=metadata,
        )
        if method.name.startswith("Watch"):
            first = next(answered)
            answered.cancel()
            return [first]
        return list(answered) if method.server_streaming else [answered]

    def one(self, rpc: str, request: Message | list[Message], token: str = "") -> Any:
        return self.call(rpc, request, token)[0]


@dataclass(frozen=True)
class Company:
    """A company with one recruiter."""

    id: str
    job_id: str
    profile_id: str
    scenario: str
    recruiter: str  # access token
    recruiter_id: str


@dataclass
class Owner:
    """A candidate who has everything that somebody can own; a fresh one each time."""

    id: str
    email: str
    password: str
    token: str
    refresh_token: str
    invitation_id: str
    link: str  # secret of an invitation that is still open
    link_id: str
    resume_id: str = ""
    interview_id: str = ""
    turn_id: str = ""
    answer_id: str = ""
    call_id: str = ""
    ids: list[str] = field(default_factory=list)


class World:
    """Two companies, their people, other backends, and candidates as they are asked for."""

    def __init__(self, mesh: LocalMesh, wire: Wire) -> None:
        environment = mesh.environment()
        self.dsn = environment["DATABASE_URL"]
        self.wire = wire
        add_first_admin(self.dsn)
        logged_in = wire.one("AccountService.LogIn", account_pb2.LogInRequest(email=EMAIL, password=PASSWORD))
        self.admin = logged_in.tokens.access_token
        self.admin = self._user(account_pb2.ROLE_ADMIN)[0]  # whose wrong passwords are no other test's
        self.company, self.other_company = self._company("우리 회사"), self._company("다른 회사")
        self.spare_service_token = self._service(self.company.id)[1]
        revoked, revoked_id = self._service(self.company.id)
        revoke = account_pb2.RevokeServiceTokenRequest(service_token_id=revoked_id, request_id=uuid4().hex)
        self.tokens = {
            "other": self._stranger(),
            "rec": self.company.recruiter,
            "rec2": self.other_company.recruiter,
            "admin": self.admin,
            "svc": self._service(self.company.id)[0],
            "svc2": self._service(self.other_company.id)[0],
            "all": self._service("")[0],
            "gone": revoked,
            "mesh": mesh_token(mesh),
            "none": "",
        }
        wire.one("AccountService.RevokeServiceToken", revoke, self.admin)

    def token_of(self, caller: str, owner: Owner) -> str:
        return owner.token if caller == "own" else self.tokens[caller]

    def _stranger(self) -> str:
        request = account_pb2.RegisterRequest(email=f"{uuid4().hex}@example.org", password=uuid4().hex)
        token: str = self.wire.one("AccountService.Register", request).tokens.access_token
        return token

    def _service(self, company_id: str) -> tuple[str, str]:
        request = account_pb2.IssueServiceTokenRequest(
            request_id=uuid4().hex, name="ATS", company_id=company_id
        )
        issued = self.wire.one("AccountService.IssueServiceToken", request, self.admin)
        return issued.token, issued.service_token.id

    def _user(self, role: account_pb2.Role) -> tuple[str, str]:
        """The token and the id of somebody new."""
        email, password = f"{uuid4().hex}@example.org", uuid4().hex
        user = account_pb2.CreateUserRequest(
            request_id=uuid4().hex, email=email, password=password, role=role
        )
        user_id = self.wire.one("AccountService.CreateUser", user, self.admin).user.id
        log_in = account_pb2.LogInRequest(email=email, password=password)
        return self.wire.one("AccountService.LogIn", log_in).tokens.access_token, user_id

    def _company(self, name: str) -> Company:
        token, recruiter_id = self._user(account_pb2.ROLE_RECRUITER)
        create = company_pb2.CreateCompanyRequest(
            request_id=uuid4().hex, company=company_pb2.Company(name=name)
        )
        company_id = self.wire.one("CompanyService.CreateCompany", create, token).company.id
        job = company_pb2.Job(company_id=company_id, title="서버 개발", scenario="standard", open=True)
        saved = self.wire.one(
            "CompanyService.SaveJob", company_pb2.SaveJobRequest(request_id=uuid4().hex, job=job), token
        )
        profile = company_pb2.TalentProfile(company_id=company_id, name="인재상")
        profiled = self.wire.one(
            "CompanyService.SaveTalentProfile",
            company_pb2.SaveTalentProfileRequest(request_id=uuid4().hex, talent_profile=profile),
            token,
        )
        return Company(company_id, saved.job.id, profiled.talent_profile.id, "standard", token, recruiter_id)

    def scenario_source(self, name: str) -> str:
        wanted = company_pb2.GetScenarioRequest(name=name)
        found = self.wire.one("CompanyService.GetScenario", wanted, self.admin)
        return str(found.scenario.source)

    def reopen_job(self) -> None:
        """Whatever a test has made of it."""
        job = company_pb2.Job(
            id=self.company.job_id,
            company_id=self.company.id,
            title="서버 개발",
            scenario="standard",
            open=True,
        )
        request = company_pb2.SaveJobRequest(request_id=uuid4().hex, job=job)
        self.wire.one("CompanyService.SaveJob", request, self.company.recruiter)

    def invite(self) -> Any:
        """A new invitation to the company's job, with its secret."""
        request = account_pb2.CreateInvitationsRequest(
            request_id=uuid4().hex,
            job_id=self.company.job_id,
            emails=[f"{uuid4().hex}@example.org"],
            expires_at=in_a_day(),
        )
        made = self.wire.one("AccountService.CreateInvitations", request, self.company.recruiter)
        return made.invitations[0]

    def owner(self) -> Owner:
        """Invited to the first company, with a résumé, an interview of two turns, and one more invitation."""
        first, second, password = self.invite(), self.invite(), uuid4().hex
        accept = account_pb2.AcceptInvitationRequest(token=first.token, password=password)
        accepted = self.wire.one("AccountService.AcceptInvitation", accept)
        tokens = accepted.tokens
        owner = Owner(
            accepted.user.id, accepted.user.email, password, tokens.access_token, tokens.refresh_token,
            first.invitation.id, second.token, second.invitation.id,
        )  # fmt: skip
        owner.resume_id = self._resume(owner)
        self._interview(owner)
        owner.call_id = self._recorded_call(owner)
        owner.ids = [owner.id, owner.resume_id, owner.interview_id, owner.email, self.company.id]
        return owner

    def _resume(self, owner: Owner) -> str:
        meta = resume_pb2.ResumeMeta(request_id=uuid4().hex, file_name="cv.txt")
        parts: list[Message] = [
            resume_pb2.UploadResumeRequest(meta=meta),
            resume_pb2.UploadResumeRequest(data=RESUME.encode()),
        ]
        resume_id: str = self.wire.one("ResumeService.UploadResume", parts, owner.token).resume.id
        return resume_id

    def _interview(self, owner: Owner) -> None:
        create = interview_pb2.CreateInterviewRequest(
            request_id=uuid4().hex,
            job_id=self.company.job_id,
            invitation_id=owner.invitation_id,
            resume_id=owner.resume_id,
        )
        created = self.wire.one("InterviewService.CreateInterview", create, owner.token)
        owner.interview_id = created.interview.id
        self.wire.one("ConsentService.RecordConsent", self.consent(owner), owner.token)
        start = interview_pb2.StartInterviewRequest(interview_id=owner.interview_id, request_id=uuid4().hex)
        self.wire.one("InterviewService.StartInterview", start, owner.token)
        first = self._asked(owner, 1)
        submit = interview_pb2.SubmitAnswerRequest(
            interview_id=owner.interview_id, turn_id=first, request_id=uuid4().hex, text=ANSWER
        )
        owner.answer_id = self.wire.one("InterviewService.SubmitAnswer", submit, owner.token).answer_id
        owner.turn_id = self._asked(owner, 2)
        self._settled(owner)

    def consent(self, owner: Owner) -> consent_pb2.RecordConsentRequest:
        asked = consent_pb2.GetConsentTextsRequest()
        texts = self.wire.one("ConsentService.GetConsentTexts", asked, owner.token).texts
        choices = [
            consent_pb2.ConsentChoice(purpose=each.purpose, version=each.version, granted=True)
            for each in texts
            if each.required
        ]
        return consent_pb2.RecordConsentRequest(
            interview_id=owner.interview_id, request_id=uuid4().hex, choices=choices
        )

    def _asked(self, owner: Owner, number: int) -> str:
        request = interview_pb2.GetInterviewRequest(interview_id=owner.interview_id)
        deadline = time.monotonic() + CALL_S
        while time.monotonic() < deadline:
            turn = self.wire.one("InterviewService.GetInterview", request, owner.token).interview.current_turn
            if turn.number == number and turn.status == interview_pb2.TURN_STATUS_ANSWERING:
                return str(turn.id)
            time.sleep(0.01)
        raise AssertionError(f"question {number} was not asked")

    def finish(self, owner: Owner) -> Owner:
        """The same owner; the interview is over, its report is there and a human has decided."""
        end = interview_pb2.EndInterviewRequest(interview_id=owner.interview_id, request_id=uuid4().hex)
        self.wire.one("InterviewService.EndInterview", end, owner.token)
        wanted = interview_pb2.GetReportRequest(interview_id=owner.interview_id)
        deadline = time.monotonic() + CALL_S
        while True:
            report = self.wire.one("InterviewService.GetReport", wanted, owner.token)
            if report.state == interview_pb2.REPORT_STATE_READY:
                break
            assert time.monotonic() < deadline, "there is no report yet"
            time.sleep(0.02)
        decide = interview_pb2.RecordDecisionRequest(
            interview_id=owner.interview_id,
            request_id=uuid4().hex,
            decision=interview_pb2.DECISION_HOLD,
            reason="더 볼 것이 있습니다",
        )
        self.wire.one("InterviewService.RecordDecision", decide, self.company.recruiter)
        return owner

    def _settled(self, owner: Owner) -> None:
        """Nothing goes on by itself any more: the answer is evaluated, the résumé is indexed."""
        query = (
            "select count(*) from work where (interview_id = %s and kind = 'evaluation') or subject_id = %s"
        )
        deadline = time.monotonic() + CALL_S
        while self.value(query, owner.interview_id, owner.resume_id):
            assert time.monotonic() < deadline, "there is still work to do"
            time.sleep(0.02)

    def _recorded_call(self, owner: Owner) -> str:
        """As a model would have left it: this mesh has none."""
        call_id = str(new_id())
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "insert into llm_call (id, interview_id, purpose, template_id, template_hash, verdict,"
                " total_ms) values (%s, %s, 'question', 'question', 'x', 'accepted', 1)",
                (UUID(call_id), UUID(owner.interview_id)),
            )
        return call_id

    def value(self, query: str, *arguments: Any) -> Any:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(query, arguments).fetchone()
        return row[0] if row else None


def mesh_token(mesh: LocalMesh) -> str:
    with open(mesh.environment()["VIVA_MESH_TOKEN_FILE"]) as file:
        return file.read().strip()


@contextmanager
def world_of(mesh: LocalMesh) -> Iterator[World]:
    with grpc.insecure_channel(mesh.ports.listen["session"]) as channel:
        yield World(mesh, Wire(channel))
