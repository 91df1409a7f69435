"""Consents in Postgres. Knows no rules."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from services.session.adapters.postgres.runner import Runner
from services.session.app.consents import Consent, ConsentingTo, Purpose
from services.session.domain.interview import Status

_INTERVIEW = "select candidate_id, company_id, status from interview where id = $1 and erased_at is null"
_LOCK = " for update"
_PUT = """
insert into consent (interview_id, purpose, version, granted, recorded_at, withdrawn_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (interview_id, purpose) do update set
    version = excluded.version, granted = excluded.granted, recorded_at = excluded.recorded_at,
    withdrawn_at = excluded.withdrawn_at
"""
_OF = """
select purpose, version, granted, recorded_at, withdrawn_at from consent where interview_id = $1
"""
_TAKE_BACK = """
update consent set withdrawn_at = now()
where interview_id = $1 and granted and withdrawn_at is null
"""
# Nothing is recorded between the two consents. Halfway there is room for clocks that differ.
_AGREED_ANEW = """
update erasure set begun_before = at + (now() - at) / 2
where target = 'recording' and subject_id = $1 and begun_before is null
"""
_GRANTED = "select purpose from consent where interview_id = $1 and granted and withdrawn_at is null"

_FORGET = {
    Purpose.AUDIO: """
update answer_segment s set metrics = null from turn t where t.id = s.turn_id and t.interview_id = $1
""",
    Purpose.VIDEO: """
delete from observation o using turn t where t.id = o.turn_id and t.interview_id = $1
""",
    # The sound stands outside the database: erasure reaches it now, and until it is done.
    Purpose.RECORDING: """
with agreed as (
    select interview_id as id from consent
    where interview_id = $1 and purpose = 'recording' and (granted or withdrawn_at is not null)
), listed as (
    insert into erasure (target, subject_id, at) select 'recording', id, now() from agreed
    on conflict (target, subject_id) do update set at = excluded.at, begun_before = null
)
insert into work (kind, subject_id, due_at) select 'erasure', id, now() from agreed
on conflict (kind, subject_id) do nothing
""",
}
# What was measured stands in reports too. One that is being written from it is begun anew.
_WRITE_ANEW = """
with without as (
    update report set body = body - 'observed' where interview_id = $1 and body ? 'observed'
    returning interview_id
)
insert into work (kind, subject_id, interview_id)
select 'report', interview_id, interview_id from without
union select kind, subject_id, interview_id from work where kind = 'report' and subject_id = $1
on conflict (kind, subject_id) do update set
    due_at = excluded.due_at, lease_until = null, attempts = 0, last_error = '', failed_at = null,
    fencing_token = excluded.fencing_token
"""
_MEASURED = frozenset({Purpose.AUDIO, Purpose.VIDEO})


class PostgresConsents:
    """`ConsentStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def interview(self, interview_id: UUID, *, lock: bool = False) -> ConsentingTo | None:
        row = await self._runner.fetchrow(_INTERVIEW + _LOCK if lock else _INTERVIEW, interview_id)
        if row is None:
            return None
        return ConsentingTo(row["candidate_id"], row["company_id"], Status(row["status"]))

    async def put(self, interview_id: UUID, consents: Sequence[Consent]) -> None:
        rows = [_columns(interview_id, each) for each in consents]
        await self._runner.executemany(_PUT, rows)
        if any(each.purpose is Purpose.RECORDING and each.granted for each in consents):
            await self._runner.execute(_AGREED_ANEW, interview_id)

    async def of(self, interview_id: UUID) -> list[Consent]:
        found = [_consent(row) for row in await self._runner.fetch(_OF, interview_id)]
        order = list(Purpose)
        return sorted(found, key=lambda consent: order.index(consent.purpose))

    async def granted(self, interview_id: UUID) -> frozenset[Purpose]:
        rows = await self._runner.fetch(_GRANTED, interview_id)
        return frozenset(Purpose(row["purpose"]) for row in rows)

    async def forget(self, interview_id: UUID, purpose: Purpose) -> None:
        if purpose in _FORGET:
            await self._runner.execute(_FORGET[purpose], interview_id)
        if purpose in _MEASURED:
            await self._runner.execute(_WRITE_ANEW, interview_id)

    async def take_back(self, interview_id: UUID) -> None:
        """Marks every consent of the interview as withdrawn; what was measured under them goes."""
        for purpose in _FORGET:
            await self.forget(interview_id, purpose)
        await self._runner.execute(_TAKE_BACK, interview_id)


def _columns(interview_id: UUID, consent: Consent) -> tuple[object, ...]:
    said = (consent.purpose.value, consent.version, consent.granted)
    return (interview_id, *said, consent.recorded_at, consent.withdrawn_at)


def _consent(row: Record) -> Consent:
    return Consent(
        Purpose(row["purpose"]), row["version"], row["granted"], row["recorded_at"], row["withdrawn_at"]
    )
