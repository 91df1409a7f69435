"""What a token's holder may be taken for, in Postgres, and word of its changes. Knows no rules."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.runner import RIGHTS_CHANNEL
from services.session.app.access import Role
from services.session.app.authentication import AccountRights, ServiceRights

log = structlog.get_logger()
RETRY_S = 1.0
_ACCOUNT = """
select a.role, a.generation,
       exists (select 1 from refresh_token r where r.family = $2 and r.revoked_at is null) as family_lives,
       array(select m.company_id from company_member m where m.account_id = a.id) as company_ids
from account a where a.id = $1 and a.erased_at is null
"""
_SERVICE = "select company_id, expires_at from service_token where id = $1 and revoked_at is null"


class PostgresRights:
    """`Rights` on the pool."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def of_account(self, account_id: UUID, family: UUID | None) -> AccountRights | None:
        row = await self._pool.fetchrow(_ACCOUNT, account_id, family)
        if row is None:
            return None
        companies = frozenset[UUID](row["company_ids"])
        return AccountRights(Role(row["role"]), row["generation"], row["family_lives"], companies)

    async def of_service_token(self, token_id: UUID) -> ServiceRights | None:
        row = await self._pool.fetchrow(_SERVICE, token_id)
        return ServiceRights(row["company_id"], row["expires_at"]) if row else None


async def follow_rights(
    database: Database, forget: Callable[[UUID], None], forget_all: Callable[[], None]
) -> None:
    """Runs until cancelled: says at once whose rights another process has changed.

    Keeps one connection of the pool. While it is lost, nothing is heard; `forget_all` is called on
    return.
    """
    while True:
        try:
            async with database.pool.acquire() as connection:
                await _listen(connection, forget, forget_all)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("rights.deaf", error=type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _listen(connection: Any, forget: Callable[[UUID], None], forget_all: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def heard(_connection: Any, _pid: int, _channel: str, subject: str) -> None:
        forget(UUID(subject))

    def ended(_connection: Any) -> None:
        lost.set()

    connection.add_termination_listener(ended)
    await connection.add_listener(RIGHTS_CHANNEL, heard)
    forget_all()
    try:
        await lost.wait()
    finally:
        if not connection.is_closed():
            connection.remove_termination_listener(ended)
            await connection.remove_listener(RIGHTS_CHANNEL, heard)
