"""People, companies, consents and what operators see: put together. Holds no rule of its own."""

import asyncio
from uuid import UUID

from services.runtime.auth import mesh_token
from services.runtime.serving import Service
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.rights import PostgresRights
from services.session.adapters.system import SystemClock
from services.session.adapters.tokens import KEYS_FILE, JwtTokens, Keys
from services.session.app.authentication import SessionAuthenticator
from services.session.app.withdrawals import Withdrawals
from services.session.app.worker import Handler
from services.session.bootstrap import Interviewing, Outside
from services.session.config import Settings


class Accounting:
    def __init__(self, settings: Settings, outside: Outside, interviewing: Interviewing) -> None:
        tokens = JwtTokens(Keys.load_or_create(settings.home / KEYS_FILE))
        rights = PostgresRights(outside.database)
        self.authenticator = SessionAuthenticator(tokens, rights, mesh_token(settings), SystemClock())
        self.withdrawals = Withdrawals(interviewing.commands, self._take_back, self._erase)
        self._consents = PostgresConsents(outside.database.pool)

    def services(self) -> list[Service]:
        return []

    def handlers(self) -> dict[str, Handler]:
        return {}

    async def listen(self) -> None:
        await asyncio.Event().wait()

    async def _take_back(self, interview_id: UUID) -> None: ...

    async def _erase(self, interview_id: UUID) -> None: ...
