"""Service tokens in Postgres. Knows no rules."""

from datetime import datetime
from uuid import UUID

from services.session.adapters.postgres.runner import Runner, after, rights_changed
from services.session.app.pages import Page
from services.session.app.service_tokens import ServiceToken

_SELECT = "select id, name, company_id, created_at, expires_at, revoked_at from service_token "
_ADD = """
insert into service_token (id, name, company_id, created_at, expires_at)
select $1, $2, $3::uuid, $4, $5 where $3::uuid is null or exists (select 1 from company where id = $3)
returning id
"""
_GET = _SELECT + "where id = $1"
_PAGE = (
    _SELECT
    + """
where $1::timestamptz is null or (created_at, id) < ($1, $2::uuid) order by created_at desc, id desc limit $3
"""
)
_REVOKE = "update service_token set revoked_at = coalesce(revoked_at, $2) where id = $1 returning id"


class PostgresServiceTokens:
    """`ServiceTokenStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, token: ServiceToken) -> bool:
        columns = (token.id, token.name, token.company_id, token.created_at, token.expires_at)
        return await self._runner.fetchval(_ADD, *columns) is not None

    async def get(self, token_id: UUID) -> ServiceToken | None:
        row = await self._runner.fetchrow(_GET, token_id)
        return ServiceToken(**row) if row else None

    async def page(self, page: Page) -> list[ServiceToken]:
        rows = await self._runner.fetch(_PAGE, *after(page), page.fetch)
        return [ServiceToken(**row) for row in rows]

    async def revoke(self, token_id: UUID, at: datetime) -> bool:
        if await self._runner.fetchval(_REVOKE, token_id, at) is None:
            return False
        await rights_changed(self._runner, token_id)
        return True
