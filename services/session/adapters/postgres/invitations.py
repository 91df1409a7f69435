"""Invitations in Postgres. Knows no rules."""

from collections.abc import Sequence
from dataclasses import astuple
from uuid import UUID

from services.session.adapters.postgres.runner import Runner, after
from services.session.app.invitations import Invitation
from services.session.app.pages import Page

_ADD = """
insert into invitation (id, batch_id, job_id, email, token_hash, created_at, expires_at, accepted_at,
                        revoked_at, candidate_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_SELECT = """
select id, batch_id, job_id, email, token_hash, created_at, expires_at, accepted_at, revoked_at, candidate_id
from invitation
"""
_BATCH = _SELECT + "where batch_id = $1 order by id"
_GET = _SELECT + "where id = $1"
_BY_HASH = _SELECT + "where token_hash = $1"
_LOCK = " for update"
_PAGE = (
    _SELECT
    + """
where job_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
order by created_at desc, id desc limit $4
"""
)
_UPDATE = "update invitation set accepted_at = $2, revoked_at = $3, candidate_id = $4 where id = $1"


class PostgresInvitations:
    """`InvitationStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, invitations: Sequence[Invitation]) -> None:
        await self._runner.executemany(_ADD, [astuple(each) for each in invitations])

    async def batch(self, batch_id: UUID) -> list[Invitation]:
        return [Invitation(**row) for row in await self._runner.fetch(_BATCH, batch_id)]

    async def get(self, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
        row = await self._runner.fetchrow(_GET + _LOCK if lock else _GET, invitation_id)
        return Invitation(**row) if row else None

    async def by_hash(self, token_hash: bytes, *, lock: bool = False) -> Invitation | None:
        row = await self._runner.fetchrow(_BY_HASH + _LOCK if lock else _BY_HASH, token_hash)
        return Invitation(**row) if row else None

    async def page(self, job_id: UUID, page: Page) -> list[Invitation]:
        rows = await self._runner.fetch(_PAGE, job_id, *after(page), page.fetch)
        return [Invitation(**row) for row in rows]

    async def update(self, invitation: Invitation) -> None:
        moments = (invitation.accepted_at, invitation.revoked_at)
        await self._runner.execute(_UPDATE, invitation.id, *moments, invitation.candidate_id)
