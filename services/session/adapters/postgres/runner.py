"""What a statement runs on: one connection inside its transaction, or the pool. Knows no tables."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from services.session.adapters.postgres.database import Connection
from services.session.app import refusals
from services.session.app.pages import Page

Runner: TypeAlias = Connection | asyncpg.Pool
# Every process hears on this channel whose rights have changed.
RIGHTS_CHANNEL = "viva_rights"
_HOLD_ACCOUNT = "select 1 from account where id = $1 and erased_at is null for share"
_NOTIFY = f"select pg_notify('{RIGHTS_CHANNEL}', $1)"


async def rights_changed(runner: Runner, subject_id: UUID) -> None:
    """Told on commit: an account's or a service token's rights are no longer what they were."""
    await runner.execute(_NOTIFY, str(subject_id))


async def hold_account(connection: Connection, account_id: UUID) -> None:
    """Keeps the account from being erased until the transaction ends; raises NotFound if it is already."""
    if not await connection.fetchval(_HOLD_ACCOUNT, account_id):
        raise refusals.not_found("user")


def after(page: Page) -> tuple[datetime | None, UUID | None]:
    """The key a page begins after, as two arguments; nulls for the first page."""
    return (page.after.at, page.after.id) if page.after else (None, None)
