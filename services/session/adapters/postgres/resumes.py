"""Résumés, their files and passages in Postgres. Knows no file format and makes no vector."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.privacy import reach_outside
from services.session.adapters.postgres.requests import remember
from services.session.adapters.postgres.runner import hold_account
from services.session.app import pages, refusals
from services.session.app.pages import Listed, Page, Position
from services.session.app.resumes import Passage, ResumeStatus, StoredResume
from services.session.domain.resumes.lexicon import SectionKind
from services.session.domain.resumes.sections import Section

_ADD = """
insert into resume (id, candidate_id, blob_id, file_name, size_bytes, language, status, understood, digest,
                    chunks, created_at)
values ($1, $2, $3, $4, $5, $6, 'parsed', $7, $8, $9, $10)
"""

_REPLACE = """
update resume set status = 'parsed', understood = $2, digest = $3, chunks = $4, revision = revision + 1,
                  failure_reason = '', model_digest = '', model_digest_at = null
where id = $1 returning id
"""

_PASSAGE = """
insert into resume_chunk (resume_id, position, candidate_id, section, text) values ($1, $2, $3, $4, $5)
"""

_TO_INDEX = """
insert into work (kind, subject_id) values ('resume_index', $1), ('resume_digest', $1)
on conflict (kind, subject_id) do update set
    due_at = now(), lease_until = null, attempts = 0, last_error = '', failed_at = null,
    fencing_token = excluded.fencing_token
"""

_LIST = """
select * from resume r where candidate_id = $1
  and ($2::uuid[] is null
       or exists (select 1 from interview i where i.resume_id = r.id and i.company_id = any($2)))
  and ($3::timestamptz is null or (created_at, id) < ($3, $4))
order by created_at desc, id desc limit $5
"""

_SEEN = "select exists (select 1 from interview where resume_id = $1 and company_id = any($2))"

_APPLIES = """
select exists (select 1 from interview where candidate_id = $1 and company_id = any($2))
    or exists (select 1 from invitation v join job j on j.id = v.job_id
               where v.candidate_id = $1 and v.accepted_at is not null and j.company_id = any($2))
"""


class PostgresResumes:
    """`ResumeStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = database.pool

    async def add(
        self, resume: StoredResume, content: bytes, passages: Sequence[Passage], caller: str, request_id: str
    ) -> UUID:
        async with self._database.transaction() as connection:
            standing = await remember(connection, caller, "UploadResume", request_id, resume.id)
            if standing is not None:
                return standing
            await hold_account(connection, resume.candidate_id)
            await connection.execute(
                "insert into blob (id, owner_id, content) values ($1, $2, $3)",
                *(resume.id, resume.candidate_id, content),
            )
            await connection.execute(
                _ADD,
                *(resume.id, resume.candidate_id, resume.id, resume.file_name, resume.size_bytes),
                *(resume.language, _understood(resume), resume.digest, resume.chunks, resume.created_at),
            )
            await _add_passages(connection, resume, passages)
        return resume.id

    async def get(self, resume_id: UUID) -> StoredResume:
        row = await self._pool.fetchrow("select * from resume where id = $1", resume_id)
        if row is None:
            raise refusals.not_found("résumé")
        return _resume(row)

    async def list_of(
        self, candidate_id: UUID, seen_by: Sequence[UUID] | None, page: Page
    ) -> Listed[StoredResume]:
        after = (page.after.at, page.after.id) if page.after else (None, None)
        found = await self._pool.fetch(_LIST, candidate_id, seen_by, *after, page.fetch)
        return pages.cut(list(map(_resume, found)), page, lambda each: Position(each.created_at, each.id))

    async def replace(self, resume: StoredResume, passages: Sequence[Passage]) -> None:
        async with self._database.transaction() as connection:
            values = (_understood(resume), resume.digest, resume.chunks)
            if await connection.fetchval(_REPLACE, resume.id, *values) is None:
                raise refusals.not_found("résumé")
            await connection.execute("delete from resume_chunk where resume_id = $1", resume.id)
            await _add_passages(connection, resume, passages)

    async def delete(self, resume_id: UUID) -> None:
        async with self._database.transaction() as connection:
            # The résumé first, as erasure does: two that go the other way round would wait for each other.
            blob_id = await connection.fetchval(
                "delete from resume where id = $1 returning blob_id", resume_id
            )
            await connection.execute("delete from blob where id = $1", blob_id)
            await connection.execute(
                "delete from work where kind in ('resume_index', 'resume_digest') and subject_id = $1",
                resume_id,
            )
            await reach_outside(connection, [resume_id], datetime.now(UTC))

    async def seen_by_company(self, resume_id: UUID, company_ids: Sequence[UUID]) -> bool:
        return bool(company_ids) and bool(await self._pool.fetchval(_SEEN, resume_id, list(company_ids)))

    async def applies_to(self, candidate_id: UUID, company_ids: Sequence[UUID]) -> bool:
        return bool(await self._pool.fetchval(_APPLIES, candidate_id, list(company_ids)))


async def _add_passages(connection: Connection, resume: StoredResume, passages: Sequence[Passage]) -> None:
    rows = [(resume.id, each.position, resume.candidate_id, each.section, each.text) for each in passages]
    await connection.executemany(_PASSAGE, rows)
    await connection.execute(_TO_INDEX, resume.id)


def _understood(resume: StoredResume) -> dict[str, Any]:
    return {
        "sections": [asdict(section) for section in resume.sections],
        "skills": list(resume.skills),
        "topics": resume.topics,
        "warnings": list(resume.warnings),
    }


def _resume(row: asyncpg.Record) -> StoredResume:
    understood = row["understood"]
    return StoredResume(
        id=row["id"],
        candidate_id=row["candidate_id"],
        file_name=row["file_name"],
        size_bytes=row["size_bytes"],
        language=row["language"],
        status=ResumeStatus(row["status"]),
        created_at=row["created_at"],
        sections=tuple(_section(each) for each in understood.get("sections", ())),
        skills=tuple(understood.get("skills", ())),
        topics=understood.get("topics", {}),
        digest=row["model_digest"] or row["digest"],
        warnings=tuple(understood.get("warnings", ())),
        chunks=row["chunks"],
        failure_reason=row["failure_reason"],
    )


def _section(stored: dict[str, str]) -> Section:
    return Section(SectionKind(stored["kind"]), stored["heading"], stored["text"])
