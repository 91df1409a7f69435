"""How use cases reach what is stored: alone, or many steps in one transaction.

Does not know the database. Each use case names the stores it needs in a `Unit` of its own.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar
from uuid import UUID

from services.session.app import refusals

Unit_co = TypeVar("Unit_co", covariant=True)


class Records(Protocol[Unit_co]):
    @property
    def reading(self) -> Unit_co:
        """Stores outside any transaction: every call sees what is committed by then."""

    def transaction(self) -> AbstractAsyncContextManager[Unit_co]:
        """Stores of one transaction: committed when the block ends, undone when it raises."""


class Requests(Protocol):
    """What a mutation made, so that its repeat answers the same and changes nothing."""

    async def remember(self, caller: str, rpc: str, request_id: str, subject_id: UUID) -> UUID | None:
        """None the first time; afterwards the subject id of the first time.

        Call it before changing anything. A repeat that runs beside the first waits for it.
        """


async def is_first(requests: Requests, caller: str, rpc: str, request_id: str, subject_id: UUID) -> bool:
    """For changes of what the request names itself: False for a repeat.

    Raises InvalidArgument when the request id stood for a change of something else.
    """
    known = await requests.remember(caller, rpc, request_id, subject_id)
    if known not in (None, subject_id):
        raise refusals.request_id_reused()
    return known is None
