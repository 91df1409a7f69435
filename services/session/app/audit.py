"""The audit log: who did what to what. Entries hold ids and codes, never a person's words.

Does not know how entries are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` is such as "user:<id>", `action` such as "report.read", `subject` an id."""

    actor: str
    action: str
    subject: str
    detail: str = ""
    id: int = 0  # given by the log; rises
    at: datetime | None = None  # given by the log


class AuditLog(Protocol):
    async def record(self, entry: AuditEntry) -> None:
        """Kept if and only if the transaction it is recorded in is committed."""

    async def entries(self, actor: str, subject: str, before_id: int, limit: int) -> list[AuditEntry]:
        """Newest first; "" takes every actor or subject, `before_id` 0 starts at the newest."""
