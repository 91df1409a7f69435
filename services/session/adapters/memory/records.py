"""Every store in memory, alone or in a transaction. One transaction at a time; a failed one is undone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from services.session.adapters.memory.companies import (
    MemoryCompanies,
    MemoryConsents,
    MemoryInvitations,
    MemoryInvited,
    MemoryJobs,
    MemoryProfiles,
    MemoryScenarios,
)
from services.session.adapters.memory.people import MemoryAccounts, MemoryLogins, MemoryServiceTokens
from services.session.adapters.memory.state import State
from services.session.app.audit import AuditEntry


class MemoryRequests:
    """`Requests`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def remember(self, caller: str, rpc: str, request_id: str, subject_id: UUID) -> UUID | None:
        key = (caller, rpc, request_id)
        known = self._state.requests.get(key)
        self._state.requests.setdefault(key, subject_id)
        return known


class MemoryAudit:
    """`AuditLog`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def record(self, entry: AuditEntry) -> None:
        number = len(self._state.audit) + 1
        self._state.audit.append(replace(entry, id=number, at=datetime.now(UTC)))

    async def entries(self, actor: str, subject: str, before_id: int, limit: int) -> list[AuditEntry]:
        found = [each for each in reversed(self._state.audit) if actor in ("", each.actor)]
        found = [each for each in found if subject in ("", each.subject)]
        return [each for each in found if before_id == 0 or each.id < before_id][:limit]


class MemoryUnit:
    """Fits the `Unit` of each use case."""

    def __init__(self, state: State) -> None:
        self.accounts = MemoryAccounts(state)
        self.logins = MemoryLogins(state)
        self.service_tokens = MemoryServiceTokens(state)
        self.companies = MemoryCompanies(state)
        self.invited = MemoryInvited(state)
        self.jobs = MemoryJobs(state)
        self.profiles = MemoryProfiles(state)
        self.scenarios = MemoryScenarios(state)
        self.invitations = MemoryInvitations(state)
        self.consents = MemoryConsents(state)
        self.requests = MemoryRequests(state)
        self.audit = MemoryAudit(state)


class MemoryRecords:
    """`Records[MemoryUnit]`. Reads outside a transaction may see what is not committed yet."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._reading = MemoryUnit(self.state)
        self._one_at_a_time = asyncio.Lock()

    @property
    def reading(self) -> MemoryUnit:
        return self._reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryUnit]:
        async with self._one_at_a_time:
            before = self.state.snapshot()
            try:
                yield self._reading
            except BaseException:
                self.state.restore(before)
                raise
