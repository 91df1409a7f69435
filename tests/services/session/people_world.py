"""People's use cases on stores in memory and on real Postgres, with a clock that tests set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest

from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.memory.people import MemoryRights
from services.session.adapters.memory.records import MemoryRecords
from services.session.adapters.memory.secrets import MemoryPasswords
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.postgres.rights import PostgresRights
from services.session.adapters.tokens import JwtTokens, Keys, new_key
from services.session.app.access import OPERATOR, Caller, Role
from services.session.app.accounts import NewAccount
from services.session.app.authentication import Rights
from services.session.app.companies import BehaviourPolicy, Company, CompanyText
from services.session.app.consents import ConsentingTo
from services.session.app.jobs import Job, JobText
from services.session.app.logins import TokenPair
from services.session.app.people import Account
from services.session.app.scenarios import ScenarioText
from services.session.domain.guard import GuardPolicy
from services.session.domain.interview import Status
from services.session.domain.scenario import Language
from services.session.people import Outside, People

PASSWORD = "correct horse battery"
STORES = [
    pytest.param("memory", marks=pytest.mark.unit),
    pytest.param("postgres", marks=pytest.mark.integration),
]
METHOD = "/viva.v1.AccountService/GetMe"
MESH_TOKEN = "the mesh's own token"


@dataclass
class SetClock:
    moment: datetime = field(default_factory=lambda: datetime(2030, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self.moment

    def pass_(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Backstage(Protocol):
    """What no use case of people makes, and tests need."""

    async def interview(self, interview_id: UUID, facts: ConsentingTo) -> None: ...

    async def ship(self, scenario: ScenarioText) -> None: ...


class MemoryBackstage:
    def __init__(self, records: MemoryRecords) -> None:
        self._state = records.state

    async def interview(self, interview_id: UUID, facts: ConsentingTo) -> None:
        self._state.interviews[interview_id] = facts

    async def ship(self, scenario: ScenarioText) -> None:
        self._state.scenarios.insert(0, scenario)


class PostgresBackstage:
    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def interview(self, interview_id: UUID, facts: ConsentingTo) -> None:
        await self._pool.execute(
            "insert into interview (id, candidate_id, company_id, scenario, language, scenario_version, "
            "status, created_at) values ($1, $2, $3, 'standard', 'ko', '', $4, now()) "
            "on conflict (id) do update set status = excluded.status",
            *(interview_id, facts.candidate_id, facts.company_id, facts.status.value),
        )

    async def ship(self, scenario: ScenarioText) -> None:
        await self._pool.execute(
            "insert into scenario_source (name, language, version, title, source, stages, created_at) "
            "values ($1, $2, $3, $4, $5, $6, '2020-01-01')",
            *(scenario.name, scenario.language.value, scenario.version),
            *(scenario.title, scenario.source, scenario.stages),
        )


@dataclass
class Town:
    """People, and shortcuts to make them."""

    people: People
    records: Any
    rights: Rights
    clock: SetClock
    backstage: Backstage
    admin: Caller = OPERATOR

    async def account(self, role: Role, email: str = "") -> Account:
        new = NewAccount(email or f"{uuid4().hex}@example.org", PASSWORD, "이름", role)
        return await self.people.accounts.create_user(OPERATOR, uuid4().hex, new)

    async def person(self, role: Role) -> Caller:
        return Caller(role, (await self.account(role)).id)

    async def recruiter(self) -> tuple[Caller, Company]:
        """One who works for a company of their own."""
        caller = await self.person(Role.RECRUITER)
        company = await self.company(caller)
        return replace(caller, company_ids=frozenset({company.id})), company

    async def company(self, caller: Caller = OPERATOR) -> Company:
        return await self.people.companies.create(caller, uuid4().hex, described())

    async def job(self, caller: Caller, company: Company, **changes: Any) -> Job:
        given = JobText(None, company.id, "개발자", "", None, "standard", Language.KO, True)
        return await self.people.jobs.save_job(caller, uuid4().hex, replace(given, **changes))

    async def interview(self, caller: Caller, company_id: UUID | None = None) -> UUID:
        assert caller.id is not None
        interview_id = uuid4()
        await self.backstage.interview(interview_id, ConsentingTo(caller.id, company_id, Status.CREATED))
        return interview_id

    async def known_as(self, token: TokenPair | str, method: str = METHOD) -> Caller:
        """Whom the authenticator takes the holder of a token for."""
        secret = token if isinstance(token, str) else token.access_token
        return await self.people.authenticator.authenticate(method, {"authorization": f"Bearer {secret}"})

    async def audited(self, subject: UUID) -> list[str]:
        """Actions on the subject, oldest first."""
        entries = await self.records.reading.audit.entries("", str(subject), 0, 100)
        return [each.action for each in reversed(entries)]


def described(name: str = "회사", **changes: Any) -> CompanyText:
    return replace(CompanyText(name, "소개", BehaviourPolicy.OBSERVE, False, False, 0), **changes)


def shipped(name: str = "standard") -> ScenarioText:
    return ScenarioText(name, Language.KO, "000000000000", "표준", "name: standard", 15)


@asynccontextmanager
async def founded(store: str, dsn: str) -> AsyncIterator[Town]:
    clock = SetClock()
    database = await Database.connect(dsn, max_size=8) if store == "postgres" else None
    records: Any = PostgresRecords(database) if database else MemoryRecords()
    rights: Rights = PostgresRights(database) if database else MemoryRights(records.state)
    backstage: Backstage = PostgresBackstage(database) if database else MemoryBackstage(records)
    people = People(
        Outside(
            records=records,
            rights=rights,
            passwords=MemoryPasswords(),
            tokens=JwtTokens(Keys.parse(new_key())),
            clock=clock,
            new_id=uuid4,
            mesh_token=MESH_TOKEN,
            policy=GuardPolicy(),
            consent_texts=load_consent_texts(),
        )
    )
    await backstage.ship(shipped())
    try:
        yield Town(people, records, rights, clock, backstage)
    finally:
        if database:
            await database.close()


@pytest.fixture(params=STORES)
async def town(request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """The same tests hold for both stores."""
    dsn = request.getfixturevalue("database_url") if request.param == "postgres" else ""
    async with founded(request.param, dsn) as made:
        yield made
