"""What an operator sees and mends: servers, work, calls to models, times, the audit log.

Does not know how servers are asked or where rows are kept. Whoever holds the mesh token on the machine may
look after the mesh; only admins read what was said to a model, and the audit log.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from services.runtime.capability import Capability
from services.runtime.errors import FailedPrecondition
from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.pages import Listed, Page, Position
from services.session.app.ports import Announced
from services.session.app.records import Requests, is_first

KIND_LIMIT = 64
NAME_LIMIT = 200  # of an actor or a subject
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """One server of the mesh as it answered just now."""

    name: str
    address: str
    reachable: bool
    capability: Capability
    latency_ms: float = 0.0


class Mesh(Protocol):
    async def look(self) -> list[ServerSeen]:
        """Every server that is known of; never raises."""


class WorkState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkItem:
    kind: str
    subject_id: UUID
    interview_id: UUID | None
    state: WorkState
    attempts: int
    last_error: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WorkPosition:
    due_at: datetime
    kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class LlmCall:
    """A recorded call. Its words come only with `StoredWords`."""

    id: UUID
    interview_id: UUID | None
    turn_id: UUID | None
    resume_id: UUID | None
    purpose: str
    template_id: str
    template_hash: str
    model: str
    replica: str
    verdict: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    first_token_ms: float | None
    total_ms: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredWords:
    """`request` holds messages, schema and max_tokens; None once erased."""

    request: dict[str, Any] | None
    output: str


@dataclass(frozen=True, slots=True)
class TurnTiming:
    """Milliseconds; None for what has not happened."""

    interview_id: UUID
    turn_id: UUID
    number: int
    stage_id: str
    source: str
    claimed_ms: float | None
    first_word_ms: float | None
    announced_ms: float | None
    evaluated_ms: float | None


@dataclass(frozen=True, slots=True)
class SetAside:
    id: int
    source: str
    type: str
    reason: str
    at: datetime


class OperationsUnit(Protocol):
    """One transaction."""

    @property
    def audit(self) -> AuditLog: ...
    @property
    def requests(self) -> Requests: ...

    async def work_item(self, kind: str, subject_id: UUID, *, lock: bool = False) -> WorkItem | None: ...

    async def revive(self, kind: str, subject_id: UUID) -> None:
        """Failed work is due at once, with all its attempts."""


class OperationsStore(Protocol):
    """Lists for operators; `limit` rows after a key, None for the first page."""

    @property
    def audit(self) -> AuditLog: ...

    def transaction(self) -> AbstractAsyncContextManager[OperationsUnit]: ...

    async def work(self, state: WorkState | None, after: WorkPosition | None, limit: int) -> list[WorkItem]:
        """Soonest due first."""

    async def calls(self, interview_id: UUID | None, page: Page) -> list[LlmCall]: ...

    async def call(self, call_id: UUID) -> tuple[LlmCall, StoredWords] | None: ...

    async def timings(self, interview_id: UUID | None, before: UUID | None, limit: int) -> list[TurnTiming]:
        """Newest turns first; turn ids rise with time."""

    async def set_aside(self, before_id: int, limit: int) -> list[SetAside]: ...


class Operations:
    def __init__(self, store: OperationsStore, mesh: Mesh, wake: Announced) -> None:
        self._store = store
        self._mesh = mesh
        self._wake = wake

    async def mesh(self, caller: Caller) -> list[ServerSeen]:
        access.require_operator(caller)
        return await self._mesh.look()

    async def work(self, caller: Caller, state: WorkState | None, size: int, token: str) -> Listed[WorkItem]:
        access.require_operator(caller)
        page = pages.requested(size, "")
        found = await self._store.work(state, _work_position(token), page.fetch)
        return _cut(found, page, lambda row: (row.due_at.isoformat(), row.kind, row.subject_id.hex))

    async def retry(self, caller: Caller, request_id: str, kind: str, subject_id: UUID) -> WorkItem:
        """Raises NotFound, and FailedPrecondition (NOT_FAILED) for work that has not failed."""
        access.require_operator(caller)
        key = checks.request_id(request_id)
        name = checks.text("kind", kind, least=1, most=KIND_LIMIT)
        async with self._store.transaction() as unit:
            item = await unit.work_item(name, subject_id, lock=True)
            if item is None:
                raise refusals.not_found("work")
            if await is_first(unit.requests, caller.actor, f"RetryWork:{name}", key, subject_id):
                if item.state is not WorkState.FAILED:
                    raise _not_failed(item)
                await unit.revive(name, subject_id)
                await unit.audit.record(AuditEntry(caller.actor, "work.retried", str(subject_id), name))
                item = await unit.work_item(name, subject_id) or item
        await self._wake()
        return item

    async def calls(
        self, caller: Caller, interview_id: UUID | None, size: int, token: str
    ) -> Listed[LlmCall]:
        access.require_operator(caller)
        page = pages.requested(size, token)
        found = await self._store.calls(interview_id, page)
        return pages.cut(found, page, lambda row: Position(row.created_at, row.id))

    async def call(self, caller: Caller, call_id: UUID) -> tuple[LlmCall, StoredWords]:
        """With its words; the reading is audited."""
        access.require_admin(caller)
        return await self.read_call(caller, call_id, "llm_call.read")

    async def read_call(self, caller: Caller, call_id: UUID, action: str) -> tuple[LlmCall, StoredWords]:
        found = await self._store.call(call_id)
        if found is None:
            raise refusals.not_found("call")
        detail = str(found[0].interview_id or "")
        await self._store.audit.record(AuditEntry(caller.actor, action, str(call_id), detail))
        return found

    async def audit(
        self, caller: Caller, actor: str, subject: str, size: int, token: str
    ) -> Listed[AuditEntry]:
        access.require_admin(caller)
        page = pages.requested(size, "")
        wanted = [
            checks.text(field, value, most=NAME_LIMIT)
            for field, value in (("actor", actor), ("subject", subject))
        ]
        found = await self._store.audit.entries(wanted[0], wanted[1], _number(token), page.fetch)
        return _cut(found, page, lambda row: (str(row.id),))

    async def timings(
        self, caller: Caller, interview_id: UUID | None, size: int, token: str
    ) -> Listed[TurnTiming]:
        access.require_operator(caller)
        page = pages.requested(size, "")
        found = await self._store.timings(interview_id, _id(token), page.fetch)
        return _cut(found, page, lambda row: (row.turn_id.hex,))

    async def set_aside(self, caller: Caller, size: int, token: str) -> Listed[SetAside]:
        access.require_operator(caller)
        page = pages.requested(size, "")
        found = await self._store.set_aside(_number(token), page.fetch)
        return _cut(found, page, lambda row: (str(row.id),))


def _cut(found: Sequence[Row], page: Page, key: Callable[[Row], tuple[str, ...]]) -> Listed[Row]:
    shown = found[: page.size]
    more = len(found) > page.size
    return Listed(shown, pages.encode_key(*key(shown[-1])) if more else "")


def _number(token: str) -> int:
    """0 for the first page."""
    if not token:
        return 0
    (text,) = pages.decode_key(token, 1)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _broken()
    return int(text)


def _id(token: str) -> UUID | None:
    if not token:
        return None
    (text,) = pages.decode_key(token, 1)
    try:
        return UUID(hex=text)
    except ValueError:
        raise _broken() from None


def _work_position(token: str) -> WorkPosition | None:
    if not token:
        return None
    due_at, kind, subject_id = pages.decode_key(token, 3)
    try:
        moment = datetime.fromisoformat(due_at).astimezone(UTC)
        checks.text("page.page_token", kind, least=1, most=KIND_LIMIT).encode()
        return WorkPosition(moment, kind, UUID(hex=subject_id))
    except (ValueError, OverflowError):
        raise _broken() from None


def _not_failed(item: WorkItem) -> Exception:
    remedy = "wait for it; only failed work is retried"
    return FailedPrecondition("NOT_FAILED", f"This work is {item.state}.", remedy=remedy)


def _broken() -> Exception:
    return refusals.invalid("page.page_token", "is not a next_page_token of this list")
