"""The list of work in Postgres: claims with leases and fencing tokens. Knows no kind of work."""

from collections.abc import Sequence
from datetime import timedelta

from services.session.adapters.postgres.database import Database
from services.session.app.ports import Claim

_CLAIM = """
with due as (
    select kind, subject_id from work
    where due_at <= now() and failed_at is null and kind = any($1)
      and (lease_until is null or lease_until < now())
    order by due_at limit $2 for update skip locked
)
update work w set lease_until = now() + $3, fencing_token = nextval('work_fence'), attempts = w.attempts + 1
from due where w.kind = due.kind and w.subject_id = due.subject_id
returning w.kind, w.subject_id, w.interview_id, w.fencing_token, w.attempts
"""

_RENEW = """
update work w set lease_until = now() + $4
from unnest($1::text[], $2::uuid[], $3::bigint[]) as held(kind, subject_id, token)
where w.kind = held.kind and w.subject_id = held.subject_id and w.fencing_token = held.token
"""

_POSTPONE = """
update work set lease_until = null, due_at = now() + $4, last_error = $5,
                attempts = case when $5 = '' then attempts - 1 else attempts end
where kind = $1 and subject_id = $2 and fencing_token = $3
"""

_HELD = "kind = $1 and subject_id = $2 and fencing_token = $3"

_SET_ASIDE = """
with strange as (
    update work set failed_at = now(), last_error = 'unknown kind of work'
    where due_at <= now() and failed_at is null and kind <> all($1)
      and (lease_until is null or lease_until < now())  -- a newer release may be at it
    returning *
), kept as (
    insert into set_aside (source, type, reason, payload)
    select 'work', kind, 'unknown kind of work', convert_to(to_jsonb(strange)::text, 'UTF8') from strange
)
select kind from strange
"""


class PostgresWork:
    """`WorkQueue` in Postgres. Leases are measured by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]:
        found = await self._pool.fetch(_CLAIM, list(kinds), limit, timedelta(seconds=lease_s))
        return [
            Claim(row["kind"], row["subject_id"], row["interview_id"], row["fencing_token"], row["attempts"])
            for row in found
        ]

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        held = [[claim.kind for claim in claims], [claim.subject_id for claim in claims]]
        await self._pool.execute(_RENEW, *held, [claim.token for claim in claims], timedelta(seconds=lease_s))

    async def finish(self, claim: Claim) -> None:
        await self._pool.execute(
            f"delete from work where {_HELD}",  # noqa: S608 - a constant
            *(claim.kind, claim.subject_id, claim.token),
        )

    async def postpone(self, claim: Claim, delay_s: float, error: str) -> None:
        await self._pool.execute(
            _POSTPONE,
            *(claim.kind, claim.subject_id, claim.token, timedelta(seconds=delay_s), error),
        )

    async def give_up(self, claim: Claim, error: str) -> None:
        await self._pool.execute(
            f"update work set lease_until = null, failed_at = now(), last_error = $4 where {_HELD}",  # noqa: S608
            *(claim.kind, claim.subject_id, claim.token, error),
        )

    async def set_aside_unknown(self, known: Sequence[str]) -> list[str]:
        return [row["kind"] for row in await self._pool.fetch(_SET_ASIDE, list(known))]
