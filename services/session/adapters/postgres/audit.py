"""The audit log in Postgres. Knows nothing of what the entries mean."""

from asyncpg import Record

from services.session.adapters.postgres.runner import Runner
from services.session.app.audit import AuditEntry

_RECORD = "insert into audit_entry (actor, action, subject, detail) values ($1, $2, $3, $4)"
_ENTRIES = """
select id, at, actor, action, subject, detail from audit_entry
where ($1 = '' or actor = $1) and ($2 = '' or subject = $2) and ($3 = 0 or id < $3)
order by id desc limit $4
"""


class PostgresAudit:
    """`AuditLog` on a connection, or on the pool for reading and for entries of their own."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def record(self, entry: AuditEntry) -> None:
        await self._runner.execute(_RECORD, entry.actor, entry.action, entry.subject, entry.detail)

    async def entries(self, actor: str, subject: str, before_id: int, limit: int) -> list[AuditEntry]:
        rows = await self._runner.fetch(_ENTRIES, actor, subject, before_id, limit)
        return [_entry(row) for row in rows]


def _entry(row: Record) -> AuditEntry:
    return AuditEntry(row["actor"], row["action"], row["subject"], row["detail"], row["id"], row["at"])
