"""What people ask for about themselves: a copy of all that is kept, and its erasure.

Does not know what is kept, nor how it is erased.
"""

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks
from services.session.app.access import Caller
from services.session.app.logins import Forget, Logins


class Keeping(Protocol):
    """Everything that is kept of a person."""

    def export(self, account_id: UUID) -> AsyncIterator[bytes]:
        """One UTF-8 JSON document in pieces."""

    async def erase(self, account_id: UUID) -> list[str]:
        """The names of what could not be reached yet and is being retried."""


class MyData:
    """Only ever about the caller."""

    def __init__(self, logins: Logins, keeping: Keeping, forget: Forget) -> None:
        self._logins = logins
        self._keeping = keeping
        self._forget = forget

    def export(self, caller: Caller) -> AsyncIterator[bytes]:
        return self._keeping.export(access.require_person(caller))

    async def erase(self, caller: Caller, request_id: str, password: str) -> list[str]:
        """Asks for the password again. A repeat finds no account and is refused as not logged in."""
        checks.request_id(request_id)
        account = await self._logins.confirm(caller, password)
        pending = await self._keeping.erase(account.id)
        self._forget(account.id)
        return pending
