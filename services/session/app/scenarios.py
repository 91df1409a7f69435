"""Scenarios that interviews are run by: the ones that ship, and companies' own.

Does not know YAML, files or storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.records import Records, Requests
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

    async def add(self, scenario: ScenarioText) -> bool:
        """Keeps a version; the same one twice changes nothing. False when its company does not exist."""

    async def newest(self, company_id: UUID) -> list[ScenarioText]:
        """The newest version of each name and language, by name; `source` is empty, `stages` 0."""

    async def find(
        self, company_id: UUID, name: str, language: Language, version: str
    ) -> ScenarioText | None:
        """With its source; "" takes the newest version. `stages` is 0."""


class Unit(Protocol):
    @property
    def scenarios(self) -> ScenarioStore: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Scenarios:
    """A company's own scenario hides a shipped one of the same name."""

    def __init__(self, records: Records[Unit], catalogue: Catalogue) -> None:
        self._records = records
        self._catalogue = catalogue
