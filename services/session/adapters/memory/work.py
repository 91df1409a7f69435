"""The list of work in memory. Knows no kind of work; its clock is given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from services.session.app.ports import Claim, Clock
from services.session.domain.interview import Work


@dataclass(slots=True)
class Row:
    """One piece of work as it is listed."""

    kind: str
    subject_id: UUID
    interview_id: UUID | None
    due_at: datetime
    token: int
    lease_until: datetime | None = None
    attempts: int = 0
    last_error: str = ""
    failed: bool = False


class MemoryWork:
    """`WorkQueue`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fence = count(1)
        self.rows: dict[tuple[str, UUID], Row] = {}
        self.aside: list[str] = []

    def put(self, work: Iterable[Work], interview_id: UUID | None) -> None:
        """Lists work anew: whoever holds an older claim to it has lost it."""
        for each in work:
            row = Row(each.kind, each.subject_id, interview_id, each.due_at, next(self._fence))
            self.rows[each.kind, each.subject_id] = row

    def drop(self, keys: Iterable[tuple[str, UUID]]) -> None:
        for kind, subject_id in keys:
            self.rows.pop((kind, subject_id), None)

    def holds(self, claim: Claim) -> bool:
        return self._held(claim) is not None

    def _held(self, claim: Claim) -> Row | None:
        row = self.rows.get((claim.kind, claim.subject_id))
        return row if row and row.token == claim.token else None

    def _due(self) -> list[Row]:
        now = self._clock.now()
        free = [row for row in self.rows.values() if not row.failed and row.due_at <= now]
        return sorted(
            (row for row in free if row.lease_until is None or row.lease_until < now),
            key=lambda row: row.due_at,
        )

    async def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> list[Claim]:
        taken = [row for row in self._due() if row.kind in kinds][:limit]
        for row in taken:
            row.token, row.attempts = next(self._fence), row.attempts + 1
            row.lease_until = self._clock.now() + timedelta(seconds=lease_s)
        return [Claim(row.kind, row.subject_id, row.interview_id, row.token, row.attempts) for row in taken]

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        for row in filter(None, map(self._held, claims)):
            row.lease_until = self._clock.now() + timedelta(seconds=lease_s)

    async def finish(self, claim: Claim) -> None:
        if self.holds(claim):
            self.drop([(claim.kind, claim.subject_id)])

    async def postpone(self, claim: Claim, delay_s: float, error: str) -> None:
        if row := self._held(claim):
            row.lease_until, row.last_error = None, error
            row.due_at = self._clock.now() + timedelta(seconds=delay_s)
            row.attempts -= not error

    async def give_up(self, claim: Claim, error: str) -> None:
        if row := self._held(claim):
            row.lease_until, row.last_error, row.failed = None, error, True

    async def set_aside_unknown(self, known: Sequence[str]) -> list[str]:
        strange = [row for row in self._due() if row.kind not in known]
        for row in strange:
            row.failed, row.last_error = True, "unknown kind of work"
        self.aside += [row.kind for row in strange]
        return [row.kind for row in strange]
