"""Companies, their members, and whom they invited, in Postgres. Knows no rules."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.session.adapters.postgres.runner import Runner, after, rights_changed
from services.session.app.companies import BehaviourPolicy, Company
from services.session.app.pages import Page

_SELECT = """
select id, name, profile, behaviour_policy, emotion, blind, retention_days, created_at from company
"""
_GET = _SELECT + "where id = $1"
_PAGE = (
    _SELECT
    + """
where ($1::uuid[] is null or id = any ($1)) and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
order by created_at desc, id desc limit $4
"""
)
_ADD = """
insert into company (id, name, profile, behaviour_policy, emotion, blind, retention_days, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_UPDATE = """
update company set name = $2, profile = $3, behaviour_policy = $4, emotion = $5, blind = $6,
                   retention_days = $7
where id = $1 returning id
"""
_ADD_MEMBER = "insert into company_member (company_id, account_id) values ($1, $2) on conflict do nothing"
_REMOVE_MEMBER = "delete from company_member where company_id = $1 and account_id = $2"
_COMPANIES_OF = """
select distinct j.company_id as id from invitation i join job j on j.id = i.job_id where i.candidate_id = $1
"""
_JOBS_OF = """
select distinct job_id as id from invitation
where candidate_id = $1 and ($2::timestamptz is null or (expires_at > $2 and revoked_at is null))
"""


class PostgresCompanies:
    """`CompanyStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, company: Company) -> None:
        await self._runner.execute(_ADD, *_columns(company), company.created_at)

    async def get(self, company_id: UUID) -> Company | None:
        row = await self._runner.fetchrow(_GET, company_id)
        return _company(row) if row else None

    async def page(self, only: frozenset[UUID] | None, page: Page) -> list[Company]:
        wanted = None if only is None else list(only)
        rows = await self._runner.fetch(_PAGE, wanted, *after(page), page.fetch)
        return [_company(row) for row in rows]

    async def update(self, company: Company) -> bool:
        return await self._runner.fetchval(_UPDATE, *_columns(company)) is not None

    async def add_member(self, company_id: UUID, account_id: UUID) -> None:
        await self._runner.execute(_ADD_MEMBER, company_id, account_id)
        await rights_changed(self._runner, account_id)

    async def remove_member(self, company_id: UUID, account_id: UUID) -> None:
        await self._runner.execute(_REMOVE_MEMBER, company_id, account_id)
        await rights_changed(self._runner, account_id)


class PostgresInvited:
    """`Invited` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def companies_of(self, candidate_id: UUID) -> frozenset[UUID]:
        return frozenset(row["id"] for row in await self._runner.fetch(_COMPANIES_OF, candidate_id))

    async def jobs_of(self, candidate_id: UUID, standing_at: datetime | None = None) -> frozenset[UUID]:
        rows = await self._runner.fetch(_JOBS_OF, candidate_id, standing_at)
        return frozenset(row["id"] for row in rows)


def _columns(company: Company) -> tuple[object, ...]:
    policy = (company.behaviour_policy.value, company.emotion, company.blind, company.retention_days)
    return (company.id, company.name, company.profile, *policy)


def _company(row: Record) -> Company:
    found = dict(row)
    return Company(**{**found, "behaviour_policy": BehaviourPolicy(found["behaviour_policy"])})
