"""Interviews in Postgres: one row lock and one writing statement per command. Knows no rules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from uuid import UUID

from services.session.adapters.postgres import rows
from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.observations import terms_of
from services.session.adapters.postgres.requests import remember
from services.session.adapters.postgres.runner import hold_account
from services.session.app import refusals
from services.session.app.ports import (
    Answer,
    Claim,
    Question,
    Segment,
    StaleClaim,
    Summary,
    TurnRecord,
    Unit,
)
from services.session.domain.interview import AnswerEnd, Decision, Event, Interview

_SELECT = """
select i.*, c.retention_days,
       t.number as t_number, t.stage_id as t_stage_id, t.status as t_status, t.opened_at as t_opened_at,
       t.asked_at as t_asked_at, t.answer_due_at as t_answer_due_at, t.remaining_s as t_remaining_s,
       t.absences as t_absences, t.closed_at as t_closed_at, t.ended_by as t_ended_by
from interview i left join company c on c.id = i.company_id left join turn t on t.id = i.turn_id
where i.id = $1
"""

_LOCK = "select 1 from interview where id = $1 for update"
_HOLDS = "select 1 from work where kind = $1 and subject_id = $2 and fencing_token = $3 for update"

_INSERT = """
insert into interview (id, candidate_id, company_id, job_id, resume_id, invitation_id, scenario, language,
                       scenario_version, status, practice, accommodations, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'created', $10, $11, $12)
"""

# One round trip for everything a decision leads to.
_SAVE = """
with saved_interview as (
    update interview set status = $2, stage_position = $3, turn_id = $4, turns = $5, seq = $6,
                         started_at = $7, ended_at = $8
    where id = $1
), saved_turn as (
    insert into turn (id, interview_id, number, stage_id, status, opened_at, asked_at, answer_due_at,
                      remaining_s, absences, closed_at, ended_by)
    select id, $1, number, stage_id, status, opened_at, asked_at, answer_due_at,
           remaining_s, absences, closed_at, ended_by
    from jsonb_populate_recordset(null::turn, $9)
    on conflict (id) do update set
        status = excluded.status, asked_at = excluded.asked_at, answer_due_at = excluded.answer_due_at,
        remaining_s = excluded.remaining_s, absences = excluded.absences, closed_at = excluded.closed_at,
        ended_by = excluded.ended_by
), saved_event as (
    insert into event (interview_id, seq, type, turn_id, occurred_at, detail)
    select $1, seq, type, turn_id, occurred_at, detail
    from jsonb_to_recordset($10)
         as e(seq bigint, type text, turn_id uuid, occurred_at timestamptz, detail jsonb)
    order by seq
), dropped_work as (
    delete from work using jsonb_to_recordset($11) as d(kind text, subject_id uuid)
    where work.kind = d.kind and work.subject_id = d.subject_id
), saved_work as (
    insert into work (kind, subject_id, interview_id, due_at)
    select kind, subject_id, $1, due_at
    from jsonb_to_recordset($12) as w(kind text, subject_id uuid, due_at timestamptz)
    on conflict (kind, subject_id) do update set
        due_at = excluded.due_at, lease_until = null, attempts = 0, last_error = '', failed_at = null,
        fencing_token = excluded.fencing_token
), saved_question as (
    insert into question (turn_id, id, text, source, template, passages)
    select turn_id, id, text, source, template, passages from jsonb_populate_recordset(null::question, $13)
), saved_answer as (
    insert into answer (turn_id, id, text)
    select turn_id, id, text from jsonb_populate_recordset(null::answer, $14)
), gone_draft as (
    delete from answer_draft using jsonb_to_recordset($14) as a(turn_id uuid)
    where answer_draft.turn_id = a.turn_id
), gone_question_draft as (
    delete from question_draft using jsonb_to_recordset($13) as q(turn_id uuid)
    where question_draft.turn_id = q.turn_id
)
select 1
"""

_TURNS = """
select t.*, q.id as question_id, q.text as question_text, q.source, q.template, q.passages,
       a.id as answer_id, a.text as answer_text, a.corrected_text,
       coalesce(d.text, '') as draft, coalesce(p.text, '') as partial,
       coalesce(p.generation, 0) as generation, coalesce(p.pieces, 0) as pieces,
       (select count(*) from answer_segment s where s.turn_id = t.id) as segments
