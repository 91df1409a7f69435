"""What must be true of interviews, résumés and events, whatever was killed. Kills nothing."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import nats
from nats.js.errors import NotFoundError

from services.session.adapters.nats import EVENTS_SUBJECT, STREAM
from tests.chaos.client import Words

STAGES = ("introduction", "skill", "closing")
EVENTS = {
    "interview.created": 1,
    "interview.started": 1,
    "turn.opened": 3,
    "question.asked": 3,
    "answer.accepted": 3,
    "evaluation.stored": 3,
    "interview.completed": 1,
    "report.ready": 1,
}
IN_A_TURN = ["turn.opened", "question.asked", "answer.accepted", "evaluation.stored"]
SETTLED_S = 20.0

_TURNS = """
select t.number, t.stage_id, t.status, t.id, a.id as answer_id, a.text,
       (select count(*) from question q where q.turn_id = t.id) as questions,
       (select array_agg(version) from evaluation e where e.turn_id = t.id) as evaluations,
       (select array_agg(text order by segment_seq) from answer_segment s where s.turn_id = t.id) as segments
from turn t left join answer a on a.turn_id = t.id where t.interview_id = $1 order by t.number
"""


class Database:
    """Reads of what the product has stored."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    @classmethod
    async def connect(cls, dsn: str) -> "Database":
        return cls(await asyncpg.connect(dsn))

    async def close(self) -> None:
        await self.connection.close()

    async def made_by(self, rpc: str, request_id: str) -> list[UUID]:
        """What the request made; the memory of requests holds one thing for one request."""
        rows = await self.connection.fetch(
            "select subject_id from request where rpc = $1 and request_id = $2", rpc, request_id
        )
        return [row["subject_id"] for row in rows]

    async def check_interview(self, key: str, acknowledged: Sequence[dict[str, Any]]) -> UUID:
        """One interview of this key, complete and once only; its id."""
        (interview_id,) = await self.made_by("CreateInterview", f"{key}-create")
        assert await self._value("select status from interview where id = $1", interview_id) == "completed"
        await self._check_turns(interview_id, key, acknowledged)
        await self._check_events(interview_id)
        reports = "select array_agg(version) from report where interview_id = $1"
        assert await self._value(reports, interview_id) == [1]
        left = "select array_agg(kind) from work where interview_id = $1"
        assert await self._value(left, interview_id) == ["retention"], "work is left over"
        return interview_id

    async def _check_turns(
        self, interview_id: UUID, key: str, acknowledged: Sequence[dict[str, Any]]
    ) -> None:
        turns = await self.connection.fetch(_TURNS, interview_id)
        assert [turn["stage_id"] for turn in turns] == list(STAGES)
        assert [turn["number"] for turn in turns] == [1, 2, 3]
        for turn in turns:
            words = Words(key, turn["number"])
            assert turn["status"] == "closed"
            assert turn["text"] == words.text
            assert (turn["segments"] or []) == (list(words.parts) if words.spoken else [])
            assert turn["questions"] == 1
            assert turn["evaluations"] == [1]
        stored = {str(turn["id"]): str(turn["answer_id"]) for turn in turns}
        told = {(each["turn_id"], each["answer_id"]) for each in acknowledged}
        assert told <= set(stored.items()), "an acknowledged answer is not the one that is stored"

    async def _check_events(self, interview_id: UUID) -> None:
        events = await self.events([interview_id])
        assert [seq for seq, _ in events[interview_id]] == list(range(1, sum(EVENTS.values()) + 1))
        assert Counter(type_ for _, type_ in events[interview_id]) == EVENTS
        by_turn = defaultdict(list)
        for row in await self.connection.fetch(
            "select turn_id, type from event where interview_id = $1 and turn_id is not null order by seq",
            interview_id,
        ):
            by_turn[row["turn_id"]].append(row["type"])
        assert list(by_turn.values()) == [IN_A_TURN] * 3
        last = await self._value("select seq from interview where id = $1", interview_id)
        assert last == events[interview_id][-1][0]

    async def check_resume(self, key: str) -> None:
        """One résumé of this key, indexed as a whole and once only."""
        (resume_id,) = await self.made_by("UploadResume", f"{key}-resume")
        resume = await self.connection.fetchrow("select * from resume where id = $1", resume_id)
        assert resume["status"] == "ready"
        assert await self._value("select count(*) from resume where file_name = $1", f"{key}.txt") == 1
        chunks = await self.connection.fetch(
            "select position, embedding is not null as indexed from resume_chunk"
            " where resume_id = $1 order by position",
            resume_id,
        )
        assert [(row["position"], row["indexed"]) for row in chunks] == [
            (position, True) for position in range(resume["chunks"])
        ]
        assert len(chunks) > 3
        left = "select count(*) from work where subject_id = $1"
        assert await self._value(left, resume_id) == 0, "work is left over"

    async def check_no_halves(self) -> None:
        """No file without its résumé, no résumé without its file, passages and request."""
        blobs = (
            "select count(*) from blob b full join resume r on r.blob_id = b.id"
            " where b.id is null or r.id is null"
        )
        assert await self._value(blobs) == 0
        passages = (
            "select count(*) from resume r"
            " where chunks <> (select count(*) from resume_chunk c where c.resume_id = r.id)"
            " or not exists (select 1 from request q where q.rpc = 'UploadResume' and q.subject_id = r.id)"
            " or (status <> 'ready') <>"
            "    exists (select 1 from work w where w.kind = 'resume_index' and w.subject_id = r.id)"
        )
        assert await self._value(passages) == 0

    async def events(self, interview_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, str]]]:
        rows = await self.connection.fetch(
            "select interview_id, seq, type from event where interview_id = any($1) order by seq",
            list(interview_ids),
        )
        found: dict[UUID, list[tuple[int, str]]] = {each: [] for each in interview_ids}
        for row in rows:
            found[row["interview_id"]].append((row["seq"], row["type"]))
        return found

    async def all_interviews(self) -> list[UUID]:
        return [
            row["interview_id"]
            for row in await self.connection.fetch("select distinct interview_id from event")
        ]

    async def _value(self, query: str, *arguments: Any) -> Any:
        return await self.connection.fetchval(query, *arguments)


async def birth_of_stream(url: str) -> str:
    """When the stream was made; "" while there is none."""
    client = await nats.connect(url)
    try:
        return str((await client.jetstream().stream_info(STREAM)).created)
    except NotFoundError:
        return ""
    finally:
        await client.close()


async def check_stream(url: str, stored: dict[UUID, list[tuple[int, str]]]) -> None:
    """JetStream holds every stored event at least once and, doubles left out, exactly these, in order."""
    client = await nats.connect(url)
    try:
        async with asyncio.timeout(SETTLED_S):
            for interview_id, events in stored.items():
                while len(found := await _in_stream(client, interview_id)) < len(events):
                    await asyncio.sleep(0.1)
                assert found == events, f"the stream tells of {interview_id}: {found}"
    finally:
        await client.close()


async def _in_stream(client: Any, interview_id: UUID) -> list[tuple[int, str]]:
    """(seq, type) in the stream's order, the first of each."""
    jetstream, subject = client.jetstream(), f"{EVENTS_SUBJECT}.{interview_id}"
    found: dict[int, str] = {}
    at = 0
    while True:
        try:
            message = await jetstream.get_msg(STREAM, seq=at + 1, subject=subject, next=True)
        except NotFoundError:
            return list(found.items())
        at = message.seq
        told = json.loads(message.data)
        assert message.headers["Nats-Msg-Id"] == f"{interview_id}:{told['seq']}"
        found.setdefault(told["seq"], told["type"])
