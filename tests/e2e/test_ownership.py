"""Who may call what with whose ids: every rpc of the session, tried by everybody."""

from collections.abc import Iterator
from copy import copy
from dataclasses import fields, replace
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from deploy.local.environment import LocalMesh
from services.runtime import errors
from services.session.adapters.system import new_id
from tests.e2e.people import METHODS, SERVICES, Owner, World, told, world_of
from tests.e2e.requests import REQUESTS

pytestmark = pytest.mark.integration

# own: the candidate whose ids are sent · other: another candidate · rec: recruiter of the company that
# interviews own · rec2: recruiter of another company · svc, svc2: service tokens of these companies ·
# all: a service token of no company · gone: a revoked one · mesh: the mesh token · none: no token
#
# + allowed (and done, or refused for its state alone)    . answered without anything of the owner's
# ? NOT_FOUND: as if there were none                      - PERMISSION_DENIED    ! UNAUTHENTICATED
TABLE = """
                                       own other rec rec2 admin svc svc2 all gone mesh none
InterviewService.CreateInterview        +    -    +   ?     +    +   ?    +    !    -    !
InterviewService.StartInterview         +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.AppendAnswerSegment    +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.UpdateAnswerDraft      +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.SubmitAnswer           +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.RepeatQuestion         +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.PauseInterview         +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.ResumeInterview        +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.EndInterview           +    ?    -   ?     -    +   ?    +    !    +    !
InterviewService.WithdrawConsent        +    ?    -   ?     -    -   ?    -    !    -    !
InterviewService.CorrectTranscript      +    ?    -   ?     -    -   ?    -    !    -    !
InterviewService.RequestReview          +    ?    -   ?     -    -   ?    -    !    -    !
InterviewService.WatchInterview         +    ?    +   ?     +    +   ?    +    !    +    !
InterviewService.GetInterview           +    ?    +   ?     +    +   ?    +    !    +    !
InterviewService.ListInterviews         +    .    +   .     +    +   .    +    !    +    !
InterviewService.GetReport              +    ?    +   ?     +    +   ?    +    !    -    !
InterviewService.ListenToRecording      +    ?    +   ?     +    +   ?    +    !    -    !
InterviewService.RescoreInterview       -    ?    +   ?     +    +   ?    +    !    -    !
InterviewService.RecordDecision         -    ?    +   ?     +    -   ?    -    !    -    !
InterviewService.GetMediaTerms          -    -    -   -     -    -   -    -    !    +    !
InterviewService.RecordObservations     -    -    -   -     -    -   -    -    !    +    !
InterviewService.GetInfo                .    .    .   .     .    .   .    .    !    .    !

ConsentService.GetConsentTexts          .    .    .   .     .    .   .    .    !    .    !
ConsentService.RecordConsent            +    ?    -   ?     -    -   ?    -    !    -    !
ConsentService.ListConsents             +    ?    +   ?     +    +   ?    +    !    +    !

ResumeService.UploadResume              +    -    -   -     +    +   ?    +    !    -    !
ResumeService.GetResume                 +    ?    +   ?     +    +   ?    +    !    +    !
ResumeService.ListResumes               +    -    -   -     +    +   .    +    !    -    !
ResumeService.UpdateResume              +    ?    -   ?     -    -   ?    +    !    -    !
ResumeService.DeleteResume              +    ?    -   ?     -    -   ?    +    !    -    !
ResumeService.WatchResume               +    ?    +   ?     +    +   ?    +    !    +    !
ResumeService.SearchResumes             -    -    +   ?     +    +   ?    +    !    -    !

CompanyService.CreateCompany            -    -    .   .     .    -   -    -    !    -    !
CompanyService.GetCompany               +    ?    +   ?     +    +   ?    +    !    +    !
CompanyService.ListCompanies            +    .    +   .     +    +   .    +    !    +    !
CompanyService.UpdateCompany            ?    ?    +   ?     +    +   ?    +    !    -    !
CompanyService.AddCompanyMember         ?    ?    +   ?     +    -   ?    -    !    -    !
CompanyService.RemoveCompanyMember      ?    ?    +   ?     +    -   ?    -    !    -    !
CompanyService.SaveTalentProfile        ?    ?    +   ?     +    +   ?    +    !    -    !
CompanyService.ListTalentProfiles       ?    ?    +   ?     +    +   ?    +    !    -    !
CompanyService.SaveJob                  ?    ?    +   ?     +    +   ?    +    !    -    !
CompanyService.GetJob                   +    ?    +   ?     +    +   ?    +    !    +    !
CompanyService.ListJobs                 +    .    +   ?     +    +   ?    +    !    +    !
CompanyService.ListScenarios            ?    ?    +   ?     +    +   ?    +    !    -    !
CompanyService.GetScenario              -    -    +   ?     +    +   ?    +    !    -    !
CompanyService.ValidateScenario         -    -    .   .     .    .   .    .    !    -    !
CompanyService.SaveScenario             ?    ?    +   ?     +    +   ?    +    !    -    !

AccountService.Register                 .    .    .   .     .    .   .    .    .    .    .
AccountService.LogIn                    +    +    +   +     +    +   +    +    +    +    +
AccountService.RefreshTokens            +    +    +   +     +    +   +    +    +    +    +
AccountService.GetInvitation            +    +    +   +     +    +   +    +    +    +    +
AccountService.AcceptInvitation         +    +    -   -     -    -   -    -    !    -    +
AccountService.LogOut                   +    .    .   .     .    -   -    -    !    -    !
AccountService.GetMe                    +    .    +   .     .    -   -    -    !    -    !
AccountService.ChangePassword           +    !    !   !     !    -   -    -    !    -    !
AccountService.ExportMyData             +    .    .   .     .    -   -    -    !    -    !
AccountService.EraseMyData              +    !    !   !     !    -   -    -    !    -    !
AccountService.CreateInvitations        ?    ?    +   ?     +    +   ?    +    !    -    !
AccountService.ListInvitations          ?    ?    +   ?     +    +   ?    +    !    -    !
AccountService.RevokeInvitation         ?    ?    +   ?     +    +   ?    +    !    -    !
AccountService.CreateUser               -    -    -   -     .    -   -    -    !    -    !
AccountService.ListUsers                -    -    -   -     +    -   -    -    !    -    !
AccountService.SetUserRole              -    -    -   -     +    -   -    -    !    -    !
AccountService.IssueServiceToken        -    -    -   -     +    -   -    -    !    -    !
AccountService.ListServiceTokens        -    -    -   -     +    -   -    -    !    -    !
AccountService.RevokeServiceToken       -    -    -   -     +    -   -    -    !    -    !

AdminService.GetMesh                    -    -    -   -     .    -   -    -    !    .    !
AdminService.ListWork                   -    -    -   -     +    -   -    -    !    +    !
AdminService.RetryWork                  -    -    -   -     +    -   -    -    !    +    !
AdminService.ListLlmCalls               -    -    -   -     +    -   -    -    !    +    !
AdminService.GetLlmCall                 -    -    -   -     +    -   -    -    !    -    !
AdminService.ReplayLlmCall              -    -    -   -     +    -   -    -    !    -    !
AdminService.ListAuditEntries           -    -    -   -     +    -   -    -    !    -    !
AdminService.ListTurnTimings            -    -    -   -     +    -   -    -    !    +    !
AdminService.ListSetAsideMessages       -    -    -   -     .    -   -    -    !    .    !
"""
REFUSALS = {
    "?": grpc.StatusCode.NOT_FOUND,
    "-": grpc.StatusCode.PERMISSION_DENIED,
    "!": grpc.StatusCode.UNAUTHENTICATED,
}
# The right caller at the wrong moment.
STATE = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS)
# After these nothing is left to be tried by the next caller.
USES_UP = {
    "InterviewService.WithdrawConsent",
    "ResumeService.DeleteResume",
    "AccountService.AcceptInvitation",
    "AccountService.LogOut",
    "AccountService.RefreshTokens",
    "AccountService.ChangePassword",
    "AccountService.EraseMyData",
    "AccountService.RevokeInvitation",
    "AccountService.SetUserRole",
}


