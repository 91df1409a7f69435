"""Accounts, logins, service tokens and rights in memory. Knows no rules."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.session.adapters.memory.state import State, newest_first
from services.session.app.access import Role
from services.session.app.authentication import AccountRights, ServiceRights
from services.session.app.logins import RefreshToken
from services.session.app.pages import Page
from services.session.app.people import Account
from services.session.app.service_tokens import ServiceToken


class MemoryAccounts:
    """`AccountStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, account: Account) -> bool:
        if await self.by_email(account.email or ""):
            return False
        self._state.accounts[account.id] = account
        return True

    async def get(self, account_id: UUID, *, lock: bool = False) -> Account | None:
        found = self._state.accounts.get(account_id)
        return replace(found, company_ids=self._companies_of(account_id)) if found else None

    async def by_email(self, email: str) -> Account | None:
        for each in self._state.accounts.values():
            if each.email == email:
                return await self.get(each.id)
        return None

    async def page(self, role: Role | None, page: Page) -> list[Account]:
        rows = [each for each in self._state.accounts.values() if role in (None, each.role)]
        return [replace(each, company_ids=self._companies_of(each.id)) for each in newest_first(rows, page)]

    async def update(self, account: Account) -> None:
        current = self._state.accounts[account.id]
        kept = replace(current, role=account.role, generation=account.generation)
        self._state.accounts[account.id] = replace(kept, password_hash=account.password_hash)

    async def lock_admins(self) -> list[UUID]:
        return sorted(each.id for each in self._state.accounts.values() if each.role is Role.ADMIN)

    def _companies_of(self, account_id: UUID) -> tuple[UUID, ...]:
        return tuple(sorted(company for company, member in self._state.members if member == account_id))


class MemoryLogins:
    """`LoginStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, token: RefreshToken, at: datetime) -> None:
        kept = self._state.refresh_tokens
        for each in [each for each in kept.values() if each.account_id == token.account_id]:
            if each.expires_at < at:
                del kept[each.hash]
        kept[token.hash] = token

    async def lock(self, token_hash: bytes) -> RefreshToken | None:
        return self._state.refresh_tokens.get(token_hash)

    async def mark_used(self, token_hash: bytes, at: datetime) -> None:
        kept = self._state.refresh_tokens
        kept[token_hash] = replace(kept[token_hash], used=True)

    async def revoke(self, account_id: UUID, family: UUID | None, at: datetime) -> None:
        kept = self._state.refresh_tokens
        for each in list(kept.values()):
            if each.account_id == account_id and family in (None, each.family):
                kept[each.hash] = replace(each, revoked=True)

    async def begin_attempt(
        self, subject: str, at: datetime, allowed: int, window: timedelta
    ) -> datetime | None:
        kept = [attempt for attempt in self._state.attempts if attempt[1] > at - window]
        moments = sorted((moment for name, moment in kept if name == subject), reverse=True)[:allowed]
        full = len(moments) == allowed
        self._state.attempts = kept if full else [*kept, (subject, at)]
        return moments[-1] + window if full else None

    async def clear_attempts(self, subject: str) -> None:
        self._state.attempts = [attempt for attempt in self._state.attempts if attempt[0] != subject]


class MemoryServiceTokens:
    """`ServiceTokenStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, token: ServiceToken) -> bool:
        if token.company_id is not None and token.company_id not in self._state.companies:
            return False
        self._state.service_tokens[token.id] = token
        return True

    async def get(self, token_id: UUID) -> ServiceToken | None:
        return self._state.service_tokens.get(token_id)

    async def page(self, page: Page) -> list[ServiceToken]:
        return newest_first(self._state.service_tokens.values(), page)

    async def revoke(self, token_id: UUID, at: datetime) -> bool:
        token = self._state.service_tokens.get(token_id)
        if token is None:
            return False
        self._state.service_tokens[token_id] = replace(token, revoked_at=token.revoked_at or at)
        return True


class MemoryRights:
    """`Rights`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def of_account(self, account_id: UUID, family: UUID | None) -> AccountRights | None:
        account = await MemoryAccounts(self._state).get(account_id)
        if account is None:
            return None
        tokens = self._state.refresh_tokens.values()
        lives = any(each.family == family and not each.revoked for each in tokens)
        return AccountRights(account.role, account.generation, lives, frozenset(account.company_ids))

    async def of_service_token(self, token_id: UUID) -> ServiceRights | None:
        token = self._state.service_tokens.get(token_id)
        if token is None or token.revoked_at is not None:
            return None
        return ServiceRights(token.company_id, token.expires_at)
