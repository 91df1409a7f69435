"""Invitations: links that are shown once, work once, and tell a stranger nothing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from services.runtime.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, VivaError
from services.session.app import pages
from services.session.app.access import ANONYMOUS, OPERATOR, Caller, Role
from services.session.app.accounts import NewAccount
from services.session.app.companies import Company
from services.session.app.invitations import Invitation
from services.session.app.jobs import Job
from services.session.app.pages import Page
from tests.services.session.people_world import PASSWORD, Town, described, town

__all__ = ["town"]  # a fixture
GUEST = "guest@example.org"


async def opened(town: Town) -> tuple[Caller, Company, Job]:
    caller, company = await town.recruiter()
    return caller, company, await town.job(caller, company)


async def invited(
    town: Town, caller: Caller, job: Job, *emails: str, key: str = "once"
) -> list[tuple[Invitation, str]]:
    until = town.clock.now() + timedelta(days=7)
    return await town.people.invitations.create(caller, key, job.id, emails or [GUEST], until)


async def refusal(attempt: object) -> str:
    with pytest.raises(VivaError) as caught:
        await attempt  # type: ignore[misc]
    return caught.value.reason


async def test_each_address_is_invited_once_by_its_own_link(town: Town) -> None:
    caller, _, job = await opened(town)
    made = await invited(town, caller, job, "a@b.cc", "A@b.cc ", "c@d.ee")
    assert {each.email for each, _ in made} == {"a@b.cc", "c@d.ee"}
    assert len({secret for _, secret in made}) == 2
    assert all(secret.encode() not in each.token_hash for each, secret in made)


async def test_a_repeated_request_shows_the_same_links(town: Town) -> None:
    caller, _, job = await opened(town)
    first = await invited(town, caller, job, "a@b.cc", "c@d.ee")
    town.clock.pass_(hours=1)
    assert await invited(town, caller, job, "a@b.cc", "c@d.ee") == first
    listed = await town.people.invitations.of_job(caller, job.id, Page())
    assert len(listed.rows) == 2


@pytest.mark.parametrize(
    ("field", "emails", "days"),
    [
        ("emails", [], 1),
        ("emails", ["a@b.cc"] * 501, 1),
        ("emails", ["no address"], 1),
        ("expires_at", ["a@b.cc"], 0),
        ("expires_at", ["a@b.cc"], -1),
        ("expires_at", ["a@b.cc"], 367),
    ],
)
async def test_invitations_outside_their_limits_are_refused_by_field(
    town: Town, field: str, emails: list[str], days: int
) -> None:
    caller, _, job = await opened(town)
    until = town.clock.now() + timedelta(days=days)
    with pytest.raises(InvalidArgument) as caught:
        await town.people.invitations.create(caller, "x", job.id, emails, until)
    assert list(caught.value.violations) == [field]
    with pytest.raises(InvalidArgument):
        await town.people.invitations.create(caller, "x", job.id, emails, None)


async def test_five_hundred_are_invited_at_once_and_listed_by_page(town: Town) -> None:
    caller, _, job = await opened(town)
    made = await invited(town, caller, job, *(f"p{number}@example.org" for number in range(500)))
    seen, token = set(), ""
    while True:
        listed = await town.people.invitations.of_job(caller, job.id, pages.requested(200, token))
        seen |= {each.id for each in listed.rows}
        token = listed.next_token
        if not token:
            break
    assert seen == {each.id for each, _ in made}


async def test_a_link_tells_its_holder_what_it_offers(town: Town) -> None:
    caller, company, job = await opened(town)
    [(made, secret)] = await invited(town, caller, job)
    offer = await town.people.invitations.look_up(secret)
    assert (offer.invitation, offer.company_name, offer.job_title) == (made, company.name, job.title)
    for wrong in ("", "made up", secret[:-1], "\x00"):
        with pytest.raises(NotFound):
            await town.people.invitations.look_up(wrong)


async def test_a_guest_gets_an_account_of_the_invited_address(town: Town) -> None:
    caller, company, job = await opened(town)
    [(made, secret)] = await invited(town, caller, job)
    taken, account, tokens = await town.people.invitations.accept(ANONYMOUS, secret, PASSWORD, "손님")
    assert tokens is not None
    assert (account.email, account.role, taken.candidate_id) == (GUEST, Role.CANDIDATE, account.id)
    guest = await town.known_as(tokens)
    assert await town.people.jobs.get_job(guest, job.id) == job
    assert await town.people.companies.get(guest, company.id) == company
    assert [each.id for each in (await town.people.companies.list_(guest, Page())).rows] == [company.id]
    assert [each.id for each in (await town.people.jobs.list_jobs(guest, company.id, Page())).rows] == [
        job.id
    ]
    with pytest.raises(NotFound):
        await town.people.companies.update(guest, "x", company.id, described())
    assert await town.audited(made.id) == ["invitation.accepted"]


async def test_a_job_is_no_longer_offered_once_its_invitation_expired_but_can_be_looked_up(
    town: Town,
) -> None:
    caller, company, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    _, _, tokens = await town.people.invitations.accept(ANONYMOUS, secret, PASSWORD, "손님")
    assert tokens is not None
    guest = await town.known_as(tokens)
    town.clock.pass_(days=8)
    assert (await town.people.jobs.list_jobs(guest, company.id, Page())).rows == []
    assert await town.people.jobs.get_job(guest, job.id) == job


async def test_a_guest_sees_no_job_but_the_one_of_the_invitation(town: Town) -> None:
    caller, company, job = await opened(town)
    other = await town.job(caller, company)
    [(_, secret)] = await invited(town, caller, job)
    _, _, tokens = await town.people.invitations.accept(ANONYMOUS, secret, PASSWORD, "")
    assert tokens is not None
    guest = await town.known_as(tokens)
    with pytest.raises(NotFound):
        await town.people.jobs.get_job(guest, other.id)
    with pytest.raises(NotFound):
        await town.people.jobs.list_profiles(guest, company.id, Page())
    with pytest.raises(NotFound):
        await town.people.invitations.of_job(guest, job.id, Page())


async def test_a_candidate_adds_an_invitation_to_their_own_account(town: Town) -> None:
    caller, _, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    candidate = await town.person(Role.CANDIDATE)
    taken, account, tokens = await town.people.invitations.accept(candidate, secret, "", "")
    assert (taken.candidate_id, account.id, tokens) == (candidate.id, candidate.id, None)
    again, _, _ = await town.people.invitations.accept(candidate, secret, "", "")
    assert again == taken


async def test_recruiters_and_services_accept_nothing(town: Town) -> None:
    caller, _, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    for who in (caller, OPERATOR, Caller(Role.SERVICE, uuid4(), unscoped=True)):
        with pytest.raises(PermissionDenied):
            await town.people.invitations.accept(who, secret, PASSWORD, "")


async def test_an_invitation_works_for_one_person(town: Town) -> None:
    caller, _, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    many = [await town.person(Role.CANDIDATE) for _ in range(3)]
    accept = town.people.invitations.accept
    tries = await asyncio.gather(*(accept(each, secret, "", "") for each in many), return_exceptions=True)
    assert sum(isinstance(each, FailedPrecondition) for each in tries) == 2
    assert await refusal(accept(ANONYMOUS, secret, PASSWORD, "")) == "INVITATION_USED"


async def test_two_guests_with_one_link_make_one_account(town: Town) -> None:
    caller, _, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    accept = town.people.invitations.accept
    tries = await asyncio.gather(
        *(accept(ANONYMOUS, secret, PASSWORD, "") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, tuple) for each in tries) == 1
    assert all(isinstance(each, tuple | FailedPrecondition) for each in tries)


async def test_an_address_with_an_account_has_to_log_in(town: Town) -> None:
    caller, _, job = await opened(town)
    [(_, secret)] = await invited(town, caller, job)
    await town.people.accounts.register(NewAccount(GUEST, PASSWORD))
    accept = town.people.invitations.accept
    assert await refusal(accept(ANONYMOUS, secret, PASSWORD, "")) == "ACCOUNT_EXISTS"


async def test_an_expired_revoked_or_closed_invitation_is_refused(town: Town) -> None:
    caller, company, job = await opened(town)
    made = await invited(town, caller, job, "a@b.cc", "c@d.ee", "e@f.gg")
    by_address = {each.email: (each, secret) for each, secret in made}
    revoked, revoked_secret = by_address["a@b.cc"]
    for key in ("r", "r", "s"):
        await town.people.invitations.revoke(caller, key, revoked.id)
    accept, late = town.people.invitations.accept, by_address["c@d.ee"][1]
    assert await refusal(accept(ANONYMOUS, revoked_secret, PASSWORD, "")) == "INVITATION_REVOKED"
    await town.job(caller, company, id=job.id, open=False)
    assert await refusal(accept(ANONYMOUS, late, PASSWORD, "")) == "JOB_CLOSED"
    assert await refusal(invited(town, caller, job, key="more")) == "JOB_CLOSED"
    town.clock.pass_(days=7)
    assert await refusal(accept(ANONYMOUS, late, PASSWORD, "")) == "INVITATION_EXPIRED"
    assert await refusal(accept(await town.person(Role.CANDIDATE), late, "", "")) == "INVITATION_EXPIRED"


async def test_an_accepted_invitation_is_not_taken_back(town: Town) -> None:
    caller, _, job = await opened(town)
    [(made, secret)] = await invited(town, caller, job)
    await town.people.invitations.accept(await town.person(Role.CANDIDATE), secret, "", "")
    assert await refusal(town.people.invitations.revoke(caller, "r", made.id)) == "INVITATION_USED"


async def test_another_companys_invitations_do_not_exist(town: Town) -> None:
    caller, _, job = await opened(town)
    thief, _ = await town.recruiter()
    [(made, _)] = await invited(town, caller, job)
    with pytest.raises(NotFound):
        await invited(town, thief, job)
    with pytest.raises(NotFound):
        await town.people.invitations.of_job(thief, job.id, Page())
    with pytest.raises(NotFound) as hidden:
        await town.people.invitations.revoke(thief, "r", made.id)
    with pytest.raises(NotFound) as absent:
        await town.people.invitations.revoke(thief, "r", uuid4())
    assert str(hidden.value) == str(absent.value)