def rows() -> dict[str, dict[str, str]]:
    """Rpc → caller → what is to happen."""
    lines = [line.split() for line in TABLE.splitlines() if line]
    callers = lines[0]
    return {name: dict(zip(callers, expected, strict=True)) for name, *expected in lines[1:]}


EXPECTED = rows()


# Tables that change by calls alone, as a whole.
WHOLE = (
    *("account", "refresh_token", "company", "company_member", "service_token", "talent_profile", "job"),
    *("scenario_source", "invitation", "blob", "resume", "resume_chunk", "consent", "audit_entry", "request"),
)
# What is the owner's, by how it is found: elsewhere things may go on by themselves.
BELONGINGS = {
    "t.id = '{0.interview_id}'": ("interview",),
    "t.interview_id = '{0.interview_id}'": ("event", "turn", "work", "report", "llm_call", "consent"),
    "t.turn_id in (select id from turn where interview_id = '{0.interview_id}')": (
        *("question", "answer", "answer_draft", "answer_segment", "evaluation", "observation"),
    ),
    "t.account_id = '{0.id}'": ("refresh_token",),
    "t.candidate_id = '{0.id}'": ("resume", "resume_chunk", "invitation"),
}
DIGEST = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} t where {}"


def belongings(world: World, owner: Owner) -> dict[str, str]:
    """A digest of what is the owner's in every table."""
    return {
        table: world.value(DIGEST.format(table, where.format(owner)))
        for where, tables in BELONGINGS.items()
        for table in tables
    }


