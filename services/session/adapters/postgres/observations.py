"""What media saw and may do, in Postgres. Knows no rules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from services.session.adapters.postgres.database import Connection, Database
from services.session.adapters.postgres.runner import Runner
from services.session.app import refusals
from services.session.app.companies import BehaviourPolicy
from services.session.app.consents import Purpose
from services.session.app.observing import Terms
from services.session.domain.behaviour import Sample
from services.session.domain.interview import Status
from services.session.domain.scenario import Language

_TERMS = """
select i.language, i.status, i.erased_at, i.practice, i.accommodations, c.behaviour_policy,
       coalesce(c.emotion, false) as emotion, coalesce(r.understood -> 'skills', '[]') as skills,
       array(select k.purpose from consent k
             where k.interview_id = i.id and k.granted and k.withdrawn_at is null) as granted
from interview i left join company c on c.id = i.company_id left join resume r on r.id = i.resume_id
where i.id = $1
"""

# Waits for an erasure or a change of consent under way. A statement of its own: see `interviews.lock`.
_HOLD = "select 1 from interview where id = $1 for share"

_ADD = """
insert into observation (turn_id, batch_seq, samples)
select t.id, $3, $4 from turn t where t.id = $2 and t.interview_id = $1
on conflict do nothing
"""
_IS_TURN = "select exists (select 1 from turn where id = $2 and interview_id = $1)"


@dataclass(frozen=True, slots=True)
class HeldInterview:
    """`Recording` on one connection inside one transaction."""

    connection: Connection
    interview_id: UUID
    terms: Terms

    async def add(self, turn_id: UUID, batch_seq: int, samples: Sequence[Sample]) -> bool | None:
        rows = [_kept(sample) for sample in samples]
        done = await self.connection.execute(_ADD, self.interview_id, turn_id, batch_seq, rows)
        if done != "INSERT 0 0":
            return True
        return False if await self.connection.fetchval(_IS_TURN, self.interview_id, turn_id) else None


class PostgresObservations:
    """`ObservationStore` in Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def terms(self, interview_id: UUID) -> Terms:
        return await terms_of(self._database.pool, interview_id)

    @asynccontextmanager
    async def recording(self, interview_id: UUID) -> AsyncIterator[HeldInterview]:
        async with self._database.transaction() as connection:
            await connection.fetchval(_HOLD, interview_id)
            yield HeldInterview(connection, interview_id, await terms_of(connection, interview_id))


async def terms_of(runner: Runner, interview_id: UUID) -> Terms:
    """Raises NotFound."""
    row = await runner.fetchrow(_TERMS, interview_id)
    if row is None:
        raise refusals.not_found("interview")
    policy = row["behaviour_policy"]
    return Terms(
        language=Language(row["language"]),
        status=Status(row["status"]),
        erased=row["erased_at"] is not None,
        practice=row["practice"],
        company_policy=BehaviourPolicy(policy) if policy else None,
        emotion=row["emotion"],
        granted=frozenset(Purpose(each) for each in row["granted"]),
        skills=tuple(row["skills"]),
        accommodations=row["accommodations"],
    )


def _kept(sample: Sample) -> dict[str, Any]:
    """Zeroes are left out: a picture without a face is two numbers."""
    values = {name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(sample).items()}
    return {name: value for name, value in values.items() if value or name in ("at_ms", "faces")}
