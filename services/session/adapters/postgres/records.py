"""Every store of people, companies and consents on one pool or one transaction. Knows no rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

from services.session.adapters.postgres.accounts import PostgresAccounts
from services.session.adapters.postgres.audit import PostgresAudit
from services.session.adapters.postgres.companies import PostgresCompanies, PostgresInvited
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.invitations import PostgresInvitations
from services.session.adapters.postgres.jobs import PostgresJobs, PostgresProfiles, PostgresScenarios
from services.session.adapters.postgres.logins import PostgresLogins
from services.session.adapters.postgres.requests import PostgresRequests
from services.session.adapters.postgres.runner import Runner
from services.session.adapters.postgres.service_tokens import PostgresServiceTokens


class PostgresUnit:
    """Fits the `Unit` of each use case."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @cached_property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self._runner)

    @cached_property
    def logins(self) -> PostgresLogins:
        return PostgresLogins(self._runner)

    @cached_property
    def service_tokens(self) -> PostgresServiceTokens:
        return PostgresServiceTokens(self._runner)

    @cached_property
    def companies(self) -> PostgresCompanies:
        return PostgresCompanies(self._runner)

    @cached_property
    def invited(self) -> PostgresInvited:
        return PostgresInvited(self._runner)

    @cached_property
    def jobs(self) -> PostgresJobs:
        return PostgresJobs(self._runner)

    @cached_property
    def profiles(self) -> PostgresProfiles:
        return PostgresProfiles(self._runner)

    @cached_property
    def scenarios(self) -> PostgresScenarios:
        return PostgresScenarios(self._runner)

    @cached_property
    def invitations(self) -> PostgresInvitations:
        return PostgresInvitations(self._runner)

    @cached_property
    def consents(self) -> PostgresConsents:
        return PostgresConsents(self._runner)

    @cached_property
    def requests(self) -> PostgresRequests:
        return PostgresRequests(self._runner)

    @cached_property
    def audit(self) -> PostgresAudit:
        return PostgresAudit(self._runner)


class PostgresRecords:
    """`Records[PostgresUnit]`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = PostgresUnit(database.pool)

    @property
    def reading(self) -> PostgresUnit:
        return self._reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresUnit]:
        async with self._database.transaction() as connection:
            yield PostgresUnit(connection)
