"""Asks Postgres itself, in one query, whether an interview's rows hang together. Writes nothing."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from deploy.demo.interview import Interviewed

CONNECT_TIMEOUT_S = 5
JOINED = """
select i.id::text as interview, t.id::text as turn, t.stage_id as stage,
       q.id::text as question, a.id::text as answer,
       (select count(*) from evaluation e where e.turn_id = t.id) as evaluations,
       (select count(*) from report r where r.interview_id = i.id) as reports
  from interview i
  join turn t on t.interview_id = i.id
  left join question q on q.turn_id = t.id
  left join answer a on a.turn_id = t.id
 where i.id = any(%s::uuid[])
 order by i.id, t.number
"""


def database_findings(dsn: str, interviews: Sequence[Interviewed]) -> list[str]:
    """What the rows tell otherwise than the public API did; a line each."""
    ids = [done.interview.id for done in interviews]
    try:
        with psycopg.connect(dsn, connect_timeout=CONNECT_TIMEOUT_S, row_factory=dict_row) as connection:
            rows = connection.execute(JOINED, (ids,)).fetchall()
    except psycopg.Error as error:
        return [f"Postgres could not be asked: {type(error).__name__}"]
    found = []
    for done in interviews:
        own = [row for row in rows if row["interview"] == done.interview.id]
        found += [f"Postgres, {done.interview.id}: {line}" for line in _compared(done, own)]
    return found


def _compared(done: Interviewed, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if [row["stage"] for row in rows] != done.stages:
        yield f"turns of {[row['stage'] for row in rows]}"
    told = [(turn.id, turn.question.id, turn.answer.id) for turn in done.stored.turns]
    if [(row["turn"], row["question"], row["answer"]) for row in rows] != told:
        yield "turns, questions and answers are joined by other ids than the API gave"
    for row in rows:
        if row["evaluations"] != 1:
            yield f"{row['stage']} has {row['evaluations']} evaluations"
    if rows and rows[0]["reports"] != 1:
        yield f"{rows[0]['reports']} reports"
