"""Passages and their vectors in Postgres with pgvector. Makes no vector itself."""

from collections.abc import Sequence
from uuid import UUID

from services.session.adapters.postgres.database import Database
from services.session.app.ports import Claim
from services.session.app.resumes import Hit, Passage, ResumeStatus
from services.session.app.retrieval import Vectors

DIMENSIONS = 1024

# A filter over the index would lose rows; one owner's passages are few, so all are compared.
NEAREST_OF = """
with own as materialized (
    select text, embedding from resume_chunk where resume_id = $1 and model = $3 and embedding is not null
)
select text from own order by embedding <=> $2::halfvec limit $4
"""

# Scans on until enough rows pass the filter (pgvector 0.8); set for the transaction only.
SCAN = "set local hnsw.iterative_scan = relaxed_order; set local hnsw.ef_search = 100"
NEAREST_APPLICANTS = """
with found as materialized (
    select c.resume_id, c.candidate_id, c.section, c.text, c.embedding <=> $2::halfvec as distance
    from resume_chunk c
    where c.model = $3
      and exists (select 1 from interview i where i.resume_id = c.resume_id and i.company_id = $1)
    order by c.embedding <=> $2::halfvec limit $4
)
select * from found order by distance
"""

_HOLDS = "select 1 from work where kind = $1 and subject_id = $2 and fencing_token = $3 for update"


class PostgresPassages:
    """`PassageStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = database.pool

    async def unindexed(self, resume_id: UUID) -> tuple[int, list[Passage]]:
        revision = await self._pool.fetchval("select revision from resume where id = $1", resume_id)
        found = await self._pool.fetch(
            "select position, section, text from resume_chunk where resume_id = $1 order by position",
            resume_id,
        )
        return revision or 0, [Passage(row["position"], row["section"], row["text"]) for row in found]

    async def put_vectors(
        self, claim: Claim, revision: int, passages: Sequence[Passage], vectors: Vectors
    ) -> bool:
        resume_id = claim.subject_id
        async with self._database.transaction() as connection:
            same = await connection.fetchval(
                "select 1 from resume where id = $1 and revision = $2 for update", resume_id, revision
            )
            held = await connection.fetchval(_HOLDS, claim.kind, resume_id, claim.token)
            if not (held and same):
                return False
            await connection.executemany(
                "update resume_chunk set embedding = $3::halfvec, model = $4"
                " where resume_id = $1 and position = $2",
                [
                    (resume_id, passage.position, as_text(row), vectors.model)
                    for passage, row in zip(passages, vectors.rows, strict=True)
                ],
            )
            await connection.execute("update resume set status = 'ready' where id = $1", resume_id)
            await connection.execute(
                "delete from work where kind = $1 and subject_id = $2", claim.kind, resume_id
            )
        return True

    async def set_status(self, resume_id: UUID, status: ResumeStatus) -> None:
        await self._pool.execute("update resume set status = $2 where id = $1", resume_id, status.value)

    async def nearest_of(self, resume_id: UUID, vector: Sequence[float], model: str, limit: int) -> list[str]:
        found = await self._pool.fetch(NEAREST_OF, resume_id, as_text(vector), model, limit)
        return [row["text"] for row in found]

    async def nearest_applicants(
        self, company_id: UUID, vector: Sequence[float], model: str, limit: int
    ) -> list[Hit]:
        async with self._database.transaction() as connection:
            await connection.execute(SCAN)
            found = await connection.fetch(NEAREST_APPLICANTS, company_id, as_text(vector), model, limit)
        return [
            Hit(row["resume_id"], row["candidate_id"], row["section"], row["text"], 1 - row["distance"])
            for row in found
        ]


def as_text(vector: Sequence[float]) -> str:
    """pgvector's text form."""
    return f"[{','.join(f'{value:.6g}' for value in vector)}]"
