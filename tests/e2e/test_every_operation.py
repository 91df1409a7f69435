"""Every operation of the edge's document, as everybody, with the ids of things that are there."""

from collections.abc import Iterator

import httpx
import pytest

from deploy.local.environment import LocalMesh
from tests.e2e.operations import Offered, offered
from tests.e2e.people import Owner, World, world_of
from tests.e2e.test_edge import unfit

pytestmark = pytest.mark.integration
# Callers as in test_ownership.py: the candidate whose ids are sent, another one, the recruiter of the company
# that interviews them and of another, an admin, a service token of the company, a stranger.
#
# 409: the right caller at the wrong moment · media: let in, and answered by media, with or without an engine
TABLE = """
                           own other  rec rec2 admin svc none
get_me                     200  200   200  200  200  403  401
change_password            204  401   401  401  401  403  401
erase_my_data              200  401   401  401  401  403  401
list_resumes               200  403   403  403  200  200  401
upload_resume              201  403   403  403  201  201  401
get_resume                 200  404   200  404  200  200  401
update_resume              200  404   403  404  403  403  401
delete_resume              204  404   403  404  403  403  401
search_resumes             403  403   200  404  200  200  401
create_interview           201  403   201  404  201  201  401
list_interviews            200  200   200  200  200  200  401
get_interview              200  404   200  404  200  200  401
start_interview            200  404   403  404  403  200  401
update_answer_draft        204  404   403  404  403  204  401
submit_answer              200  404   403  404  403  200  401
repeat_question            200  404   403  404  403  200  401
pause_interview            200  404   403  404  403  200  401
resume_interview           200  404   403  404  403  200  401
end_interview              200  404   403  404  403  200  401
withdraw_consent           200  404   403  404  403  403  401
correct_transcript         200  404   403  404  403  403  401
rescore_interview          403  404   200  404  200  200  401
record_decision            403  404   200  404  200  403  401
request_review             200  404   403  404  403  403  401
get_consent_texts          200  200   200  200  200  200  401
list_consents              200  404   200  404  200  200  401
record_consent             200  404   403  404  403  403  401
create_company             403  403   201  201  201  403  401
list_companies             200  200   200  200  200  200  401
get_company                200  404   200  404  200  200  401
update_company             404  404   200  404  200  200  401
add_company_member         404  404   204  404  204  403  401
remove_company_member      404  404   204  404  204  403  401
create_talent_profile      404  404   201  404  201  201  401
list_talent_profiles       404  404   200  404  200  200  401
update_talent_profile      404  404   200  404  200  200  401
create_job                 404  404   201  404  201  201  401
list_jobs                  200  200   200  404  200  200  401
update_job                 404  404   200  404  200  200  401
get_job                    200  404   200  404  200  200  401
list_scenarios             404  404   200  404  200  200  401
get_scenario               403  403   200  404  200  200  401
validate_scenario          403  403   200  200  200  200  401
save_scenario              404  404   200  404  200  200  401
create_invitations         404  404   201  404  201  201  401
list_invitations           404  404   200  404  200  200  401
revoke_invitation          404  404   204  404  204  204  401
get_mesh                   403  403   403  403  200  403  401
list_work                  403  403   403  403  200  403  401
retry_work                 403  403   403  403  409  403  401
list_llm_calls             403  403   403  403  200  403  401
get_llm_call               403  403   403  403  200  403  401
replay_llm_call            403  403   403  403  409  403  401
list_audit_entries         403  403   403  403  200  403  401
list_turn_timings          403  403   403  403  200  403  401
list_set_aside_messages    403  403   403  403  200  403  401
list_users                 403  403   403  403  200  403  401
create_user                403  403   403  403  201  403  401
set_user_role              403  403   403  403  200  403  401
list_service_tokens        403  403   403  403  200  403  401
issue_service_token        403  403   403  403  201  403  401
revoke_service_token       403  403   403  403  204  403  401
register                   201  201   201  201  201  201  201
log_in                     200  200   200  200  200  200  200
refresh_tokens             200  200   200  200  200  200  200
log_out                    204  204   204  204  204  403  401
export_my_data             200  200   200  200  200  403  401
look_up_invitation         200  200   200  200  200  200  200
accept_invitation          200  200   403  403  403  403  200
watch_resume               200  404   200  404  200  200  401
get_report                 200  404   200  404  200  200  401
get_report_html            200  404   200  404  200  200  401
get_report_pdf             200  404   200  404  200  200  401
export_interviews          200  200   200  200  200  200  401
get_ice_servers            media 404  403  404  403  media 401
list_recordings            200  404   200  404  200  200  401
get_recording              409  404   409  404  409  409  401
negotiate_media            media 404  403  404  403  media 401
add_ice_candidate          media 404  403  404  403  media 401
hang_up                    media 404  403  404  403  media 401
get_capabilities           200  200   200  200  200  200  401
create_ticket              201  404   201  404  201  201  401
get_health                 200  200   200  200  200  200  200
get_readiness              200  200   200  200  200  200  200
"""
# Of an interview that is over; its report is ready and a human has decided.
OVER = {
    *("get_report", "get_report_html", "get_report_pdf"),
    *("rescore_interview", "record_decision", "request_review"),
}
# Open to whoever holds the owner's secret: it is the secret that is answered to.
BY_SECRET = {"log_in", "refresh_tokens", "look_up_invitation", "accept_invitation"}
# After these nothing is left to be tried by the next caller.
USES_UP = {
    *("change_password", "erase_my_data", "delete_resume", "withdraw_consent", "revoke_invitation"),
    *("refresh_tokens", "log_out", "accept_invitation"),
}