from turn t left join question q on q.turn_id = t.id left join answer a on a.turn_id = t.id
     left join answer_draft d on d.turn_id = t.id left join question_draft p on p.turn_id = t.id
where t.interview_id = $1 and (cardinality($2::uuid[]) = 0 or t.id = any($2::uuid[]))
order by t.number
"""

_SPOKEN = """
select coalesce((select string_agg(text, ' ' order by segment_seq)
                 from answer_segment where turn_id = $1), ''),
       coalesce((select text from answer_draft where turn_id = $1), '')
"""

_ADD_SEGMENT = """
with added as (
    insert into answer_segment (turn_id, segment_seq, text, words, metrics) values ($1, $2, $3, $4, $5)
    on conflict do nothing returning 1
)
select (select count(*) from answer_segment where turn_id = $1), exists (select 1 from added)
"""

# Waits for whoever has the interview locked and looks again: no draft outlives its turn, or erasure.
_PUT_DRAFT = """
insert into answer_draft (turn_id, text)
select t.id, $2 from turn t join interview i on i.id = t.interview_id and i.turn_id = t.id
where t.id = $1 and t.status = 'answering' for share of i
on conflict (turn_id) do update set text = excluded.text
"""

# Whoever lost the claim, or came after the question, leaves nothing.
_PUT_PARTIAL = """
insert into question_draft (turn_id, generation, pieces, text)
select t.id, $4, $5, $6
from work w join turn t on t.id = w.subject_id join interview i on i.id = t.interview_id and i.turn_id = t.id
where w.kind = $1 and w.subject_id = $2 and w.fencing_token = $3 and t.status = 'asking'
for share of i, t
on conflict (turn_id) do update set
    generation = excluded.generation, pieces = excluded.pieces, text = excluded.text
