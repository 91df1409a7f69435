"""Whatever is sent to accounts, companies and consents, by whomever: an answer or a clear refusal."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from viva.v1 import account_pb2, company_pb2, consent_pb2

from services.runtime.auth import set_principal
from services.runtime.errors import InvalidArgument, VivaError, to_status
from services.session.app.access import ANONYMOUS, OPERATOR, Caller, Role
from services.session.app.authentication import MESH
from services.session.app.consents import Purpose
from services.session.domain.interview import USUAL_RETENTION_DAYS
from services.session.domain.scenario import Language
from tests.fixtures.messages import messages
from tests.services.session.people_world import PASSWORD, Town, town

__all__ = ["town"]  # a fixture
SERVICES = {
    "account": (account_pb2, "AccountService"),
    "company": (company_pb2, "CompanyService"),
    "consent": (consent_pb2, "ConsentService"),
}
RPCS = [
    (module, method.name)
    for module, (pb, service) in SERVICES.items()
    for method in pb.DESCRIPTOR.services_by_name[service].methods
]
FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


class Forgetful:
    """`PrivacyUse` of a person of whom nothing is kept."""

    async def export(self, account_id: UUID) -> AsyncIterator[bytes]:
        yield str(account_id).encode()

    async def erase_account(self, account_id: UUID, actor: str) -> list[str]:
        return [actor]


@dataclass
class Counter:
    """The three servicers, callers of every kind, and words that mean something to them."""

    town: Town
    servicers: dict[str, Any]
    callers: dict[str, Caller]
    words: list[str]

    async def call(self, caller: Caller, module: str, rpc: str, request: Any) -> list[Any]:
        """What the rpc answers; refusals come as errors of ours."""
        set_principal(caller)
        answer = getattr(self.servicers[module], rpc)(request, None)
        if hasattr(answer, "__aiter__"):
            return [each async for each in answer]
        return [await answer]

    async def refusal(self, caller: Caller, module: str, rpc: str, request: Any) -> VivaError | None:
        """None for an answer, which then can be sent; whatever else is raised is a fault."""
        try:
            answers = await self.call(caller, module, rpc, request)
        except VivaError as error:
            return error
        assert all(each.IsInitialized() and each.SerializeToString() is not None for each in answers)
        return None


@pytest.fixture
async def counter(town: Town) -> Counter:
    recruiter, company = await town.recruiter()
    candidate = await town.person(Role.CANDIDATE)
    job = await town.job(recruiter, company)
    moment = town.clock.now().replace(year=2031)
    [(made, secret)] = await town.people.invitations.create(recruiter, "i", job.id, ["a@b.cc"], moment)
    token, _ = await town.people.service_tokens.issue(OPERATOR, "t", "ats", 1, None)
    interview = await town.interview(candidate, company.id)
    texts = [each.version for each in town.people.consents.in_force(OPERATOR, Language.KO)]
    ids = [recruiter.id, candidate.id, company.id, job.id, made.id, token.id, interview, uuid4()]
    people = town.people
    return Counter(
        town,
        {
            "account": people.account_servicer(Forgetful()),
            "company": people.company_servicer(),
            "consent": people.consent_servicer(),
        },
        {
            "candidate": candidate,
            "recruiter": recruiter,
            "admin": OPERATOR,
            "scoped service": Caller(Role.SERVICE, token.id, frozenset({company.id})),
            "service": Caller(Role.SERVICE, token.id, unscoped=True),
            "mesh": MESH,
            "stranger": ANONYMOUS,
        },
        [*map(str, ids), secret, PASSWORD, "someone@example.org", "standard", "once", "", *texts],
    )


@FUZZ
@given(data=st.data())
@pytest.mark.parametrize(("module", "rpc"), RPCS)
async def test_whatever_is_sent_there_is_an_answer_or_a_clear_refusal(
    counter: Counter, module: str, rpc: str, data: st.DataObject
) -> None:
    kind = getattr(SERVICES[module][0], f"{rpc}Request")
    request = data.draw(messages(kind, counter.words))
    caller = data.draw(st.sampled_from(list(counter.callers.values())))
    refusal = await counter.refusal(caller, module, rpc, request)
    if refusal is not None:
        assert refusal.reason
        assert refusal.violations or refusal.remedy
        assert to_status(refusal).message
    if isinstance(refusal, InvalidArgument):
        known = {each.split(".")[0].split(":")[0] for each in refusal.violations}
        assert known <= set(kind.DESCRIPTOR.fields_by_name)


@pytest.mark.unit
def test_every_rpc_of_people_is_served() -> None:
    for module, rpc in RPCS:
        servicer = import_module(f"services.session.servicers.{module}")
        [kind] = [
            each for name, each in vars(servicer).items() if name.endswith("Servicer") and hasattr(each, rpc)
        ]
        assert rpc in vars(kind), f"{rpc} is left to the generated code"


# What each kind of caller may reach: everything else refuses before it looks at anything.
STRANGERS = {"Register", "LogIn", "RefreshTokens", "GetInvitation", "AcceptInvitation"}
ADMINS = {
    "CreateUser",
    "ListUsers",
    "SetUserRole",
    "IssueServiceToken",
    "ListServiceTokens",
    "RevokeServiceToken",
}


def whole(counter: Counter, module: str, rpc: str) -> Any:
    """A request that would succeed for somebody."""
    recruiter, candidate, company, job, invitation, token, interview = map(UUID, counter.words[:7])
    language = 1
    made = {
        "Register": {"email": "new@example.org", "password": PASSWORD},
        "LogIn": {"email": "new@example.org", "password": PASSWORD},
        "RefreshTokens": {"refresh_token": "x"},
        "LogOut": {"everywhere": True},
        "ChangePassword": {"old_password": PASSWORD, "new_password": PASSWORD},
        "CreateInvitations": {"job_id": job, "emails": ["n@example.org"], "expires_at": later(counter)},
        "ListInvitations": {"job_id": job},
        "RevokeInvitation": {"invitation_id": invitation},
        "GetInvitation": {"token": counter.words[8]},
        "AcceptInvitation": {"token": counter.words[8], "password": PASSWORD},
        "EraseMyData": {"password": PASSWORD},
        "CreateUser": {"email": "n@example.org", "password": PASSWORD, "role": 1},
        "SetUserRole": {"user_id": candidate, "role": 1},
        "IssueServiceToken": {"name": "ats"},
        "RevokeServiceToken": {"service_token_id": token},
        "CreateCompany": {"company": {"name": "회사"}},
        "GetCompany": {"company_id": company},
        "UpdateCompany": {"company": {"id": str(company), "name": "회사"}},
        "AddCompanyMember": {"company_id": company, "user_id": recruiter},
        "RemoveCompanyMember": {"company_id": company, "user_id": candidate},
        "SaveTalentProfile": {"talent_profile": {"company_id": str(company), "name": "인재상"}},
        "ListTalentProfiles": {"company_id": company},
        "SaveJob": {"job": {"company_id": str(company), "title": "일"}},
        "GetJob": {"job_id": job},
        "ListJobs": {"company_id": company},
        "ListScenarios": {"company_id": company},
        "GetScenario": {"name": "standard", "language": language, "company_id": company},
        "ValidateScenario": {"source": "x"},
        "SaveScenario": {"company_id": company, "source": "x"},
        "RecordConsent": {
            "interview_id": interview,
            "choices": [{"purpose": 1, "version": counter.words[-4], "granted": True}],
        },
        "ListConsents": {"interview_id": interview},
    }.get(rpc, {})
    kind = getattr(SERVICES[module][0], f"{rpc}Request")
    values = {name: str(value) if isinstance(value, UUID) else value for name, value in made.items()}
    if "request_id" in kind.DESCRIPTOR.fields_by_name:
        values["request_id"] = uuid4().hex
    return kind(**values)


def later(counter: Counter) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(counter.town.clock.now().replace(year=2031))
    return stamp


COMPANY_RPCS = {
    *("CreateInvitations", "ListInvitations", "RevokeInvitation", "UpdateCompany", "SaveTalentProfile"),
    *("ListTalentProfiles", "SaveJob", "SaveScenario", "ListScenarios"),
}
PEOPLE = {"candidate", "recruiter", "admin"}
EVERYONE = {*PEOPLE, "scoped service", "service", "mesh"}
RUNNERS = EVERYONE - {"candidate", "mesh"}


def admitted(rpc: str) -> set[str]:
    """Who is not refused for who they are."""
    if rpc in STRANGERS - {"AcceptInvitation"}:
        return EVERYONE | {"stranger"}
    exact = {
        "AcceptInvitation": {"candidate", "stranger"},
        "CreateCompany": {"recruiter", "admin"},
        "AddCompanyMember": {"recruiter", "admin"},
        "RemoveCompanyMember": {"recruiter", "admin"},
        "GetScenario": RUNNERS,
        "ValidateScenario": RUNNERS,
        "RecordConsent": {"candidate"},
        "GetCompany": RUNNERS | {"mesh"},
        "GetJob": RUNNERS | {"mesh"},
        **dict.fromkeys(
            ("LogOut", "GetMe", "ChangePassword", "ExportMyData", "EraseMyData"), PEOPLE - {"admin"}
        ),
        **{rpc: {"admin"} for rpc in ADMINS},
        **dict.fromkeys(COMPANY_RPCS, RUNNERS),
    }
    return exact.get(rpc, EVERYONE)


REFUSED = {"NOT_ALLOWED", "NOT_FOUND", "TOKEN_MISSING"}


@pytest.mark.parametrize(("module", "rpc"), RPCS)
async def test_every_rpc_admits_those_of_its_row_only(counter: Counter, module: str, rpc: str) -> None:
    found = set()
    for name, caller in counter.callers.items():
        refusal = await counter.refusal(caller, module, rpc, whole(counter, module, rpc))
        if refusal is None or refusal.reason not in REFUSED:
            found.add(name)
        elif name == "stranger":
            assert refusal.reason == "TOKEN_MISSING"
    assert found == admitted(rpc)


async def test_a_stranger_with_a_link_learns_not_who_took_it(counter: Counter) -> None:
    secret = counter.words[8]
    accept = account_pb2.AcceptInvitationRequest(token=secret)
    [taken] = await counter.call(counter.callers["candidate"], "account", "AcceptInvitation", accept)
    assert taken.invitation.candidate_id == str(counter.callers["candidate"].id)
    look = account_pb2.GetInvitationRequest(token=secret)
    [shown] = await counter.call(ANONYMOUS, "account", "GetInvitation", look)
    assert shown.invitation.candidate_id == ""
    assert shown.invitation.HasField("accepted_at")


async def test_consent_is_recorded_by_the_version_that_was_shown(counter: Counter) -> None:
    candidate, interview = counter.callers["candidate"], counter.words[6]
    ask = consent_pb2.GetConsentTextsRequest()
    [shown] = await counter.call(candidate, "consent", "GetConsentTexts", ask)
    assert [each.required for each in shown.texts] == [True, False, False, False]
    assert shown.retention_days == USUAL_RETENTION_DAYS
    choices = [
        consent_pb2.ConsentChoice(purpose=each.purpose, version=each.version, granted=each.required)
        for each in shown.texts
    ]
    request = consent_pb2.RecordConsentRequest(interview_id=interview, request_id="r", choices=choices)
    [kept] = await counter.call(candidate, "consent", "RecordConsent", request)
    assert [each.granted for each in kept.consents] == [True, False, False, False]
    assert await counter.town.people.consents.granted(UUID(interview)) == {Purpose.PROCESSING}
