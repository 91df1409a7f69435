"""Loads what a question or an evaluation is written from. Knows no prompt and no model."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from services.session.adapters.postgres import rows
from services.session.adapters.postgres.database import Database
from services.session.app.conversation import AnsweredTurn, Background, Conversation, Mask, PastTurn, masked
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain.scenario import Stage, resolve_stage

log = structlog.get_logger()

_HEAD = """
select i.*, c.retention_days,
       t.number as t_number, t.stage_id as t_stage_id, t.status as t_status, t.opened_at as t_opened_at,
       t.asked_at as t_asked_at, t.answer_due_at as t_answer_due_at, t.remaining_s as t_remaining_s,
       t.absences as t_absences, t.closed_at as t_closed_at, t.ended_by as t_ended_by,
       coalesce(c.profile, '') as company_profile, coalesce(c.blind, false) as blind,
       coalesce(j.title, '') as job_title, coalesce(j.description, '') as job_description,
       coalesce(p.company_values, '{}') as company_values,
       case when r.model_digest <> '' and r.model_digest_at <= i.started_at then r.model_digest
            else coalesce(r.digest, '') end as digest, coalesce(r.understood -> 'topics', '{}') as topics,
       a.display_name, q.text as question, coalesce(nullif(n.corrected_text, ''), n.text) as answer
from interview i
     join account a on a.id = i.candidate_id
     join turn t on t.id = $2 and t.interview_id = i.id
     left join question q on q.turn_id = t.id
     left join answer n on n.turn_id = t.id
     left join company c on c.id = i.company_id
     left join job j on j.id = i.job_id
     left join talent_profile p on p.id = j.talent_profile_id
     left join resume r on r.id = i.resume_id
where i.id = $1
"""

_PAST = """
select t.id, t.number, t.stage_id, q.text as question, q.passages,
       coalesce(nullif(a.corrected_text, ''), a.text, '') as answer
from turn t join question q on q.turn_id = t.id left join answer a on a.turn_id = t.id
where t.interview_id = $1 and t.number < $2 order by t.number
"""


_GROWING = """
select t.id, t.number, t.stage_id, q.text as question, q.passages,
       concat_ws(' ', (select string_agg(s.text, ' ' order by s.segment_seq)
                       from answer_segment s where s.turn_id = t.id),
                 (select d.text from answer_draft d where d.turn_id = t.id)) as answer
from turn t join question q on q.turn_id = t.id where t.id = $1 and t.status = 'answering'
"""

# What the question of one turn is written with, beside what was said.
_AHEAD = """
select (select row_to_json(p) from prepared_passages p join turn t on t.id = p.turn_id
        where t.interview_id = $1 and t.number = $2 - 1) as prepared,
       (select row_to_json(k) from compaction k
        where k.interview_id = $1 and k.from_turn <= $2 order by k.from_turn desc limit 1) as compaction
"""

# Waits for an erasure under way, which closes the turn.
_PREPARE = """
insert into prepared_passages (turn_id, heard, passages)
select t.id, $2, $3 from turn t join interview i on i.id = t.interview_id
where t.id = $1 and i.turn_id = t.id and i.erased_at is null for share of i
on conflict (turn_id) do update set heard = excluded.heard, passages = excluded.passages
"""


class PostgresConversations:
    """`Conversations` from Postgres; masks what a model may not see in blind mode."""

    def __init__(self, database: Database, scenarios: ScenarioVersions, mask: Mask) -> None:
        self._database = database
        self._scenarios = scenarios
        self._mask = mask

    async def growing(self, interview_id: UUID, turn_id: UUID) -> Conversation | None:
        """As it will be when the open turn ends; None when it is not answered or nothing follows."""
        async with self._database.pool.acquire() as connection:
            row = await connection.fetchrow(_GROWING, turn_id)
            head = row and await connection.fetchrow(_HEAD, interview_id, turn_id)
            if row is None or head is None:
                return None
            past = await connection.fetch(_PAST, interview_id, head["t_number"])
            ahead = await connection.fetchrow(_AHEAD, interview_id, head["t_number"] + 1)
        conversation = await self._conversation(head, turn_id, [*past, row], ahead)
        stage = _following(conversation)
        return masked(replace(conversation, stage=stage), self._mask) if stage else None

    async def prepare(self, turn_id: UUID, heard: int, passages: tuple[str, ...]) -> bool:
        done: str = await self._database.pool.execute(_PREPARE, turn_id, heard, list(passages))
        return done != "INSERT 0 0"

    def _hide(self, text: str, conversation: Conversation) -> str:
        known = conversation.background
        return self._mask(text, known.hidden_names) if known.blind else text

    async def before(self, interview_id: UUID, turn_id: UUID) -> Conversation | None:
        async with self._database.pool.acquire() as connection:
            head = await connection.fetchrow(_HEAD, interview_id, turn_id)
            if head is None:
                return None
            past = await connection.fetch(_PAST, interview_id, head["t_number"])
            ahead = await connection.fetchrow(_AHEAD, interview_id, head["t_number"])
        return masked(await self._conversation(head, turn_id, past, ahead), self._mask)

    async def answered(self, interview_id: UUID, turn_id: UUID) -> AnsweredTurn | None:
        head = await self._database.pool.fetchrow(_HEAD, interview_id, turn_id)
        if head is None or head["answer"] is None:
            return None
        conversation = masked(await self._conversation(head, turn_id, []), self._mask)
        return AnsweredTurn(conversation, head["question"] or "", self._hide(head["answer"], conversation))

    async def _conversation(
        self,
        head: asyncpg.Record,
        turn_id: UUID,
        past: list[asyncpg.Record],
        ahead: asyncpg.Record | None = None,
    ) -> Conversation:
        interview, turn = rows.interview(head), rows.turn_of(head, turn_id, "t_")
        scenario = await self._scenarios.of(interview)
        stage, warning = resolve_stage(scenario, turn.stage_id, interview.stage_position)
        if warning:
            log.warning("scenario.unknown_stage", stage=turn.stage_id, going_on_with=stage.id)
        prepared = ahead and ahead["prepared"]
        compaction = (ahead and ahead["compaction"]) or {"upto": 0, "text": ""}
        return Conversation(
            interview,
            scenario,
            stage,
            turn,
            tuple(map(_past_turn, past)),
            _background(head, compaction["text"]),
            compacted=sum(row["number"] <= compaction["upto"] for row in past),
            prepared=tuple(prepared["passages"]) if prepared else None,
            heard=prepared["heard"] if prepared else 0,
        )


def _following(conversation: Conversation) -> Stage | None:
    """As the state machine goes on: a stage that the scenario no longer has gave way to one not asked yet."""
    stage = conversation.stage
    return conversation.scenario.after(stage.id) if stage.id == conversation.turn.stage_id else stage


def _past_turn(row: asyncpg.Record) -> PastTurn:
    return PastTurn(row["id"], row["stage_id"], row["question"], row["answer"], tuple(row["passages"]))


def _background(row: asyncpg.Record, summary: str) -> Background:
    topics: dict[str, Any] = row["topics"]
    return Background(
        company_profile=row["company_profile"],
        job_title=row["job_title"],
        job_description=row["job_description"],
        values=tuple(row["company_values"]),
        resume_digest=row["digest"],
        summary=summary,
        topics=tuple((kind, tuple(words)) for kind, words in sorted(topics.items())),
        blind=row["blind"],
        hidden_names=(row["display_name"],) if row["display_name"] else (),
    )
