"""People's accounts: making them, reading them, changing what they are.

Does not know how passwords are hashed, tokens are signed or rows are kept.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.logins import Forget, Logins, LoginStore, Passwords, TokenPair
from services.session.app.pages import Listed, Page
from services.session.app.people import Account, AccountStore
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records, Requests, is_first
from services.session.domain.scenario import Language


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a person or an admin gives to make an account; checked by `Accounts`."""

    email: str
    password: str = field(repr=False)
    display_name: str = ""
    role: Role = Role.CANDIDATE
    language: Language = Language.KO


class Unit(Protocol):
    @property
    def accounts(self) -> AccountStore: ...
    @property
    def logins(self) -> LoginStore: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Accounts:
    """`forget` is told whose rights have changed, after the commit."""

    def __init__(
        self,
        records: Records[Unit],
        passwords: Passwords,
        logins: Logins,
        clock: Clock,
        new_id: NewId,
        forget: Forget,
    ) -> None:
        self._records = records
        self._passwords = passwords
        self._logins = logins
        self._clock = clock
        self._new_id = new_id
        self._forget = forget

    async def register(self, new: NewAccount) -> tuple[Account, TokenPair]:
        """A candidate's own account. Raises AlreadyExists for an address that has one."""
        account = await self.draft(replace(new, role=Role.CANDIDATE))
        async with self._records.transaction() as unit:
            await self.add(unit, account, f"user:{account.id}")
            return account, await self._logins.begin(unit, account)

    async def draft(self, new: NewAccount) -> Account:
        """A checked account with its password hashed, not stored yet."""
        email = checks.email("email", new.email)
        name = checks.text("display_name", new.display_name, most=checks.NAME_LIMIT)
        checks.password("password", new.password)
        if new.role not in access.PEOPLE:
            raise refusals.invalid("role", "must be candidate, recruiter or admin")
        return Account(
            id=self._new_id(),
            email=email,
            password_hash=await self._passwords.hash(new.password),
            display_name=name,
            role=new.role,
            language=new.language,
            created_at=self._clock.now(),
        )

    async def add(self, unit: Unit, account: Account, actor: str) -> None:
        """Stores a draft. Raises AlreadyExists for an address that has an account."""
        if not await unit.accounts.add(account):
            raise refusals.email_taken()
        await unit.audit.record(AuditEntry(actor, "account.created", str(account.id), account.role))

    async def me(self, caller: Caller) -> Account:
        return await self.get(access.require_person(caller))

    async def get(self, account_id: UUID) -> Account:
        """Raises NotFound. The caller's right to see it is checked by whoever asks."""
        account = await self._records.reading.accounts.get(account_id)
        if account is None:
            raise refusals.not_found("user")
        return account

    async def create_user(self, caller: Caller, request_id: str, new: NewAccount) -> Account:
        """Admins make accounts of any role."""
        access.require_admin(caller)
        key = checks.request_id(request_id)
        account = await self.draft(new)
        async with self._records.transaction() as unit:
            made = await unit.requests.remember(caller.actor, "CreateUser", key, account.id)
            if made is None:
                await self.add(unit, account, caller.actor)
        return account if made is None else await self.get(made)

    async def list_users(self, caller: Caller, role: Role | None, page: Page) -> Listed[Account]:
        access.require_admin(caller)
        found = await self._records.reading.accounts.page(role, page)
        return pages.cut(found, page, lambda account: account.position)

    async def set_role(self, caller: Caller, request_id: str, user_id: UUID, role: Role) -> Account:
        """Raises FailedPrecondition (LAST_ADMIN) rather than leave nobody who can."""
        access.require_admin(caller)
        key = checks.request_id(request_id)
        if role not in access.PEOPLE:
            raise refusals.invalid("role", "must be candidate, recruiter or admin")
        async with self._records.transaction() as unit:
            if await is_first(unit.requests, caller.actor, "SetUserRole", key, user_id):
                await self._change_role(unit, caller, user_id, role)
        self._forget(user_id)
        return await self.get(user_id)

    async def _change_role(self, unit: Unit, caller: Caller, user_id: UUID, role: Role) -> None:
        admins = await unit.accounts.lock_admins()
        account = await unit.accounts.get(user_id, lock=True)
        if account is None:
            raise refusals.not_found("user")
        if admins == [user_id] and role is not Role.ADMIN:
            raise refusals.last_admin()
        await unit.accounts.update(replace(account, role=role))
        detail = f"{account.role}->{role}"
        await unit.audit.record(AuditEntry(caller.actor, "account.role_changed", str(user_id), detail))
