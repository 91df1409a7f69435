"""Loads what a question or an evaluation is written from. Knows no prompt and no model."""

from typing import Any
from uuid import UUID

import asyncpg
import structlog

from services.session.adapters.postgres import rows
from services.session.adapters.postgres.database import Database
from services.session.app.conversation import Background, Conversation, Masker, PastTurn
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain.scenario import resolve_stage

log = structlog.get_logger()

_HEAD = """
select i.*, coalesce(c.retention_days, 180) as retention_days,
       t.number as t_number, t.stage_id as t_stage_id, t.status as t_status, t.opened_at as t_opened_at,
       t.asked_at as t_asked_at, t.answer_due_at as t_answer_due_at, t.remaining_s as t_remaining_s,
       t.absences as t_absences, t.closed_at as t_closed_at, t.ended_by as t_ended_by,
       coalesce(c.profile, '') as company_profile, coalesce(c.blind, false) as blind,
       coalesce(j.title, '') as job_title, coalesce(j.description, '') as job_description,
       coalesce(p.company_values, '{}') as company_values,
       coalesce(r.digest, '') as digest, coalesce(r.understood -> 'topics', '{}') as topics,
       a.display_name
from interview i
     join account a on a.id = i.candidate_id
     join turn t on t.id = $2 and t.interview_id = i.id
     left join company c on c.id = i.company_id
     left join job j on j.id = i.job_id
     left join talent_profile p on p.id = j.talent_profile_id
     left join resume r on r.id = i.resume_id
where i.id = $1
"""

_PAST = """
select t.id, t.stage_id, q.text as question, q.passages,
       coalesce(nullif(a.corrected_text, ''), a.text, '') as answer
from turn t join question q on q.turn_id = t.id left join answer a on a.turn_id = t.id
where t.interview_id = $1 and t.number < $2 order by t.number
"""


class PostgresConversations:
    """`Conversations` from Postgres; masks what a model may not see in blind mode."""

    def __init__(self, database: Database, scenarios: ScenarioVersions, mask: Masker) -> None:
        self._database = database
        self._scenarios = scenarios
        self._mask = mask

    async def before(self, interview_id: UUID, turn_id: UUID) -> Conversation | None:
        async with self._database.pool.acquire() as connection:
            head = await connection.fetchrow(_HEAD, interview_id, turn_id)
            if head is None:
                return None
            past = await connection.fetch(_PAST, interview_id, head["t_number"])
        interview = rows.interview(head)
        turn = rows.turn_of(head, turn_id, "t_")
        scenario = await self._scenarios.of(interview)
        stage, warning = resolve_stage(scenario, turn.stage_id, interview.stage_position)
        if warning:
            log.warning("scenario.unknown_stage", stage=turn.stage_id, going_on_with=stage.id)
        conversation = Conversation(
            interview, scenario, stage, turn, tuple(map(_past_turn, past)), _background(head)
        )
        return self._mask(conversation, head["display_name"]) if head["blind"] else conversation


def _past_turn(row: asyncpg.Record) -> PastTurn:
    return PastTurn(row["id"], row["stage_id"], row["question"], row["answer"], tuple(row["passages"]))


def _background(row: asyncpg.Record) -> Background:
    topics: dict[str, Any] = row["topics"]
    return Background(
        company_profile=row["company_profile"],
        job_title=row["job_title"],
        job_description=row["job_description"],
        values=tuple(row["company_values"]),
        resume_digest=row["digest"],
        topics=tuple((kind, tuple(words)) for kind, words in sorted(topics.items())),
        blind=row["blind"],
    )
