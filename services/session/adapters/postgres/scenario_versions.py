"""Scenario texts in Postgres. The shipped ones are added at start, so that old versions stay."""

from collections.abc import Iterable
from uuid import UUID

from services.session.adapters.postgres.database import Database
from services.session.adapters.scenario_files import ScenarioFile
from services.session.domain.scenario import Language

_NEWEST = """
select source from scenario_source
where name = $1 and language = $2 and (company_id is null or company_id = $3)
order by company_id nulls last, created_at desc limit 1
"""

_SHIP = """
insert into scenario_source (name, language, version, title, source, stages) values ($1, $2, $3, $4, $5, $6)
on conflict (name, language, version, company_id) do update set created_at = now()
"""


class PostgresScenarioVersions:
    """`ScenarioSources` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def get(self, name: str, language: Language, version: str) -> str | None:
        text: str | None = await self._pool.fetchval(
            "select source from scenario_source where name = $1 and language = $2 and version = $3",
            *(name, language.value, version),
        )
        return text

    async def newest(self, name: str, language: Language, company_id: UUID | None) -> str | None:
        text: str | None = await self._pool.fetchval(_NEWEST, name, language.value, company_id)
        return text

    async def ship(self, files: Iterable[ScenarioFile]) -> None:
        """Makes these the newest of their names."""
        await self._pool.executemany(_SHIP, [_row(file) for file in files])


def _row(file: ScenarioFile) -> tuple[str, str, str, str, str, int]:
    scenario = file.scenario
    name = scenario.name, scenario.language.value, scenario.version
    return *name, scenario.title, file.source, len(scenario.stages)
