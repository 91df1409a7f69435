"""A pool of Postgres connections. Knows nothing of what the tables mean."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

_JSON_TYPES = ("json", "jsonb")
Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    def get_reset_query(self) -> str:
        """Nothing here changes a connection for good, so giving it back costs no round trip."""
        return ""


async def _prepare(connection: asyncpg.Connection) -> None:
    for name in _JSON_TYPES:
        await connection.set_type_codec(
            name, encoder=_encode, decoder=json.loads, schema="pg_catalog", format="text"
        )


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


class Database:
    """Connections whose json and jsonb values are Python objects."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def connect(cls, dsn: str, *, min_size: int = 2, max_size: int = 16) -> Self:
        """Opens the pool. A statement may take 15 s, a caller waits at most 10 s for a connection."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            init=_prepare,
            connection_class=_Connection,
            command_timeout=15,
            timeout=10,
            server_settings={"application_name": "viva-session", "lock_timeout": "10s"},
        )
        return cls(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction on one connection: committed when the block ends, else rolled back."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        await self.pool.close()
