"""The checks of chaos notice what they are there for: each loss and each double is made by hand."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.chaos.checks import Database, check_stream
from tests.chaos.rig import Edge, Rig

pytestmark = pytest.mark.chaos

IN_INTERVIEW = "interview_id = (select id from i)"
A_TURN = f"(select id from turn where {IN_INTERVIEW} and number = 2)"
OF_INTERVIEW = {
    "an answer is lost": f"delete from answer where turn_id = {A_TURN}",
    "half an answer is lost": f"update answer set text = left(text, 20) where turn_id = {A_TURN}",
    "an answer is doubled": f"update answer set text = text || ' ' || text where turn_id = {A_TURN}",
    "an utterance is lost": "delete from answer_segment where turn_id in"
    f" (select id from turn where {IN_INTERVIEW})",
    "a question is lost": f"delete from question where turn_id = {A_TURN}",
    "a stage is asked twice": f"update turn set stage_id = 'introduction' where id = {A_TURN}",
    "a turn is lost": f"delete from turn where id = {A_TURN}",
    "an answer is graded twice": "insert into evaluation (turn_id, version, engine, result)"
    f" select id, 2, 'lightweight', '{{}}' from turn where {IN_INTERVIEW} and number = 1",
    "an answer is not graded": f"delete from evaluation where turn_id = {A_TURN}",
    "there are two reports": "insert into report (interview_id, version, body) select id, 2, '{}' from i",
    "there is no report": f"delete from report where {IN_INTERVIEW}",
    "an event is lost": f"delete from event where {IN_INTERVIEW} and seq = 7",
    "an event is told twice": "insert into event (interview_id, seq, type, occurred_at)"
    " select id, seq + 1, 'report.ready', now() from i",
    "work is left": "insert into work (kind, subject_id, interview_id) select 'question', id, id from i",
    "it is not over": "update interview set status = 'in_progress' where id = (select id from i)",
}
OF_RESUME = {
    "a passage is lost": "delete from resume_chunk where resume_id = (select id from r) and position = 1",
    "a passage has no vector": "update resume_chunk set embedding = null"
    " where resume_id = (select id from r) and position = 1",
    "it is not ready": "update resume set status = 'parsed' where id = (select id from r)",
}
NAMED = (
    "with i as (select id, seq from interview where id = (select subject_id from request"
    " where rpc = 'CreateInterview' and request_id = $1)),"
    " r as (select subject_id as id from request where rpc = 'UploadResume' and request_id = $2) "
)


async def test_a_loss_or_a_double_of_any_kind_is_noticed(rig: Rig) -> None:
    rig.wait_serving()
    key, resume_key = (f"{kind}-{uuid4().hex[:6]}" for kind in ("checked", "cv"))
    edge = Edge(replace(rig.people.candidate(), interviews=(key,), resumes=(resume_key,)))
    edge.start()
    assert edge.wait_for("done", 0, 60)
    edge.end()
    database = await Database.connect(rig.dsn)
    names = f"{key}-create", f"{resume_key}-resume"
    try:
        for wrong, statement in (OF_INTERVIEW | OF_RESUME).items():
            undo = database.connection.transaction()
            await undo.start()
            done = await database.connection.execute(NAMED + statement, *names)
            assert not done.endswith(" 0"), wrong
            assert await noticed(database, key, resume_key, edge), f"nobody notices that {wrong}"
            await undo.rollback()
        assert not await noticed(database, key, resume_key, edge)
        interview_id = await database.check_interview(key, edge.all_of("submitted"))
        stored = await database.events([interview_id])
    finally:
        await database.close()
    await check_stream(rig.nats_url, stored)
    stored[interview_id][3] = (stored[interview_id][3][0], "another.type")
    with pytest.raises(AssertionError):
        await check_stream(rig.nats_url, stored)


async def noticed(database: Database, key: str, resume_key: str, edge: Edge) -> bool:
    try:
        await database.check_interview(key, edge.all_of("submitted"))
        await database.check_resume(resume_key)
    except AssertionError:
        return True
    return False
