"""Logging in and out: passwords, access tokens, and refresh tokens that work once.

Does not know hashing, signing or storage. Nothing here depends on how much time lies between two calls.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, refusals
from services.session.app.access import Caller, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.people import Account, AccountStore
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
FAILURES_ALLOWED = 5
FAILURES_WINDOW = timedelta(minutes=15)
SECRET_BYTES = 32
SECRET_LIMIT = 200  # characters


@dataclass(frozen=True, slots=True)
class TokenPair:
    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """`hash` is the SHA-256 of the secret; a family is what one login became."""

    hash: bytes
    family: UUID
    account_id: UUID
    expires_at: datetime
    used: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed token says. `family` and `generation` belong to people's tokens."""

    subject: UUID
    role: Role
    issued_at: datetime
    expires_at: datetime
    id: UUID
    family: UUID | None = None
    generation: int = 0


class Tokens(Protocol):
    """Signed tokens that only this service reads."""

    def sign(self, claims: Claims) -> str:
        """The same claims give the same token while the signing key stays."""

    def read(self, token: str) -> Claims | None:
        """None for anything not signed by us; an expired token is read."""

    def secret_of(self, purpose: str, subject: UUID) -> str:
        """A secret that only the signing key gives, the same one each time."""


class Passwords(Protocol):
    async def hash(self, password: str) -> str:
        """Raises ResourceExhausted when too many wait already."""

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Takes as long for no hash as for a wrong password. Raises as above."""


class LoginStore(Protocol):
    async def add(self, token: RefreshToken, at: datetime) -> None:
        """Also drops those of the account that have expired by `at`."""

    async def lock(self, token_hash: bytes) -> RefreshToken | None:
        """Locks the token's account first, so that families never grow beside their revocation."""

    async def mark_used(self, token_hash: bytes, at: datetime) -> None: ...

    async def revoke(self, account_id: UUID, family: UUID | None, at: datetime) -> None:
        """One family, or all of the account's."""

    async def begin_attempt(
        self, subject: str, at: datetime, allowed: int, window: timedelta
    ) -> datetime | None:
        """Counts an attempt as failed; None, or when the next is allowed if there were too many."""

    async def clear_attempts(self, subject: str) -> None: ...


class Unit(Protocol):
    @property
    def accounts(self) -> AccountStore: ...
    @property
    def logins(self) -> LoginStore: ...
    @property
    def audit(self) -> AuditLog: ...


Forget = Callable[[UUID], None]
"""Told, after the commit, whose rights have changed: an account's or a service token's id."""


def digest(secret: str) -> bytes:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode()).digest()


