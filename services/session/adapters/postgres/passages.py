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

# How many passages a company searches, about, and how many there are in all, as of the last analysis.
SIZES = """
select (select count(*) from interview where company_id = $1 and resume_id is not null),
       (select reltuples::bigint from pg_class where oid = 'resume_chunk'::regclass)
"""

# Every passage of the company's applicants is compared; the words are read of the nearest only.
ALL_APPLICANTS = """
with compared as materialized (
    select c.resume_id, c.position, c.embedding <=> $2::halfvec as distance
    from resume_chunk c
    where c.model = $3 and c.embedding is not null
      and c.resume_id in (select i.resume_id from interview i where i.company_id = $1)
), nearest as (select * from compared order by distance limit $4)
select c.resume_id, c.candidate_id, c.section, c.text, nearest.distance
from nearest join resume_chunk c using (resume_id, position) order by nearest.distance
"""

# Scans on until enough rows pass the filter (pgvector 0.8); set for the transaction only.
SCAN = "set local hnsw.iterative_scan = relaxed_order; set local hnsw.ef_search = {width}"
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

PASSAGES_A_RESUME = 20
COMPARED_AT_MOST = 2_000  # that many are compared in a few milliseconds, whatever else there is
NARROWEST, WIDEST = 200, 1_000  # hnsw.ef_search; pgvector takes no more


def width_of_scan(applicants: int, everything: int) -> int | None:
    """How widely the HNSW index is to be scanned for a company; None means that comparing all is quicker.

    The smaller the company's share, the more of the index is walked past others; tests/bench/retrieval.py
    measures where that costs more than comparing, and what it costs in rows that are not found.
    """
    own = applicants * PASSAGES_A_RESUME
    everything = max(everything, own)
    if own <= COMPARED_AT_MOST or own * own <= 150 * everything:
        return None
    return min(max(40 * everything // own, NARROWEST), WIDEST)


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
        asked = (company_id, as_text(vector), model, limit)
        async with self._database.transaction() as connection:
            applicants, everything = await connection.fetchrow(SIZES, company_id)
            width = width_of_scan(applicants, everything)
            if width is None:
                found = await connection.fetch(ALL_APPLICANTS, *asked)
            else:
                await connection.execute(SCAN.format(width=width))
                found = await connection.fetch(NEAREST_APPLICANTS, *asked)
        return [
            Hit(row["resume_id"], row["candidate_id"], row["section"], row["text"], 1 - row["distance"])
            for row in found
        ]


def as_text(vector: Sequence[float]) -> str:
    """pgvector's text form."""
    return f"[{','.join(f'{value:.6g}' for value in vector)}]"
