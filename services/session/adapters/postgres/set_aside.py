"""Messages that could not be understood, kept for an operator to look at."""

import asyncio

import structlog

from services.session.adapters.postgres.database import Database
from services.session.app.worker import SET_ASIDE

log = structlog.get_logger()

LONGEST = 64 << 10
KEPT = 10_000

_KEEP = "insert into set_aside (source, type, reason, payload) values ($1, $2, $3, $4)"
_TRIM = "delete from set_aside where id <= (select max(id) from set_aside) - $1"


class PostgresSetAside:
    """Logs, counts and keeps; never fails the one who received the message."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool
        self._keeping: set[asyncio.Task[None]] = set()

    def __call__(self, source: str, type_: str, reason: str, payload: bytes) -> None:
        SET_ASIDE.labels(source).inc()
        log.warning("message.set_aside", source=source, type=type_, reason=reason, size=len(payload))
        task = asyncio.create_task(self._keep(source, type_, reason, payload[:LONGEST]))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep(self, source: str, type_: str, reason: str, payload: bytes) -> None:
        try:
            await self._pool.execute(_KEEP, source, type_, reason, payload)
            await self._pool.execute(_TRIM, KEPT)
        except Exception as error:
            log.warning("message.not_kept", error=type(error).__name__)
