"""Evaluations and reports in Postgres; every version stays."""

from typing import Any
from uuid import UUID

from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.interviews import connection_of
from services.session.app.evaluations import Evaluated
from services.session.app.ports import Unit
from services.session.app.reports import StoredEvaluation, StoredReport
from services.session.domain.behaviour import Observed, Sample, Speech, Utterance

_PUT = """
insert into evaluation (turn_id, version, engine, model, prompt_hash, result)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 from evaluation where turn_id = $1
returning version
"""

_NEWEST = """
select distinct on (e.turn_id) e.* from evaluation e join turn t on t.id = e.turn_id
where t.interview_id = $1 order by e.turn_id, e.version desc
"""

_WAITING = """
select exists (select 1 from work where interview_id = $1 and kind = 'evaluation' and failed_at is null)
"""

_CONTEXT = """
select coalesce(c.name, '') as company, coalesce(j.title, '') as job, coalesce(p.weights, '{}') as weights,
       coalesce(p.name, '') as profile, coalesce(c.blind, false) as blind, a.display_name,
       c.behaviour_policy
from interview i join account a on a.id = i.candidate_id left join company c on c.id = i.company_id
     left join job j on j.id = i.job_id left join talent_profile p on p.id = j.talent_profile_id
where i.id = $1
"""

_OBSERVED = """
select t.id, array(select s from observation b, jsonb_array_elements(b.samples) s
                   where b.turn_id = t.id) as samples,
       array(select to_jsonb(s) from answer_segment s
             where s.turn_id = t.id and s.metrics is not null) as segments
from turn t where t.interview_id = $1
"""


class PostgresEvaluations:
    """`EvaluationStore` and `ReportStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def put(self, unit: Unit, turn_id: UUID, evaluated: Evaluated) -> int:
        values = (evaluated.engine, evaluated.model, evaluated.prompt_hash, dict(evaluated.result))
        return int(await connection_of(unit).fetchval(_PUT, turn_id, *values))

    async def newest(self, interview_id: UUID) -> dict[UUID, StoredEvaluation]:
        return {
            row["turn_id"]: StoredEvaluation(
                row["version"], row["engine"], row["model"], row["prompt_hash"], row["result"]
            )
            for row in await self._pool.fetch(_NEWEST, interview_id)
        }

    async def waiting(self, interview_id: UUID) -> bool:
        return bool(await self._pool.fetchval(_WAITING, interview_id))

    async def context(self, interview_id: UUID) -> dict[str, Any]:
        row = await self._pool.fetchrow(_CONTEXT, interview_id)
        return dict(row) if row else {}

    async def observed(self, interview_id: UUID) -> dict[UUID, Observed]:
        found = {
            row["id"]: Observed(
                tuple(Sample(**each) for each in row["samples"]),
                tuple(map(_utterance, row["segments"])),
            )
            for row in await self._pool.fetch(_OBSERVED, interview_id)
        }
        return {turn_id: seen for turn_id, seen in found.items() if seen != Observed()}

    async def put_report(self, unit: Unit, body: dict[str, Any]) -> int:
        return await _put_report(connection_of(unit), unit.interview.id, body)

    async def report(self, interview_id: UUID, version: int) -> StoredReport | None:
        row = await self._pool.fetchrow(
            "select * from report where interview_id = $1 and ($2 = 0 or version = $2)"
            " order by version desc limit 1",
            *(interview_id, version),
        )
        return row and StoredReport(row["version"], row["body"], row["created_at"])


def _utterance(segment: dict[str, Any]) -> Utterance:
    """As long as its words say; where they say nothing, a character is taken for a syllable."""
    speech, words = Speech(**segment["metrics"]), segment["words"]
    if words:
        start_s, end_s = words[0]["start_s"], words[-1]["end_s"]
        return Utterance(speech, max(0.0, end_s - start_s), start_s)
    pace = speech.syllables_per_s * speech.speaking_ratio
    return Utterance(speech, len(segment["text"]) / pace if pace else 0.0)


async def _put_report(connection: Connection, interview_id: UUID, body: dict[str, Any]) -> int:
    version = await connection.fetchval(
        "update interview set report_version = report_version + 1 where id = $1 returning report_version",
        interview_id,
    )
    await connection.execute(
        "insert into report (interview_id, version, body) values ($1, $2, $3)", interview_id, version, body
    )
    return int(version)