def stored(world: World, owner: Owner) -> dict[str, str]:
    """A digest of every table."""
    whole = {f"all of {table}": world.value(DIGEST.format(table, "true")) for table in WHOLE}
    return whole | belongings(world, owner)


@pytest.fixture(scope="module")
def world(mesh: LocalMesh) -> Iterator[World]:
    with world_of(mesh) as found:
        yield found


def test_every_rpc_has_a_row(mesh: LocalMesh) -> None:
    with grpc.insecure_channel(mesh.ports.listen["session"]) as channel:
        served = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert {name.removeprefix("viva.v1.") for name in served if name.startswith("viva.")} == set(SERVICES)
    assert EXPECTED.keys() == METHODS.keys()
    assert REQUESTS.keys() == METHODS.keys()


@pytest.mark.parametrize("rpc", EXPECTED)
def test_everybody_else_is_refused_and_changes_nothing(world: World, rpc: str) -> None:
    owner = world.owner()
    before = stored(world, owner)
    for caller, sign in EXPECTED[rpc].items():
        if sign in REFUSALS:
            assert refusal(world, rpc, caller, owner) is REFUSALS[sign], caller
    assert stored(world, owner) == before


@pytest.mark.parametrize("rpc", [rpc for rpc, row in EXPECTED.items() if "?" in row.values()])
def test_what_is_not_the_callers_looks_like_what_does_not_exist(world: World, rpc: str) -> None:
    owner = world.owner()
    for caller, sign in EXPECTED[rpc].items():
        if sign == "?":
            said, of_nobody = words(world, rpc, caller, owner), words(*nobody(world, owner, rpc, caller))
            assert said == of_nobody, caller


@pytest.mark.parametrize("rpc", [rpc for rpc, row in EXPECTED.items() if "." in row.values()])
def test_some_are_answered_without_anything_of_the_owners(world: World, rpc: str) -> None:
    owner = world.owner()
    before = belongings(world, owner)
    for caller, sign in EXPECTED[rpc].items():
        if sign == ".":
            answer = b"".join(each.SerializeToString() for each in attempt(world, rpc, caller, owner))
            assert [each for each in owner.ids if each.encode() in answer] == [], caller
    assert belongings(world, owner) == before


@pytest.mark.parametrize("rpc", [rpc for rpc, row in EXPECTED.items() if "+" in row.values()])
def test_those_who_may_are_answered(world: World, rpc: str) -> None:
    owner = world.owner()
    for caller, sign in EXPECTED[rpc].items():
        if sign == "+":
            attempt(world, rpc, caller, owner, or_state=True)
            if rpc in USES_UP:
                owner = world.owner()


def attempt(world: World, rpc: str, caller: str, owner: Owner, *, or_state: bool = False) -> list[Any]:
    """What is answered; nothing where the state forbids it and `or_state`."""
    answers, error = tried(world, rpc, caller, owner)
    if error is not None:
        allowed = or_state and errors.status_code(error) in STATE
        assert allowed, f"{caller}: {type(error).__name__} {error.reason}: {error}"
    return answers


def refusal(world: World, rpc: str, caller: str, owner: Owner) -> grpc.StatusCode:
    """The status that the call is refused with; OK where it is not."""
    _, error = tried(world, rpc, caller, owner)
    return errors.status_code(error) if error else grpc.StatusCode.OK


def words(world: World, rpc: str, caller: str, owner: Owner) -> tuple[str, str]:
    """Reason and message of a refusal."""
    _, error = tried(world, rpc, caller, owner)
    return (error.reason, str(error)) if error else ("", "")


def nobody(world: World, owner: Owner, rpc: str, caller: str) -> tuple[World, str, str, Owner]:
    """The same call with ids that nothing has; the candidate's own id stays."""
    ids: dict[str, Any] = {each.name: str(new_id()) for each in fields(owner) if each.name.endswith("_id")}
    ghost = copy(world)
    ghost.company = replace(world.company, id=str(new_id()), job_id=str(new_id()), profile_id=str(new_id()))
    return ghost, rpc, caller, replace(owner, **ids)


def tried(world: World, rpc: str, caller: str, owner: Owner) -> tuple[list[Any], errors.VivaError | None]:
    try:
        return world.wire.call(rpc, REQUESTS[rpc](world, owner), world.token_of(caller, owner)), None
    except grpc.RpcError as error:
        return [], told(error)
