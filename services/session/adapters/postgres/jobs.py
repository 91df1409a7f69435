"""Talent profiles, jobs and companies' own scenarios in Postgres. Knows no rules."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.session.adapters.postgres.runner import Runner, after
from services.session.app.jobs import Job, TalentProfile
from services.session.app.pages import Page
from services.session.app.scenarios import ScenarioText
from services.session.domain.scenario import Language

_JOB = """
select id, company_id, title, description, talent_profile_id, scenario, language, open, created_at from job
"""
_GET_JOB = _JOB + "where id = $1"
_PAGE_JOBS = (
    _JOB
    + """
where company_id = $1 and ($2::uuid[] is null or id = any ($2))
      and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
order by created_at desc, id desc limit $5
"""
)
# A job never changes hands: one of another company conflicts and is not updated.
_PUT_JOB = """
insert into job (id, company_id, title, description, talent_profile_id, scenario, language, open, created_at)
select $1, $2::uuid, $3, $4, $5::uuid, $6, $7, $8, $9 where exists (select 1 from company where id = $2)
on conflict (id) do update set
    title = excluded.title, description = excluded.description, scenario = excluded.scenario,
    talent_profile_id = excluded.talent_profile_id, language = excluded.language, open = excluded.open
where job.company_id = excluded.company_id
returning id
"""
_PROFILE = "select id, company_id, name, company_values, weights, created_at from talent_profile "
_GET_PROFILE = _PROFILE + "where id = $1"
_PAGE_PROFILES = (
    _PROFILE
    + """
where company_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
order by created_at desc, id desc limit $4
"""
)
_PUT_PROFILE = """
insert into talent_profile (id, company_id, name, company_values, weights, created_at)
select $1, $2::uuid, $3, $4::text[], $5, $6 where exists (select 1 from company where id = $2)
on conflict (id) do update set
    name = excluded.name, company_values = excluded.company_values, weights = excluded.weights
where talent_profile.company_id = excluded.company_id
returning id
"""
_ADD_SCENARIO = """
insert into scenario_source (name, language, version, company_id, title, source, stages, created_at)
select $1, $2, $3, $4::uuid, $5, $6, $7, $8 where exists (select 1 from company where id = $4)
on conflict (name, language, version, company_id) do update set created_at = excluded.created_at
returning name
"""
_NEWEST_SCENARIOS = """
select distinct on (name, language) name, language, version, company_id, title, stages, '' as source
from scenario_source
where company_id is null or company_id = $1::uuid
order by name, language, company_id nulls last, created_at desc, version
"""
_FIND_SCENARIO = """
select name, language, version, company_id, title, stages, source from scenario_source
where (company_id is null or company_id = $1::uuid)
      and name = $2 and language = $3 and ($4 = '' or version = $4)
order by company_id nulls last, created_at desc, version limit 1
"""
_COUNT_SCENARIOS = "select count(*) from scenario_source where company_id = $1"


class PostgresJobs:
    """`JobStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, job: Job) -> bool:
        texts = (job.id, job.company_id, job.title, job.description, job.talent_profile_id)
        rest = (job.scenario, job.language.value, job.open, job.created_at)
        return await self._runner.fetchval(_PUT_JOB, *texts, *rest) is not None

    async def get(self, job_id: UUID) -> Job | None:
        row = await self._runner.fetchrow(_GET_JOB, job_id)
        return _job(row) if row else None

    async def page(self, company_id: UUID, only: frozenset[UUID] | None, page: Page) -> list[Job]:
        wanted = None if only is None else list(only)
        rows = await self._runner.fetch(_PAGE_JOBS, company_id, wanted, *after(page), page.fetch)
        return [_job(row) for row in rows]


class PostgresProfiles:
    """`ProfileStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, profile: TalentProfile) -> bool:
        names = (profile.id, profile.company_id, profile.name, list(profile.values))
        rest = (dict(profile.weights), profile.created_at)
        return await self._runner.fetchval(_PUT_PROFILE, *names, *rest) is not None

    async def get(self, profile_id: UUID) -> TalentProfile | None:
        row = await self._runner.fetchrow(_GET_PROFILE, profile_id)
        return _profile(row) if row else None

    async def page(self, company_id: UUID, page: Page) -> list[TalentProfile]:
        rows = await self._runner.fetch(_PAGE_PROFILES, company_id, *after(page), page.fetch)
        return [_profile(row) for row in rows]


class PostgresScenarios:
    """`ScenarioStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, scenario: ScenarioText, at: datetime) -> bool:
        names = (scenario.name, scenario.language.value, scenario.version, scenario.company_id)
        rest = (scenario.title, scenario.source, scenario.stages, at)
        return await self._runner.fetchval(_ADD_SCENARIO, *names, *rest) is not None

    async def newest(self, company_id: UUID | None) -> list[ScenarioText]:
        return [_scenario(row) for row in await self._runner.fetch(_NEWEST_SCENARIOS, company_id)]

    async def find(
        self, company_id: UUID | None, name: str, language: Language, version: str
    ) -> ScenarioText | None:
        row = await self._runner.fetchrow(_FIND_SCENARIO, company_id, name, language.value, version)
        return _scenario(row) if row else None

    async def count(self, company_id: UUID) -> int:
        found: int = await self._runner.fetchval(_COUNT_SCENARIOS, company_id)
        return found


def _job(row: Record) -> Job:
    found = dict(row)
    return Job(**{**found, "language": Language(found["language"])})


def _profile(row: Record) -> TalentProfile:
    found = dict(row)
    return TalentProfile(values=tuple(found.pop("company_values")), **found)


def _scenario(row: Record) -> ScenarioText:
    found = dict(row)
    return ScenarioText(**{**found, "language": Language(found["language"])})
