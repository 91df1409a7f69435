"""Compactions and digests in Postgres. Makes neither."""

from uuid import UUID

from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.interviews import connection_of
from services.session.app.compaction import Compaction
from services.session.app.digests import Undigested
from services.session.app.ports import Claim, StaleClaim, Unit
from services.session.domain.scenario import Language

_PUT_COMPACTION = """
insert into compaction (interview_id, from_turn, upto, text, source) values ($1, $2, $3, $4, $5)
on conflict (interview_id, from_turn) do update
    set upto = excluded.upto, text = excluded.text, source = excluded.source
"""
_DONE = "delete from work where kind = $1 and subject_id = $2 and fencing_token = $3 returning 1"

_UNDIGESTED = """
select r.revision, r.language, a.display_name,
       coalesce((select string_agg(concat_ws(E'\\n', s ->> 'heading', s ->> 'text'), E'\\n\\n' order by n)
                 from jsonb_array_elements(r.understood -> 'sections') with ordinality as e(s, n)),
                '') as text
from resume r join account a on a.id = r.candidate_id where r.id = $1
"""
_PUT_DIGEST = """
update resume set model_digest = $3, model_digest_at = now() where id = $1 and revision = $2 returning 1
"""


class PostgresSummaries:
    """`CompactionStore` and `DigestStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, unit: Unit, claim: Claim, compaction: Compaction) -> None:
        values = (compaction.from_turn, compaction.upto, compaction.text, compaction.source)
        connection = connection_of(unit)
        await connection.execute(_PUT_COMPACTION, unit.interview.id, *values)
        await connection.execute(_DONE, claim.kind, claim.subject_id, claim.token)

    async def undigested(self, resume_id: UUID) -> Undigested | None:
        row = await self._database.pool.fetchrow(_UNDIGESTED, resume_id)
        if row is None:
            return None
        names = (row["display_name"],) if row["display_name"] else ()
        return Undigested(row["revision"], Language(row["language"]), row["text"], names)

    async def put_digest(self, claim: Claim, revision: int, digest: str) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchval(_PUT_DIGEST, claim.subject_id, revision, digest) is None:
                return False
            if not await connection.fetchval(_DONE, claim.kind, claim.subject_id, claim.token):
                raise StaleClaim(f"{claim.kind} {claim.subject_id}")
        return True