def rows() -> dict[str, dict[str, str]]:
    """Operation → caller → status."""
    callers, *lines = [line.split() for line in TABLE.splitlines() if line]
    return {name: dict(zip(callers, row, strict=True)) for name, *row in lines}


EXPECTED = rows()


@pytest.fixture(scope="module")
def world(mesh: LocalMesh) -> Iterator[World]:
    with world_of(mesh) as found:
        yield found


@pytest.fixture(scope="module")
def edge(mesh: LocalMesh) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{mesh.ports.listen['edge']}", timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def operations(edge: httpx.Client) -> dict[str, Offered]:
    return offered(edge)


def owner_of(world: World, name: str) -> Owner:
    world.reopen_job()
    return world.finish(world.owner()) if name in OVER else world.owner()


def test_every_operation_has_a_row(operations: dict[str, Offered]) -> None:
    assert EXPECTED.keys() == operations.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_everybody_gets_the_status_that_is_due_to_them(
    name: str, world: World, edge: httpx.Client, operations: dict[str, Offered]
) -> None:
    owner, seen = owner_of(world, name), {}
    for caller in EXPECTED[name]:
        request = operations[name].request(world, owner, world.token_of(caller, owner))
        edge.cookies.clear()
        answer = edge.request(**request)
        assert unfit(answer) == "", caller
        assert told_of(owner, answer) == [] or may_know(name, caller), caller
        seen[caller] = "media" if is_of_media(name, answer) else str(answer.status_code)
        if name in USES_UP and answer.is_success:
            owner = owner_of(world, name)
    assert seen == EXPECTED[name]


def is_of_media(name: str, answer: httpx.Response) -> bool:
    if "media" not in EXPECTED[name].values() or answer.status_code in (401, 403):
        return False
    return answer.is_success or answer.json()["reason"] != "NOT_FOUND"


def told_of(owner: Owner, answer: httpx.Response) -> list[str]:
    """What an answer gives away of the owner."""
    return [
        each for each in (owner.id, owner.email, owner.resume_id, owner.interview_id) if each in answer.text
    ]


def may_know(name: str, caller: str) -> bool:
    return caller in ("own", "rec", "admin", "svc") or name in BY_SECRET
