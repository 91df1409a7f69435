"""What an account is, and where accounts are kept. Does not know who may do what with one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.session.app.access import Role
from services.session.app.pages import Page, Position
from services.session.domain.scenario import Language


@dataclass(frozen=True, slots=True)
class Account:
    """A person. `email` and `password_hash` are None once erased."""

    id: UUID
    email: str | None
    password_hash: str | None = field(repr=False)
    display_name: str
    role: Role
    language: Language
    created_at: datetime
    # Access tokens of another generation are refused.
    generation: int = 1
    # Companies a recruiter works for.
    company_ids: tuple[UUID, ...] = ()

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


class AccountStore(Protocol):
    """Accounts that are not erased."""

    async def add(self, account: Account) -> bool:
        """False, and nothing changed, when the address has an account already."""

    async def get(self, account_id: UUID, *, lock: bool = False) -> Account | None:
        """`lock` keeps others from changing it until the transaction ends."""

    async def by_email(self, email: str) -> Account | None: ...

    async def page(self, role: Role | None, page: Page) -> list[Account]:
        """Up to `page.fetch` rows, newest first."""

    async def update(self, account: Account) -> None:
        """Keeps its role, password hash and generation."""

    async def lock_admins(self) -> list[UUID]:
        """Every admin; nobody else can demote one before the transaction ends."""
