"""Publishes stored events to JetStream in order, from a cursor. Does not know what they mean.

One process at a time relays (an advisory lock); the others stand by.
"""

import asyncio
import json
from contextlib import suppress
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from services.session.adapters.postgres.database import Database

log = structlog.get_logger()

LOCK = 0x52454C59
BATCH = 500
RETRY_S = 1.0
POLL_S = 2.0

# Only rows of transactions older than every one still running: no row can appear behind the cursor.
_NEXT = """
select interview_id, seq, type, turn_id, occurred_at, detail, xid::text as xid, position from event
where (xid, position) > ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, position limit $3
"""

_CURSOR = "select xid::text, position from relay_cursor where name = $1"

_MOVE = """
insert into relay_cursor (name, xid, position) values ($1, $2::text::xid8, $3)
on conflict (name) do update set xid = excluded.xid, position = excluded.position
"""


class EventLog(Protocol):
    """Where events go. `ensure` names the log's present life; a new name means it was emptied."""

    async def ensure(self) -> str: ...

    async def publish(self, events: list[tuple[UUID, int, bytes]]) -> None: ...


class Relay:
    """Runs until cancelled; what cannot be published now is published later."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            try:
                async with self._database.pool.acquire() as connection:
                    await self._lead(connection)
            except Exception as error:
                log.warning("relay.interrupted", error=type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def _lead(self, connection: asyncpg.Connection) -> None:
        if not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
            return
        try:
            name = await self._events.ensure()
            while True:
                self._woken.clear()
                while await self._relay_batch(connection, name):
                    pass
                if not await self._wait():
                    name = await self._events.ensure()
        finally:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.fetchval("select pg_advisory_unlock($1)", LOCK)

    async def _wait(self) -> bool:
        """True when woken, False when the poll was due."""
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
                return True
        except TimeoutError:
            return False

    async def _relay_batch(self, connection: asyncpg.Connection, name: str) -> bool:
        """Publishes the next batch and moves the cursor; True while more may wait."""
        cursor = await connection.fetchrow(_CURSOR, name)
        xid, position = (cursor[0], cursor[1]) if cursor else ("0", 0)
        rows = await connection.fetch(_NEXT, xid, position, BATCH)
        if not rows:
            return False
        in_order = sorted(rows, key=lambda row: (row["interview_id"], row["seq"]))
        await self._events.publish([(row["interview_id"], row["seq"], _payload(row)) for row in in_order])
        await connection.execute(_MOVE, name, rows[-1]["xid"], rows[-1]["position"])
        return len(rows) == BATCH


def _payload(row: asyncpg.Record) -> bytes:
    return json.dumps(
        {
            "version": 1,
            "interview_id": str(row["interview_id"]),
            "seq": row["seq"],
            "type": row["type"],
            "turn_id": str(row["turn_id"]) if row["turn_id"] else None,
            "occurred_at": row["occurred_at"].isoformat(),
            "detail": row["detail"],
        },
        ensure_ascii=False,
    ).encode()
