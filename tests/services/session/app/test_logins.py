"""Logging in, staying logged in, and being logged out: by identity and state, never by elapsed time."""

import asyncio
from uuid import uuid4

import pytest

from services.runtime.errors import InvalidArgument, ResourceExhausted, Unauthenticated
from services.session.app.access import OPERATOR, Caller, Role
from services.session.app.accounts import NewAccount
from services.session.app.logins import TokenPair
from services.session.app.people import Account
from tests.services.session.people_world import PASSWORD, Town, town

__all__ = ["town"]  # a fixture
EMAIL = "min@example.org"
NEW_PASSWORD = "another horse entirely"


async def registered(town: Town) -> tuple[Caller, TokenPair]:
    account, tokens = await town.people.accounts.register(NewAccount(EMAIL, PASSWORD, "민"))
    return Caller(Role.CANDIDATE, account.id), tokens


async def log_in(town: Town, password: str = PASSWORD, email: str = EMAIL) -> tuple[Account, TokenPair]:
    return await town.people.logins.log_in(email, password)


async def refused(town: Town, tokens: TokenPair | str) -> bool:
    try:
        await town.known_as(tokens)
    except Unauthenticated:
        return True
    return False


async def test_a_person_logs_in_by_address_and_password(town: Town) -> None:
    caller, _ = await registered(town)
    account, tokens = await log_in(town, email="  MIN@example.org")
    assert account.id == caller.id
    assert await town.known_as(tokens) == caller


async def test_a_wrong_password_and_an_unknown_address_look_the_same(town: Town) -> None:
    await registered(town)
    with pytest.raises(Unauthenticated) as wrong:
        await log_in(town, "not the password")
    with pytest.raises(Unauthenticated) as unknown:
        await log_in(town, email="nobody@example.org")
    assert (wrong.value.reason, str(wrong.value)) == (unknown.value.reason, str(unknown.value))


async def test_after_five_failures_even_the_right_password_has_to_wait(town: Town) -> None:
    await registered(town)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await log_in(town, "not the password")
    with pytest.raises(ResourceExhausted) as caught:
        await log_in(town)
    assert caught.value.retry_after_s == pytest.approx(15 * 60)
    town.clock.pass_(minutes=15)
    assert await log_in(town)


async def test_an_unknown_address_is_slowed_down_the_same_way(town: Town) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await log_in(town, email="nobody@example.org")
    with pytest.raises(ResourceExhausted):
        await log_in(town, email="nobody@example.org")
    await registered(town)
    assert await log_in(town)  # another address is not


async def test_attempts_made_at_once_do_not_slip_past_the_limit(town: Town) -> None:
    await registered(town)
    tries = await asyncio.gather(
        *(log_in(town, f"wrong {each}") for each in range(12)), return_exceptions=True
    )
    assert sum(isinstance(each, Unauthenticated) for each in tries) == 5
    assert sum(isinstance(each, ResourceExhausted) for each in tries) == 7


async def test_logging_in_forgives_earlier_failures(town: Town) -> None:
    await registered(town)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await log_in(town, "not the password")
        await log_in(town)


async def test_a_refresh_token_works_once(town: Town) -> None:
    caller, tokens = await registered(town)
    renewed = await town.people.logins.refresh(tokens.refresh_token)
    assert renewed.refresh_token != tokens.refresh_token
    assert await town.known_as(renewed) == caller


async def test_a_refresh_token_used_twice_logs_its_whole_family_out(town: Town) -> None:
    caller, tokens = await registered(town)
    _, other_login = await log_in(town)
    renewed = await town.people.logins.refresh(tokens.refresh_token)
    with pytest.raises(Unauthenticated) as caught:
        await town.people.logins.refresh(tokens.refresh_token)
    assert caught.value.reason == "REFRESH_FAILED"
    with pytest.raises(Unauthenticated):
        await town.people.logins.refresh(renewed.refresh_token)
    assert await refused(town, renewed)
    assert await town.known_as(other_login) == caller


