"""One contract, two storages."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg import sql

from deploy.local.postgres import Postgres
from tests.services.session.adapters.store_contract import InterviewStoreContract
from tests.services.session.adapters.stores import MemoryStores, PostgresStores, postgres_stores
from tests.services.session.adapters.work_contract import WorkContract


@pytest.fixture(scope="module")
def contract_database(postgres_server: Postgres, migrated_template: str) -> Iterator[str]:
    """One for all tests of a contract, which empty it: making one takes longer than most of them."""
    name = sql.Identifier("store_contract")
    with psycopg.connect(postgres_server.dsn_of("postgres"), autocommit=True) as connection:
        template = sql.Identifier(migrated_template)
        connection.execute(sql.SQL("create database {} template {}").format(name, template))
        yield postgres_server.dsn_of("store_contract")
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.mark.unit
class TestMemory(InterviewStoreContract, WorkContract):
    @pytest.fixture
    def stores(self) -> MemoryStores:
        return MemoryStores()


@pytest.mark.integration
class TestPostgres(InterviewStoreContract, WorkContract):
    @pytest.fixture
    async def stores(self, contract_database: str) -> AsyncIterator[PostgresStores]:
        async with postgres_stores(contract_database) as stores:
            await stores.wipe()
            yield stores
