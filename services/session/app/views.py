"""What people and other backends see of interviews. Changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from prometheus_client import Counter

from services.session.app import access, pages
from services.session.app.access import Caller, Interviewing
from services.session.app.pages import Listed, Page
from services.session.app.ports import InterviewStore, Live, NewEvents, QuestionDelta, Summary, TurnRecord
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain.interview import Event, Status
from services.session.domain.scenario import Scenario

# Events whose turn has been told before, with all its words.
WORDLESS = frozenset({"evaluation.stored", "question.repeated"})
STATUS_AFTER = {
    "interview.created": Status.CREATED,
    "interview.started": Status.IN_PROGRESS,
    "interview.paused": Status.PAUSED,
    "interview.resumed": Status.IN_PROGRESS,
    "interview.completed": Status.COMPLETED,
    "interview.ended": Status.ENDED,
    "interview.withdrawn": Status.WITHDRAWN,
}
HEARTBEAT_S = 10.0
LATE_DELTAS = Counter(
    "viva_session_late_deltas",
    "Pieces of questions dropped because a newer attempt or the question was there",
)
LOOK_S = 2.0  # a lost announcement delays a watcher by at most this
EVENTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class View:
    """An interview as it is shown. `turn` is the open one, with its words."""

    summary: Summary
    scenario: Scenario
    turn: TurnRecord | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with the words that belong to it; `status` is the interview's from then on."""

    scenario: Scenario
    status: Status
    event: Event
    turn: TurnRecord | None


class Heartbeat:
    """Nothing has happened for a while."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which interviews a list is to hold; None or "" asks for all that the caller may see."""

    status: str = ""
    job_id: UUID | None = None
    candidate_id: UUID | None = None


class InterviewIndex(Protocol):
    """Lists of interviews."""

    async def list_visible(self, caller: Caller, wanted: Wanted, page: Page) -> Listed[Summary]:
        """Newest first; only those the caller may see."""


class InterviewViews:
    """Every method checks that the caller may see the interview."""

    def __init__(
        self, store: InterviewStore, index: InterviewIndex, scenarios: ScenarioVersions, live: Live
    ) -> None:
        self._store = store
        self._index = index
        self._scenarios = scenarios
        self._live = live

    async def get(self, caller: Caller, interview_id: UUID, act: Interviewing = Interviewing.READ) -> View:
        """Of an interview with which the caller may do `act`."""
        summary = await self._store.summary(interview_id)
        interview = summary.interview
        access.require_interview(caller, act, interview.candidate_id, interview.company_id)
        return await self.of(summary)

    async def of(self, summary: Summary) -> View:
        """The view of an interview whose caller has been checked."""
        turn = summary.interview.turn
        records = await self._store.turns(summary.interview.id, [turn.id]) if turn else []
        scenario = await self._scenarios.of(summary.interview)
        return View(summary, scenario, records[0] if records else None)

    async def turns(self, interview_id: UUID) -> list[TurnRecord]:
        """All turns of an interview whose caller has been checked."""
        return await self._store.turns(interview_id)

    async def list_(self, caller: Caller, wanted: Wanted, size: int, token: str) -> Listed[View]:
        access.require_signed_in(caller)
        listed = await self._index.list_visible(caller, wanted, pages.requested(size, token))
        views = [View(summary, await self._scenarios.of(summary.interview)) for summary in listed.rows]
        return Listed(views, listed.next_token)

    async def watch(
        self, caller: Caller, interview_id: UUID, after_seq: int, *, durable_only: bool
    ) -> AsyncIterator[View | Happened | QuestionDelta | Heartbeat]:
        """A snapshot, then every event after `after_seq`, once and in order, and live deltas between."""
        async with self._live.listen(interview_id) as messages:
            view = await self.get(caller, interview_id)
            yield view
            waiting: asyncio.Task[NewEvents | QuestionDelta] | None = None
            seq, quiet_s, pieces = after_seq, 0.0, _Pieces(view.turn)
            status = view.summary.interview.status if after_seq else Status.CREATED
            try:
                while True:
                    message = waiting.result() if waiting and waiting.done() else None
                    if _may_be_stored(message, seq, pieces):
                        async for happened in self._since(view, seq, status):
                            seq, status, quiet_s = happened.event.seq, happened.status, 0.0
                            pieces.happened(happened)
                            yield happened
                    if isinstance(message, QuestionDelta) and not durable_only and pieces.new(message):
                        quiet_s = 0.0
                        yield message
                    if waiting is None or message is not None:
                        waiting = asyncio.ensure_future(anext(messages))
                    done, _ = await asyncio.wait([waiting], timeout=LOOK_S)
                    if not done:
                        quiet_s += LOOK_S
                        if quiet_s >= HEARTBEAT_S:
                            quiet_s = 0.0
                            yield Heartbeat()
            finally:
                if waiting:
                    waiting.cancel()

    async def _since(self, view: View, seq: int, status: Status) -> AsyncIterator[Happened]:
        interview_id = view.summary.interview.id
        while events := await self._store.events(interview_id, seq, EVENTS_AT_ONCE):
            records = await self._records(interview_id, events)
            for event in events:
                status = STATUS_AFTER.get(event.type, status)
                record = records.get(event.turn_id) if event.turn_id else None
                yield Happened(view.scenario, status, event, record)
            seq = events[-1].seq
            if len(events) < EVENTS_AT_ONCE:
                return

    async def _records(self, interview_id: UUID, events: Sequence[Event]) -> dict[UUID, TurnRecord]:
        turn_ids = {event.turn_id for event in events if event.turn_id and event.type not in WORDLESS}
        found = await self._store.turns(interview_id, sorted(turn_ids)) if turn_ids else []
        return {record.turn.id: record for record in found}


def _may_be_stored(message: NewEvents | QuestionDelta | None, seq: int, pieces: "_Pieces") -> bool:
    """Whether a look at the stored events is due; a delta may be faster than the event of its turn."""
    if isinstance(message, NewEvents):
        return message.seq > seq
    return message is None or not pieces.knows(message.turn_id)


class _Pieces:
    """What a watcher has of the question in the making: the turn as it last saw it, and deltas since."""

    def __init__(self, turn: TurnRecord | None) -> None:
        self._turn = turn.turn if turn else None
        self._next = (turn.generation, turn.pieces) if turn else (0, 0)
        self._asked = turn is not None and turn.question is not None

    def knows(self, turn_id: UUID) -> bool:
        return self._turn is not None and self._turn.id == turn_id

    def happened(self, happened: Happened) -> None:
        record = happened.turn
        if record is None or (self._turn and record.turn.number < self._turn.number):
            return
        if self._turn is None or record.turn.number > self._turn.number:
            self._next = 0, 0
        self._turn, self._asked = record.turn, record.question is not None
        self._next = max(self._next, (record.generation, record.pieces))

    def new(self, delta: QuestionDelta) -> bool:
        """Whether it goes on where the watcher is, or begins anew."""
        generation, index = self._next
        if (
            self._turn is None
            or delta.turn_id != self._turn.id
            or self._asked
            or delta.generation < generation
        ):
            LATE_DELTAS.inc()
            return False
        if delta.generation == generation and delta.index < index:
            return False  # the snapshot has it
        self._next = delta.generation, delta.index + 1
        return True
