"""A pool of Postgres connections. Knows nothing of what the tables mean."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.runtime.errors import Aborted, Unavailable

_JSON_TYPES = ("json", "jsonb")
Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    def get_reset_query(self) -> str:
        """Nothing here changes a connection for good, so giving it back costs no round trip."""
        return ""


_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,  # it stops, has crashed, or starts
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # a statement begun on a connection that was just lost
    OSError,
    TimeoutError,
)
_CONTENDED = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


@contextmanager
def _told() -> Iterator[None]:
    """A database that is away or held up is no mistake of ours: raises Unavailable or Aborted for it."""
    try:
        yield
    except _GONE as error:
        raise _unavailable() from error
    except asyncpg.InterfaceError as error:
        if "closed" not in str(error):
            raise
        raise _unavailable() from error
    except _CONTENDED as error:
        raise Aborted("DATABASE_CONTENDED", "Others change the same just now; call again.") from error


def _unavailable() -> Unavailable:
    text = "The database cannot be reached now; call again."
    return Unavailable("DATABASE_UNAVAILABLE", text, remedy="viva logs postgres")


class _Pool(asyncpg.Pool):  # type: ignore[misc]  # asyncpg has no types
    async def execute(self, *arguments: Any, **options: Any) -> Any:
        with _told():
            return await super().execute(*arguments, **options)

    async def executemany(self, *arguments: Any, **options: Any) -> Any:
        with _told():
            return await super().executemany(*arguments, **options)

    async def fetch(self, *arguments: Any, **options: Any) -> Any:
        with _told():
            return await super().fetch(*arguments, **options)

    async def fetchrow(self, *arguments: Any, **options: Any) -> Any:
        with _told():
            return await super().fetchrow(*arguments, **options)

    async def fetchval(self, *arguments: Any, **options: Any) -> Any:
        with _told():
            return await super().fetchval(*arguments, **options)


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
        pool = _Pool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            max_queries=50_000,  # then a connection is replaced
            max_inactive_connection_lifetime=300.0,
            loop=None,
            init=_prepare,
            connection_class=_Connection,
            record_class=asyncpg.Record,
            command_timeout=15,
            timeout=10,
            server_settings={"application_name": "viva-session", "lock_timeout": "10s"},
        )
        return cls(await pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction on one connection: committed when the block ends, else rolled back.

        Raises Unavailable or Aborted; after the first it may have been committed.
        """
        with _told():
            async with self.pool.acquire() as connection, connection.transaction():
                yield connection

    async def close(self) -> None:
        await self.pool.close()
