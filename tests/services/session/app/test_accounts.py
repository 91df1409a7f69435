"""Accounts: made once, changed by admins, never without an admin."""

import asyncio
from uuid import uuid4

import pytest

from services.runtime.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from services.session.app import pages
from services.session.app.access import OPERATOR, Role
from services.session.app.accounts import NewAccount
from services.session.app.pages import Page
from tests.services.session.people_world import PASSWORD, Town, town

__all__ = ["town"]  # a fixture


async def test_an_address_is_kept_in_lower_case_and_has_one_account(town: Town) -> None:
    account, _ = await town.people.accounts.register(NewAccount(" Min@Example.ORG ", PASSWORD, "민"))
    assert account.email == "min@example.org"
    assert account.role is Role.CANDIDATE
    with pytest.raises(AlreadyExists):
        await town.people.accounts.register(NewAccount("MIN@example.org", PASSWORD))


async def test_who_registers_is_a_candidate_whatever_they_ask_for(town: Town) -> None:
    account, _ = await town.people.accounts.register(NewAccount("a@b.cc", PASSWORD, role=Role.ADMIN))
    assert account.role is Role.CANDIDATE


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.de", "a@b..de", "a@b.c", f"{'x' * 65}@b.de", "a@b.de\x00"]
)
async def test_what_is_no_address_is_refused_by_name(town: Town, email: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await town.people.accounts.register(NewAccount(email, PASSWORD))
    assert list(caught.value.violations) == ["email"]


@pytest.mark.parametrize("password", ["", "short", "x" * 129])
async def test_a_password_outside_its_limits_is_refused_by_name(town: Town, password: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await town.people.accounts.register(NewAccount("a@b.cc", password))
    assert list(caught.value.violations) == ["password"]


async def test_a_repeated_request_makes_one_user(town: Town) -> None:
    new = NewAccount("new@example.org", PASSWORD, "새", Role.RECRUITER)
    first = await town.people.accounts.create_user(town.admin, "once", new)
    again = await town.people.accounts.create_user(town.admin, "once", new)
    assert again == first
    assert await town.audited(first.id) == ["account.created"]


async def test_two_equal_requests_at_once_make_one_user(town: Town) -> None:
    new = NewAccount("new@example.org", PASSWORD, "새", Role.RECRUITER)
    made = await asyncio.gather(
        *(town.people.accounts.create_user(town.admin, "once", new) for _ in range(4))
    )
    assert len({each.id for each in made}) == 1


async def test_only_admins_make_list_and_change_users(town: Town) -> None:
    for role in (Role.CANDIDATE, Role.RECRUITER):
        caller = await town.person(role)
        with pytest.raises(PermissionDenied):
            await town.people.accounts.create_user(caller, "x", NewAccount("n@example.org", PASSWORD))
        with pytest.raises(PermissionDenied):
            await town.people.accounts.list_users(caller, None, Page())
        with pytest.raises(PermissionDenied):
            await town.people.accounts.set_role(caller, "x", uuid4(), Role.ADMIN)


async def test_the_last_admin_stays_one(town: Town) -> None:
    only = await town.account(Role.ADMIN)
    with pytest.raises(FailedPrecondition) as caught:
        await town.people.accounts.set_role(OPERATOR, "a", only.id, Role.RECRUITER)
    assert caught.value.reason == "LAST_ADMIN"
    await town.account(Role.ADMIN)
    demoted = await town.people.accounts.set_role(OPERATOR, "b", only.id, Role.RECRUITER)
    assert demoted.role is Role.RECRUITER
    assert await town.audited(only.id) == ["account.created", "account.role_changed"]


async def test_two_admins_who_demote_each_other_at_once_leave_one(town: Town) -> None:
    two = [await town.account(Role.ADMIN) for _ in range(2)]
    changes = (town.people.accounts.set_role(OPERATOR, uuid4().hex, each.id, Role.CANDIDATE) for each in two)
    done = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(each, FailedPrecondition) for each in done) == 1
    admins = await town.people.accounts.list_users(OPERATOR, Role.ADMIN, Page())
    assert len(admins.rows) == 1


async def test_a_request_id_stands_for_one_change_only(town: Town) -> None:
    one, two = await town.account(Role.CANDIDATE), await town.account(Role.CANDIDATE)
    await town.people.accounts.set_role(OPERATOR, "same", one.id, Role.RECRUITER)
    with pytest.raises(InvalidArgument) as caught:
        await town.people.accounts.set_role(OPERATOR, "same", two.id, Role.RECRUITER)
    assert caught.value.reason == "REQUEST_ID_REUSED"
    assert (await town.people.accounts.get(two.id)).role is Role.CANDIDATE


async def test_a_late_repeat_does_not_undo_a_later_change(town: Town) -> None:
    account = await town.account(Role.CANDIDATE)
    await town.people.accounts.set_role(OPERATOR, "first", account.id, Role.RECRUITER)
    await town.people.accounts.set_role(OPERATOR, "second", account.id, Role.CANDIDATE)
    assert (await town.people.accounts.set_role(OPERATOR, "first", account.id, Role.RECRUITER)).role is (
        Role.CANDIDATE
    )


async def test_a_user_that_does_not_exist_is_not_found_and_the_request_forgotten(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.people.accounts.set_role(OPERATOR, "again", uuid4(), Role.RECRUITER)
    account = await town.account(Role.CANDIDATE)
    changed = await town.people.accounts.set_role(OPERATOR, "again", account.id, Role.RECRUITER)
    assert changed.role is Role.RECRUITER


async def test_users_are_listed_newest_first_without_gaps_or_repeats(town: Town) -> None:
    made = []
    for number in range(7):
        made.append((await town.account(Role.CANDIDATE)).id)
        if number % 2:  # equal moments are told apart by id
            town.clock.pass_(seconds=1)
    seen, token = [], ""
    while True:
        listed = await town.people.accounts.list_users(OPERATOR, Role.CANDIDATE, pages.requested(3, token))
        seen += [each.id for each in listed.rows]
        token = listed.next_token
        if not token:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(made)
    newest = (await town.people.accounts.get(seen[0])).created_at
    assert newest == max([(await town.people.accounts.get(each)).created_at for each in made])
