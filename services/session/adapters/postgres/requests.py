"""The memory of mutations in Postgres, so that a repeat answers the same. Knows nothing of what they do."""

from uuid import UUID

from services.session.adapters.postgres.database import Connection

_REMEMBER = """
insert into request (caller, rpc, request_id, subject_id) values ($1, $2, $3, $4)
on conflict do nothing returning subject_id
"""
_RECALL = "select subject_id from request where caller = $1 and rpc = $2 and request_id = $3"


async def remember(
    connection: Connection, caller: str, rpc: str, request_id: str, subject_id: UUID
) -> UUID | None:
    """None the first time; afterwards what the first one made or changed.

    Call it before changing anything, in the transaction of the change: a repeat that runs beside the
    first waits until that is committed or undone. Rolled back, it was never there.
    """
    if await connection.fetchval(_REMEMBER, caller, rpc, request_id, subject_id) is not None:
        return None
    found: UUID = await connection.fetchval(_RECALL, caller, rpc, request_id)
    return found


class PostgresRequests:
    """`Requests` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def remember(self, caller: str, rpc: str, request_id: str, subject_id: UUID) -> UUID | None:
        return await remember(self._connection, caller, rpc, request_id, subject_id)