"""

_FACTS = frozenset({"decision", "decision_reason", "review_requested", "review_reason", "report_version"})


class LockedInterview:
    """`Unit` on one connection inside one transaction."""

    def __init__(self, connection: Connection, interview: Interview) -> None:
        self.connection = connection
        self.interview = interview

    async def save(
        self, decision: Decision, *, question: Question | None = None, answer: Answer | None = None
    ) -> None:
        if not decision.events:
            return
        after = decision.interview
        await self.connection.execute(
            _SAVE,
            *(after.id, after.status.value, after.stage_position, after.turn and after.turn.id),
            *(after.turns, after.seq, after.started_at, after.ended_at),
            [rows.turn_row(turn) for turn in decision.turns],
            [rows.event_row(event) for event in decision.events],
            [{"kind": kind.value, "subject_id": subject_id} for kind, subject_id in decision.dropped],
            [rows.work_row(work) for work in decision.work],
            [rows.question_row(question)] if question else [],
            [rows.answer_row(answer)] if answer else [],
        )
        self.interview = after

    async def spoken(self, turn_id: UUID) -> tuple[str, str]:
        row = await self.connection.fetchrow(_SPOKEN, turn_id)
        return row[0], row[1]

    async def answered(self, turn_id: UUID) -> tuple[Answer, AnswerEnd] | None:
        row = await self.connection.fetchrow(
            "select a.*, t.ended_by from answer a join turn t on t.id = a.turn_id"
            " where a.turn_id = $1 and t.interview_id = $2",
            *(turn_id, self.interview.id),
        )
        if row is None:
            return None
        answer = Answer(row["id"], turn_id, row["text"], row["corrected_text"])
        return answer, AnswerEnd(row["ended_by"])

    async def add_segment(self, segment: Segment) -> tuple[int, bool]:
        metrics = asdict(segment.speech) if segment.speech else None
        values = (segment.turn_id, segment.seq, segment.text, list(segment.words), metrics)
        row = await self.connection.fetchrow(_ADD_SEGMENT, *values)
        return row[0] + row[1], row[1]

    async def may_measure(self) -> bool:
        return (await terms_of(self.connection, self.interview.id)).measured

    async def put_answer_text(
        self, answer_id: UUID, *, text: str | None, corrected: str | None
    ) -> Answer | None:
        row = await self.connection.fetchrow(
            "update answer a set text = coalesce($3, a.text), corrected_text = coalesce($4, a.corrected_text)"
            " from turn t where a.id = $1 and t.id = a.turn_id and t.interview_id = $2 returning a.*",
            *(answer_id, self.interview.id, text, corrected),
        )
        return row and Answer(row["id"], row["turn_id"], row["text"], row["corrected_text"])

    async def put_fact(self, **columns: str | bool | int) -> None:
        if unknown := columns.keys() - _FACTS:
            raise ValueError(f"not a fact of an interview: {sorted(unknown)}")
        places = ", ".join(f"{name} = ${index}" for index, name in enumerate(columns, start=2))
        await self.connection.execute(
            f"update interview set {places} where id = $1",  # noqa: S608 - names are checked above
            *(self.interview.id, *columns.values()),
        )


async def lock(connection: Connection, interview_id: UUID, claim: Claim | None = None) -> LockedInterview:
    """Locks an interview until the transaction ends. Raises NotFound or StaleClaim."""
    # A statement of its own: one that waits for the lock sees the other rows as they were before it.
    await connection.fetchval(_LOCK, interview_id)
    row = await connection.fetchrow(_SELECT, interview_id)
    if row is None:
        raise refusals.not_found("interview")
    if claim and not await connection.fetchval(_HOLDS, claim.kind, claim.subject_id, claim.token):
        raise StaleClaim(f"{claim.kind} {claim.subject_id}")
    return LockedInterview(connection, rows.interview(row))


def connection_of(unit: Unit) -> Connection:
    """For stores that write in the transaction of a locked interview."""
    if not isinstance(unit, LockedInterview):
        raise TypeError("this unit belongs to another storage")
    return unit.connection


class PostgresInterviews:
    """`InterviewStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        decision: Decision,
        summary: Summary,
        caller: str,
        request_id: str,
        invitation_id: UUID | None,
    ) -> UUID:
        new = decision.interview
        async with self._database.transaction() as connection:
            standing = await remember(connection, caller, "CreateInterview", request_id, new.id)
            if standing is not None:
                return standing
            await hold_account(connection, new.candidate_id)
            await connection.execute(
                _INSERT,
                *(new.id, new.candidate_id, new.company_id, new.job_id, new.resume_id, invitation_id),
                *(new.scenario, new.language.value, new.scenario_version, new.practice),
                *(summary.accommodations, new.created_at),
            )
            await LockedInterview(connection, new).save(decision)
        return new.id

    @asynccontextmanager
    async def locked(self, interview_id: UUID, claim: Claim | None = None) -> AsyncIterator[LockedInterview]:
        async with self._database.transaction() as connection:
            yield await lock(connection, interview_id, claim)

    async def summary(self, interview_id: UUID) -> Summary:
        row = await self._database.pool.fetchrow(_SELECT, interview_id)
        if row is None:
            raise refusals.not_found("interview")
        return rows.summary(row)

    async def turns(self, interview_id: UUID, only: Sequence[UUID] = ()) -> list[TurnRecord]:
        found = await self._database.pool.fetch(_TURNS, interview_id, list(only))
        return [rows.turn_record(row) for row in found]

    async def events(self, interview_id: UUID, after_seq: int, limit: int) -> list[Event]:
        found = await self._database.pool.fetch(
            "select * from event where interview_id = $1 and seq > $2 order by seq limit $3",
            *(interview_id, after_seq, limit),
        )
        return [rows.event(row) for row in found]

    async def put_partial(self, claim: Claim, text: str, pieces: int) -> bool:
        held = (claim.kind, claim.subject_id, claim.token)
        done: str = await self._database.pool.execute(_PUT_PARTIAL, *held, claim.attempts, pieces, text)
        return done.endswith(" 1")

    async def put_draft(self, turn_id: UUID, text: str) -> bool:
        done: str = await self._database.pool.execute(_PUT_DRAFT, turn_id, text)
        return done.endswith(" 1")
