"""Who may do what: one row for every kind of caller and every act."""

from uuid import UUID

import pytest

from services.runtime.errors import NotFound, PermissionDenied, Unauthenticated, VivaError
from services.session.app import access
from services.session.app.access import ANONYMOUS, OPERATOR, Caller, Hiring, Interviewing, Role

pytestmark = pytest.mark.unit

ME, OTHER, OURS, THEIRS = (UUID(int=number) for number in range(1, 5))
CALLERS = {
    "own candidate": Caller(Role.CANDIDATE, ME),
    "other candidate": Caller(Role.CANDIDATE, OTHER),
    "recruiter": Caller(Role.RECRUITER, OTHER, frozenset({OURS})),
    "other recruiter": Caller(Role.RECRUITER, OTHER, frozenset({THEIRS})),
    "recruiter of none": Caller(Role.RECRUITER, OTHER),
    "admin": Caller(Role.ADMIN, OTHER),
    "service": Caller(Role.SERVICE, OTHER, unscoped=True),
    "scoped service": Caller(Role.SERVICE, OTHER, frozenset({OURS})),
    "other scoped service": Caller(Role.SERVICE, OTHER, frozenset({THEIRS})),
    "mesh": Caller(Role.MESH, unscoped=True),
    "stranger": ANONYMOUS,
}
UNSEEN = {"other candidate", "other recruiter", "recruiter of none", "other scoped service"}
RUNNERS = {"recruiter", "admin", "service", "scoped service"}
INTERVIEWS = {
    Interviewing.READ: RUNNERS | {"own candidate", "mesh"},
    Interviewing.CONDUCT: {"own candidate", "service", "scoped service", "mesh"},
    Interviewing.SPEAK_FOR_ONESELF: {"own candidate"},
    Interviewing.READ_CONSENTS: RUNNERS | {"own candidate", "mesh"},
    Interviewing.READ_REPORT: RUNNERS | {"own candidate"},
    Interviewing.RESCORE: RUNNERS,
    Interviewing.DECIDE: {"recruiter", "admin"},
}
COMPANIES = {
    Hiring.READ: RUNNERS | {"mesh"},
    Hiring.READ_INTERNAL: RUNNERS,
    Hiring.CHANGE: RUNNERS,
    Hiring.CHANGE_MEMBERS: {"recruiter", "admin"},
}


def refusal(name: str, allowed: set[str], unseen: set[str]) -> type[VivaError] | None:
    if name == "stranger":
        return Unauthenticated
    if name in allowed:
        return None
    return NotFound if name in unseen else PermissionDenied


def outcome(call: object) -> type[VivaError] | None:
    try:
        call()  # type: ignore[operator]
    except VivaError as error:
        return type(error)
    return None


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("act", Interviewing)
def test_an_interview_of_a_company_is_open_to_those_of_its_row_only(act: Interviewing, name: str) -> None:
    found = outcome(lambda: access.require_interview(CALLERS[name], act, ME, OURS))
    assert found is refusal(name, INTERVIEWS[act], UNSEEN)


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("act", Interviewing)
def test_an_interview_without_a_company_is_nobodys_but_its_candidates(act: Interviewing, name: str) -> None:
    found = outcome(lambda: access.require_interview(CALLERS[name], act, ME, None))
    allowed = INTERVIEWS[act] - {"recruiter", "scoped service"}
    assert found is refusal(name, allowed, UNSEEN | {"recruiter", "scoped service"})


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("act", Hiring)
def test_a_company_is_open_to_those_of_its_row_only(act: Hiring, name: str) -> None:
    found = outcome(lambda: access.require_company(CALLERS[name], act, OURS))
    assert found is refusal(name, COMPANIES[act], UNSEEN | {"own candidate"})


@pytest.mark.parametrize("act", Hiring)
def test_an_invited_candidate_reads_the_company_and_nothing_inside_it(act: Hiring) -> None:
    found = outcome(
        lambda: access.require_company(CALLERS["own candidate"], act, OURS, invited=True, what="job")
    )
    assert found is (None if act is Hiring.READ else PermissionDenied)


def test_what_is_listed_is_what_can_be_read() -> None:
    listed = {name for name, caller in CALLERS.items() if access.can_read_interview(caller, ME, OURS)}
    assert listed == INTERVIEWS[Interviewing.READ]


@pytest.mark.parametrize("name", CALLERS)
def test_only_admins_and_the_machine_itself_mend_the_mesh(name: str) -> None:
    found = outcome(lambda: access.require_operator(CALLERS[name]))
    assert found is refusal(name, {"admin", "mesh"}, set())


@pytest.mark.parametrize("name", CALLERS)
def test_only_people_have_an_account(name: str) -> None:
    found = outcome(lambda: access.require_person(CALLERS[name]))
    assert found is refusal(
        name, set(CALLERS) - {"service", "scoped service", "other scoped service", "mesh"}, set()
    )


def test_the_audit_log_names_a_caller_by_kind_and_id() -> None:
    assert CALLERS["admin"].actor == f"user:{OTHER}"
    assert CALLERS["service"].actor == f"service:{OTHER}"
    assert CALLERS["mesh"].actor == "mesh"
    assert OPERATOR.actor == "operator"
