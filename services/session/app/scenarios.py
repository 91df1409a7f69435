"""Scenarios that interviews are run by: the ones that ship, and companies' own.

Does not know files or storage.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from services.session.app import access, checks, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.ports import Clock
from services.session.app.records import Records, Requests, is_first
from services.session.domain.guard import GuardPolicy
from services.session.domain.scenario import Language, Problem, Scenario, ScenarioError, parse_scenario

SOURCE_LIMIT = 256 * 1024  # bytes
OWN_LIMIT = 200  # saved versions of a company


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """One version of a scenario. `company_id` is None for those that ship; `stages` counts them."""

    name: str
    language: Language
    version: str
    title: str
    source: str
    stages: int
    company_id: UUID | None = None


class ScenarioStore(Protocol):
    """Shipped scenarios, and companies' own; an own one hides a shipped one of the same name."""

    async def add(self, scenario: ScenarioText, at: datetime) -> bool:
        """Keeps a version; saved again it is the newest. False when its company does not exist."""

    async def newest(self, company_id: UUID | None) -> list[ScenarioText]:
        """The newest version of each name and language, by name; `source` is empty. None: shipped ones."""

    async def find(
        self, company_id: UUID | None, name: str, language: Language, version: str
    ) -> ScenarioText | None:
        """With its source; "" takes the newest version."""

    async def count(self, company_id: UUID) -> int:
        """Versions kept."""


class Unit(Protocol):
    @property
    def scenarios(self) -> ScenarioStore: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Scenarios:
    """`policy` is what the fallback questions of a scenario are guarded by."""

    def __init__(self, records: Records[Unit], policy: GuardPolicy, clock: Clock) -> None:
        self._records = records
        self._policy = policy
        self._clock = clock

    async def list_(self, caller: Caller, company_id: UUID | None) -> list[ScenarioText]:
        """The shipped ones and, with a company, its own; sources are left out."""
        access.require_signed_in(caller)
        if company_id is not None:
            access.require_company(caller, Hiring.READ_INTERNAL, company_id)
        return await self._records.reading.scenarios.newest(company_id)

    async def get(
        self, caller: Caller, name: str, language: Language, company_id: UUID | None, version: str
    ) -> ScenarioText:
        """With its source, which holds the questions: not for candidates. Raises NotFound."""
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        if company_id is not None:
            access.require_company(caller, Hiring.READ_INTERNAL, company_id)
        checks.text("version", version, most=checks.NAME_LIMIT)
        checks.text("name", name, least=1, most=checks.NAME_LIMIT)
        found = await self._records.reading.scenarios.find(company_id, name, language, version)
        if found is None:
            raise refusals.not_found("scenario")
        return found

    async def exists(self, name: str, language: Language, company_id: UUID) -> bool:
        """For other use cases: whether the company's interviews can be run by it."""
        return await self._records.reading.scenarios.find(company_id, name, language, "") is not None

    async def validate(self, caller: Caller, source: str) -> Sequence[Problem]:
        """What keeps the source from being run; nothing is kept."""
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        try:
            await self._parse(source)
        except ScenarioError as error:
            return error.problems
        return ()

    async def save(self, caller: Caller, request_id: str, company_id: UUID, source: str) -> ScenarioText:
        """Raises InvalidArgument naming the lines of the first problems."""
        access.require_company(caller, Hiring.CHANGE, company_id)
        key = checks.request_id(request_id)
        try:
            parsed = await self._parse(source)
        except ScenarioError as error:
            raise refusals.scenario_broken(error.problems) from error
        scenario = _text(parsed, source, company_id)
        identity = uuid5(company_id, f"{scenario.name}.{scenario.language}.{scenario.version}")
        async with self._records.transaction() as unit:
            if await is_first(unit.requests, caller.actor, "SaveScenario", key, identity):
                await self._keep(unit, caller, scenario, company_id)
        return scenario

    async def _keep(self, unit: Unit, caller: Caller, scenario: ScenarioText, company_id: UUID) -> None:
        if await unit.scenarios.count(company_id) >= OWN_LIMIT:
            raise refusals.too_many("scenario versions", OWN_LIMIT)
        if not await unit.scenarios.add(scenario, self._clock.now()):
            raise refusals.not_found("company")
        detail = f"{scenario.name}.{scenario.language}.{scenario.version}"
        await unit.audit.record(AuditEntry(caller.actor, "scenario.saved", str(company_id), detail))

    async def _parse(self, source: str) -> Scenario:
        """Off the event loop: a large file takes long enough to hold up others."""
        if len(source.encode()) > SOURCE_LIMIT:
            raise refusals.invalid("source", f"must have at most {SOURCE_LIMIT} bytes")
        return await asyncio.to_thread(parse_scenario, source, "scenario.yaml", self._policy)


def _text(scenario: Scenario, source: str, company_id: UUID) -> ScenarioText:
    return ScenarioText(
        name=scenario.name,
        language=scenario.language,
        version=scenario.version,
        title=scenario.title,
        source=source,
        stages=len(scenario.stages),
        company_id=company_id,
    )
