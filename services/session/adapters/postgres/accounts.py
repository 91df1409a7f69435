"""Accounts in Postgres. Knows no rules."""

from uuid import UUID

from asyncpg import Record

from services.session.adapters.postgres.runner import Runner, after, rights_changed
from services.session.app.access import Role
from services.session.app.pages import Page
from services.session.app.people import Account
from services.session.domain.scenario import Language

# Erased accounts stay as empty rows: nothing finds them.
_SELECT = """
select a.id, a.email, a.password_hash, a.display_name, a.role, a.language, a.created_at, a.generation,
       array(select m.company_id from company_member m where m.account_id = a.id order by 1) as company_ids
from account a where a.erased_at is null
"""
_GET = _SELECT + "and a.id = $1"
_GET_LOCKED = _GET + " for update of a"
_BY_EMAIL = _SELECT + "and a.email = $1"
_PAGE = (
    _SELECT
    + """
and ($1::text is null or a.role = $1) and ($2::timestamptz is null or (a.created_at, a.id) < ($2, $3::uuid))
order by a.created_at desc, a.id desc limit $4
"""
)
_ADD = """
insert into account (id, email, password_hash, display_name, role, language, created_at, generation)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (email) do nothing returning id
"""
_UPDATE = "update account set role = $2, password_hash = $3, generation = $4 where id = $1"
_LOCK_ADMINS = """
select id from account where role = 'admin' and erased_at is null order by id for update
"""


class PostgresAccounts:
    """`AccountStore` on a connection or the pool."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add(self, account: Account) -> bool:
        columns = (account.id, account.email, account.password_hash, account.display_name)
        codes = (account.role.value, account.language.value, account.created_at, account.generation)
        return await self._runner.fetchval(_ADD, *columns, *codes) is not None

    async def get(self, account_id: UUID, *, lock: bool = False) -> Account | None:
        row = await self._runner.fetchrow(_GET_LOCKED if lock else _GET, account_id)
        return _account(row) if row else None

    async def by_email(self, email: str) -> Account | None:
        row = await self._runner.fetchrow(_BY_EMAIL, email)
        return _account(row) if row else None

    async def page(self, role: Role | None, page: Page) -> list[Account]:
        wanted = role.value if role else None
        rows = await self._runner.fetch(_PAGE, wanted, *after(page), page.fetch)
        return [_account(row) for row in rows]

    async def update(self, account: Account) -> None:
        columns = (account.role.value, account.password_hash, account.generation)
        await self._runner.execute(_UPDATE, account.id, *columns)
        await rights_changed(self._runner, account.id)

    async def lock_admins(self) -> list[UUID]:
        return [row["id"] for row in await self._runner.fetch(_LOCK_ADMINS)]


def _account(row: Record) -> Account:
    return Account(
        id=row["id"],
        email=row["email"],
        password_hash=row["password_hash"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        language=Language(row["language"]),
        created_at=row["created_at"],
        generation=row["generation"],
        company_ids=tuple(row["company_ids"]),
    )