class Logins:
    """`forget` drops what is remembered of an account's rights in this process."""

    def __init__(
        self,
        records: Records[Unit],
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        new_id: NewId,
        forget: Forget,
    ) -> None:
        self._records = records
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id
        self._forget = forget

    async def log_in(self, email: str, password: str) -> tuple[Account, TokenPair]:
        """Raises Unauthenticated (LOGIN_FAILED), and ResourceExhausted after five failures."""
        address = checks.text("email", email, least=1, most=checks.EMAIL_LIMIT).lower()
        checks.shorter("password", password, checks.PASSWORD_LENGTHS[1])
        await self._begin_attempt(address)
        found = await self._records.reading.accounts.by_email(address)
        right = await self._passwords.verify(found.password_hash if found else None, password)
        if not right or found is None:
            raise refusals.login_failed()
        async with self._records.transaction() as unit:
            account = await unit.accounts.get(found.id, lock=True)
            if account is None or account.password_hash != found.password_hash:
                raise refusals.login_failed()
            await unit.logins.clear_attempts(_subject(address))
            return account, await self.begin(unit, account)

    async def begin(self, unit: Unit, account: Account) -> TokenPair:
        """Opens a new family of tokens for the account."""
        return await self._issue(unit, account, self._new_id())

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Raises Unauthenticated; a token that was used before also ends its whole family."""
        checks.shorter("refresh_token", refresh_token, SECRET_LIMIT)
        async with self._records.transaction() as unit:
            token = await unit.logins.lock(digest(refresh_token))
            renewed = await self._renew(unit, token) if token else None
        if token is not None and renewed is None:
            self._forget(token.account_id)
        if renewed is None:
            raise refusals.refresh_failed()
        return renewed

    async def log_out(self, caller: Caller, refresh_token: str, everywhere: bool) -> None:
        """Ends one login or all; an unknown token is no error, since nothing is left to end."""
        account_id = access.require_person(caller)
        if not everywhere and not refresh_token:
            raise refusals.invalid("refresh_token", "is needed unless `everywhere` is set")
        checks.shorter("refresh_token", refresh_token, SECRET_LIMIT)
        async with self._records.transaction() as unit:
            if everywhere:
                await self._end_all(unit, account_id)
            else:
                await self._end_family(unit, account_id, digest(refresh_token))
        self._forget(account_id)

    async def change_password(self, caller: Caller, old: str, new: str) -> None:
        """Logs out everywhere. Raises Unauthenticated (LOGIN_FAILED) for a wrong old password."""
        checks.password("new_password", new)
        account = await self.confirm(caller, old, "old_password")
        password_hash = await self._passwords.hash(new)
        async with self._records.transaction() as unit:
            current = await unit.accounts.get(account.id, lock=True)
            if current is None or current.password_hash != account.password_hash:
                raise refusals.login_failed()
            await unit.accounts.update(replace(current, password_hash=password_hash))
            await self._end_all(unit, account.id)
            await unit.audit.record(AuditEntry(caller.actor, "password.changed", str(account.id)))
        self._forget(account.id)

    async def confirm(self, caller: Caller, password: str, field: str = "password") -> Account:
        """Asks for the caller's password again; counts failures as logging in does."""
        checks.shorter(field, password, checks.PASSWORD_LENGTHS[1])
        account_id = access.require_person(caller)
        await self._begin_attempt(str(account_id))
        account = await self._records.reading.accounts.get(account_id)
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if not right or account is None:
            raise refusals.login_failed()
        async with self._records.transaction() as unit:
            await unit.logins.clear_attempts(_subject(str(account_id)))
        return account

    async def _begin_attempt(self, name: str) -> None:
        async with self._records.transaction() as unit:
            retry_at = await unit.logins.begin_attempt(
                _subject(name), self._clock.now(), FAILURES_ALLOWED, FAILURES_WINDOW
            )
        if retry_at is not None:
            raise refusals.too_many_attempts(retry_at - self._clock.now())

    async def _renew(self, unit: Unit, token: RefreshToken) -> TokenPair | None:
        now = self._clock.now()
        if token.used and not token.revoked:
            await unit.logins.revoke(token.account_id, token.family, now)
            entry = AuditEntry(f"user:{token.account_id}", "login.refresh_reused", str(token.family))
            await unit.audit.record(entry)
        account = await unit.accounts.get(token.account_id)
        if token.used or token.revoked or token.expires_at <= now or account is None:
            return None
        await unit.logins.mark_used(token.hash, now)
        return await self._issue(unit, account, token.family)

    async def _issue(self, unit: Unit, account: Account, family: UUID) -> TokenPair:
        now = self._clock.now()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        claims = Claims(
            account.id, account.role, now, now + ACCESS_LIFE, self._new_id(), family, account.generation
        )
        expires_at = now + REFRESH_LIFE
        await unit.logins.add(RefreshToken(digest(secret), family, account.id, expires_at), now)
        return TokenPair(self._tokens.sign(claims), claims.expires_at, secret, expires_at)

    async def _end_all(self, unit: Unit, account_id: UUID) -> None:
        account = await unit.accounts.get(account_id, lock=True)
        if account is not None:
            await unit.accounts.update(replace(account, generation=account.generation + 1))
        await unit.logins.revoke(account_id, None, self._clock.now())

    async def _end_family(self, unit: Unit, account_id: UUID, token_hash: bytes) -> None:
        token = await unit.logins.lock(token_hash)
        if token is not None and token.account_id == account_id:
            await unit.logins.revoke(account_id, token.family, self._clock.now())


def _subject(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