async def test_a_refresh_token_used_twice_at_once_leaves_no_way_in(town: Town) -> None:
    _, tokens = await registered(town)
    both = await asyncio.gather(
        *(town.people.logins.refresh(tokens.refresh_token) for _ in range(2)), return_exceptions=True
    )
    [renewed] = [each for each in both if isinstance(each, TokenPair)]
    with pytest.raises(Unauthenticated):
        await town.people.logins.refresh(renewed.refresh_token)


async def test_an_old_or_made_up_refresh_token_is_refused(town: Town) -> None:
    _, tokens = await registered(town)
    for secret in ("", "made up", "\x00", "ㅎ" * 200):
        with pytest.raises(Unauthenticated):
            await town.people.logins.refresh(secret)
    with pytest.raises(InvalidArgument):
        await town.people.logins.refresh("x" * 201)
    town.clock.pass_(days=30)
    with pytest.raises(Unauthenticated):
        await town.people.logins.refresh(tokens.refresh_token)


async def test_an_access_token_ends_after_a_quarter_of_an_hour(town: Town) -> None:
    caller, tokens = await registered(town)
    town.clock.pass_(minutes=14, seconds=59)
    assert await town.known_as(tokens) == caller
    town.clock.pass_(seconds=1)
    assert await refused(town, tokens)


async def test_logging_out_ends_that_login_at_once_and_no_other(town: Town) -> None:
    caller, tokens = await registered(town)
    _, elsewhere = await log_in(town)
    assert await town.known_as(tokens) == caller
    await town.people.logins.log_out(caller, tokens.refresh_token, everywhere=False)
    assert await refused(town, tokens)
    assert await town.known_as(elsewhere) == caller
    await town.people.logins.log_out(caller, tokens.refresh_token, everywhere=False)  # again is no error


async def test_logging_out_everywhere_ends_every_login_at_once(town: Town) -> None:
    caller, tokens = await registered(town)
    _, elsewhere = await log_in(town)
    await town.people.logins.log_out(caller, "", everywhere=True)
    for pair in (tokens, elsewhere):
        assert await refused(town, pair)
        with pytest.raises(Unauthenticated):
            await town.people.logins.refresh(pair.refresh_token)
    _, anew = await log_in(town)  # in the same moment, by the test's clock
    assert await town.known_as(anew) == caller


async def test_nobody_ends_anothers_login(town: Town) -> None:
    caller, tokens = await registered(town)
    await town.people.logins.log_out(
        await town.person(Role.CANDIDATE), tokens.refresh_token, everywhere=False
    )
    assert await town.known_as(tokens) == caller


async def test_a_new_password_ends_every_login_and_the_old_password(town: Town) -> None:
    caller, tokens = await registered(town)
    await town.people.logins.change_password(caller, PASSWORD, NEW_PASSWORD)
    assert await refused(town, tokens)
    with pytest.raises(Unauthenticated):
        await log_in(town)
    assert await log_in(town, NEW_PASSWORD)
    assert caller.id is not None
    assert "password.changed" in await town.audited(caller.id)


async def test_a_stolen_access_token_cannot_guess_the_password(town: Town) -> None:
    caller, _ = await registered(town)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await town.people.logins.change_password(caller, "a guess", NEW_PASSWORD)
    with pytest.raises(ResourceExhausted):
        await town.people.logins.confirm(caller, PASSWORD)


async def test_a_changed_role_holds_from_the_next_call_on(town: Town) -> None:
    caller, tokens = await registered(town)
    assert caller.id is not None
    assert (await town.known_as(tokens)).role is Role.CANDIDATE
    await town.people.accounts.set_role(OPERATOR, uuid4().hex, caller.id, Role.RECRUITER)
    assert (await town.known_as(tokens)).role is Role.RECRUITER
