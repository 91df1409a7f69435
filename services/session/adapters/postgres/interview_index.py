"""Lists of interviews, and the facts that a new one is made from. Changes nothing."""

from uuid import UUID

from services.session.adapters.postgres import rows
from services.session.adapters.postgres.database import Database
from services.session.app import pages
from services.session.app.access import Caller, Role
from services.session.app.new_interviews import Opening
from services.session.app.pages import Listed, Page, Position
from services.session.app.ports import Summary
from services.session.app.views import Wanted
from services.session.domain.scenario import Language

_LIST = """
select i.*, c.retention_days,
       t.number as t_number, t.stage_id as t_stage_id, t.status as t_status, t.opened_at as t_opened_at,
       t.asked_at as t_asked_at, t.answer_due_at as t_answer_due_at, t.remaining_s as t_remaining_s,
       t.absences as t_absences, t.closed_at as t_closed_at, t.ended_by as t_ended_by
from interview i left join company c on c.id = i.company_id left join turn t on t.id = i.turn_id
where ($1::uuid is null or i.candidate_id = $1) and ($2::uuid[] is null or i.company_id = any($2))
  and ($3 = '' or i.status = $3) and ($4::uuid is null or i.job_id = $4)
  and ($5::uuid is null or i.candidate_id = $5)
  and ($6::timestamptz is null or (i.created_at, i.id) < ($6, $7))
order by i.created_at desc, i.id desc limit $8
"""

_OPENING = """
select j.company_id, j.scenario, j.language, j.open,
       (select v.id from invitation v
        where v.job_id = j.id and v.candidate_id = $2 and v.revoked_at is null and v.accepted_at is not null
          and v.expires_at > now() and ($3::uuid is null or v.id = $3)
        limit 1) as invitation_id
from job j where j.id = $1
"""


class PostgresInterviewIndex:
    """`InterviewIndex` and `Openings` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def list_visible(self, caller: Caller, wanted: Wanted, page: Page) -> Listed[Summary]:
        everything = caller.role is Role.ADMIN or caller.unscoped or caller.role is Role.MESH
        own = caller.id if caller.role is Role.CANDIDATE else None
        companies = None if everything or own else list(caller.company_ids)
        after = page.after or Position(None, None)  # type: ignore[arg-type]
        found = await self._pool.fetch(
            _LIST,
            *(own, companies, wanted.status, wanted.job_id, wanted.candidate_id),
            *(after.at, after.id, page.fetch),
        )
        summaries = [rows.summary(row) for row in found]
        return pages.cut(summaries, page, lambda s: Position(s.interview.created_at, s.interview.id))

    async def opening(self, job_id: UUID, candidate_id: UUID, invitation_id: UUID | None) -> Opening | None:
        row = await self._pool.fetchrow(_OPENING, job_id, candidate_id, invitation_id)
        return row and Opening(
            row["company_id"], row["scenario"], Language(row["language"]), row["open"], row["invitation_id"]
        )

    async def owns_resume(self, resume_id: UUID, candidate_id: UUID) -> bool:
        owner = await self._pool.fetchval("select candidate_id from resume where id = $1", resume_id)
        return bool(owner == candidate_id)

    async def is_candidate(self, account_id: UUID) -> bool:
        query = "select 1 from account where id = $1 and role = 'candidate' and erased_at is null"
        return bool(await self._pool.fetchval(query, account_id))
