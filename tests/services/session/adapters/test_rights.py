"""Word of changed rights, from one process to another through Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest

from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.rights import follow_rights
from services.session.app.access import OPERATOR, Role
from tests.services.session.people_world import Town, founded

pytestmark = pytest.mark.integration


class Ear:
    """What one process hears."""

    def __init__(self) -> None:
        self.heard: list[UUID] = []
        self.starts = 0
        self._changed = asyncio.Event()

    def forget(self, subject: UUID) -> None:
        self.heard.append(subject)
        self._changed.set()

    def forget_all(self) -> None:
        self.starts += 1
        self._changed.set()

    async def until(self, starts: int, heard: int) -> None:
        async with asyncio.timeout(20):
            while (self.starts, len(self.heard)) < (starts, heard):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[tuple[Ear, Database]]:
    ear, database = Ear(), await Database.connect(dsn, max_size=2)
    task = asyncio.create_task(follow_rights(database, ear.forget, ear.forget_all))
    await ear.until(1, 0)
    try:
        yield ear, database
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close()


async def changes(town: Town) -> list[UUID]:
    """Every kind of change of rights; whose they were, in order."""
    account = await town.account(Role.CANDIDATE)
    company = await town.company()
    await town.people.accounts.set_role(OPERATOR, uuid4().hex, account.id, Role.RECRUITER)
    await town.people.companies.add_member(OPERATOR, uuid4().hex, company.id, account.id)
    await town.people.companies.remove_member(OPERATOR, uuid4().hex, company.id, account.id)
    token, _ = await town.people.service_tokens.issue(OPERATOR, uuid4().hex, "ats", 1, None)
    await town.people.service_tokens.revoke(OPERATOR, uuid4().hex, token.id)
    return [account.id] * 3 + [token.id]


async def test_another_process_hears_at_once_whose_rights_have_changed(database_url: str) -> None:
    async with founded("postgres", database_url) as town, listening(database_url) as (ear, _):
        told = await changes(town)
        await ear.until(1, len(told))
        assert ear.heard == told


async def test_a_change_that_is_undone_is_not_told(database_url: str) -> None:
    async with founded("postgres", database_url) as town, listening(database_url) as (ear, _):
        account = await town.account(Role.CANDIDATE)
        with suppress(RuntimeError):
            async with town.records.transaction() as unit:
                await unit.accounts.update(account)
                raise RuntimeError
        told = await changes(town)
        await ear.until(1, len(told))
        assert ear.heard == told


async def test_a_lost_connection_is_made_anew_and_everything_forgotten(database_url: str) -> None:
    async with founded("postgres", database_url) as town, listening(database_url) as (ear, database):
        await database.pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and query like 'LISTEN%'"
        )
        await ear.until(2, 0)
        told = await changes(town)
        await ear.until(2, len(told))
        assert ear.heard == told
