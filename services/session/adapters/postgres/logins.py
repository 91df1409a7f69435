"""Refresh tokens and login attempts in Postgres. Knows no rules."""

from datetime import datetime, timedelta
from uuid import UUID

from services.session.adapters.postgres.runner import Runner, rights_changed
from services.session.app.logins import RefreshToken

_ADD = "insert into refresh_token (hash, family, account_id, expires_at) values ($1, $2, $3, $4)"
_DROP_EXPIRED = "delete from refresh_token where account_id = $1 and expires_at < $2"
_OWNER = "select account_id from refresh_token where hash = $1"
_LOCK_OWNER = "select 1 from account where id = $1 for update"
_GET = """
select hash, family, account_id, expires_at, used_at is not null as used, revoked_at is not null as revoked
from refresh_token where hash = $1
"""
_MARK_USED = "update refresh_token set used_at = $2 where hash = $1"
_REVOKE = """
update refresh_token set revoked_at = $3
where account_id = $1 and ($2::uuid is null or family = $2) and revoked_at is null
"""
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
# Old attempts of anybody go, so that none outlive their use; rows another transaction holds wait.
_PRUNE = """
delete from login_attempt where ctid = any (array(
    select ctid from login_attempt where at <= $1 order by at limit 100 for update skip locked))
"""
_ATTEMPTS = "select at from login_attempt where subject = $1 and at > $2 order by at desc limit $3"
_ATTEMPT = "insert into login_attempt (subject, at) values ($1, $2)"
_CLEAR = "delete from login_attempt where subject = $1"


class PostgresLogins:
    """`LoginStore` on one connection inside a transaction."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, token: RefreshToken, at: datetime) -> None:
        await self._runner.execute(_DROP_EXPIRED, token.account_id, at)
        await self._runner.execute(_ADD, token.hash, token.family, token.account_id, token.expires_at)

    async def lock(self, token_hash: bytes) -> RefreshToken | None:
        owner = await self._runner.fetchval(_OWNER, token_hash)
        if owner is None:
            return None
        await self._runner.execute(_LOCK_OWNER, owner)
        row = await self._runner.fetchrow(_GET, token_hash)
        return RefreshToken(**row) if row else None

    async def mark_used(self, token_hash: bytes, at: datetime) -> None:
        await self._runner.execute(_MARK_USED, token_hash, at)

    async def revoke(self, account_id: UUID, family: UUID | None, at: datetime) -> None:
        await self._runner.execute(_LOCK_OWNER, account_id)
        await self._runner.execute(_REVOKE, account_id, family, at)
        await rights_changed(self._runner, account_id)

    async def begin_attempt(
        self, subject: str, at: datetime, allowed: int, window: timedelta
    ) -> datetime | None:
        await self._runner.execute(_ONE_AT_A_TIME, subject)
        await self._runner.execute(_PRUNE, at - window)
        rows = await self._runner.fetch(_ATTEMPTS, subject, at - window, allowed)
        if len(rows) < allowed:
            await self._runner.execute(_ATTEMPT, subject, at)
            return None
        oldest: datetime = rows[-1]["at"]
        return oldest + window

    async def clear_attempts(self, subject: str) -> None:
        await self._runner.execute(_CLEAR, subject)
