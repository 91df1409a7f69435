"""Scenarios that interviews are run by: the ones that ship, and companies' own.

Does not know YAML, files or storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from services.session.app import access, checks, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.ports import Clock
from services.session.app.records import Records, Requests, is_first
from services.session.domain.scenario import Language

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


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a scenario from being run; line and column from 1."""

    line: int
    column: int
    path: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A source that was read: `scenario` is None when there are problems."""

    scenario: ScenarioText | None
    problems: tuple[Problem, ...] = ()


class Catalogue(Protocol):
    """Reads scenario sources, and holds those that ship with the product."""

    def shipped(self) -> Sequence[ScenarioText]: ...

    def check(self, source: str) -> Checked: ...


class ScenarioStore(Protocol):
    """Companies' own scenarios."""

    async def add(self, scenario: ScenarioText, at: datetime) -> bool:
        """Keeps a version; saved again it is the newest. False when its company does not exist."""

    async def newest(self, company_id: UUID) -> list[ScenarioText]:
        """The newest version of each name and language, by name; `source` is empty."""

    async def find(
        self, company_id: UUID, name: str, language: Language, version: str
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
    """A company's own scenario hides a shipped one of the same name."""

    def __init__(self, records: Records[Unit], catalogue: Catalogue, clock: Clock) -> None:
        self._records = records
        self._catalogue = catalogue
        self._clock = clock

    async def list(self, caller: Caller, company_id: UUID | None) -> list[ScenarioText]:
        """The shipped ones and, with a company, its own; sources are left out."""
        access.require_signed_in(caller)
        found = {(each.name, each.language): replace(each, source="") for each in self._catalogue.shipped()}
        if company_id is not None:
            access.require_company(caller, Hiring.READ_INTERNAL, company_id)
            own = await self._records.reading.scenarios.newest(company_id)
            found.update({(each.name, each.language): each for each in own})
        return [found[key] for key in sorted(found)]

    async def get(
        self, caller: Caller, name: str, language: Language, company_id: UUID | None, version: str
    ) -> ScenarioText:
        """With its source, which holds the questions: not for candidates. Raises NotFound."""
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        if company_id is not None:
            access.require_company(caller, Hiring.READ_INTERNAL, company_id)
        checks.text("version", version, most=checks.NAME_LIMIT)
        checks.text("name", name, least=1, most=checks.NAME_LIMIT)
        found = await self.find(name, language, company_id, version)
        if found is None:
            raise refusals.not_found("scenario")
        return found

    async def find(
        self, name: str, language: Language, company_id: UUID | None, version: str = ""
    ) -> ScenarioText | None:
        """A company's own before a shipped one; "" takes the newest version."""
        if company_id is not None:
            own = await self._records.reading.scenarios.find(company_id, name, language, version)
            if own is not None:
                return own
        for each in self._catalogue.shipped():
            if (each.name, each.language) == (name, language) and version in ("", each.version):
                return each
        return None

    def validate(self, caller: Caller, source: str) -> Sequence[Problem]:
        """What keeps the source from being run; nothing is kept."""
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        return self._check(source).problems

    async def save(self, caller: Caller, request_id: str, company_id: UUID, source: str) -> ScenarioText:
        """Raises InvalidArgument naming the first problem's line."""
        access.require_company(caller, Hiring.CHANGE, company_id)
        key, checked = checks.request_id(request_id), self._check(source)
        if checked.scenario is None:
            raise refusals.scenario_broken(checked.problems)
        scenario = replace(checked.scenario, company_id=company_id)
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

    def _check(self, source: str) -> Checked:
        if len(source.encode()) > SOURCE_LIMIT:
            raise refusals.invalid("source", f"must have at most {SOURCE_LIMIT} bytes")
        if "\x00" in source:
            raise refusals.invalid("source", "holds a control character; send plain text")
        return self._catalogue.check(source)
