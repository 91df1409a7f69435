"""What an operator does at the machine itself: the first admin, service tokens, new signing keys.

Works on the database and the key file, with or without a running session. Answers on stdout hold
nothing but what was asked for.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from services.runtime.errors import VivaError
from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.passwords import Argon2Passwords
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.migrate import migrate
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.postgres.rights import PostgresRights
from services.session.adapters.system import SystemClock, new_id
from services.session.adapters.tokens import KEYS_FILE, JwtTokens, Keys, KeysError, rotate
from services.session.app.access import OPERATOR, Role
from services.session.app.accounts import NewAccount
from services.session.config import Settings
from services.session.domain.guard import GuardPolicy
from services.session.people import Outside, People

GENERATED_BYTES = 15


@asynccontextmanager
async def people(settings: Settings) -> AsyncIterator[People]:
    """People's use cases on the settings' database, at the newest schema."""
    database, passwords = await Database.connect(settings.database_url, max_size=2), Argon2Passwords()
    try:
        if settings.migrate:
            await asyncio.to_thread(migrate, settings.database_url)
        yield People(
            Outside(
                records=PostgresRecords(database),
                rights=PostgresRights(database),
                passwords=passwords,
                tokens=JwtTokens(Keys.given_or_kept(settings.token_keys, settings.home)),
                clock=SystemClock(),
                new_id=new_id,
                mesh_token="",
                policy=GuardPolicy(),
                consent_texts=load_consent_texts(),
            )
        )
    finally:
        passwords.close()
        await database.close()


async def create_admin(settings: Settings, email: str, name: str, password: str) -> str:
    """The password, which is made up where none is given. Raises AlreadyExists."""
    chosen = password or secrets.token_urlsafe(GENERATED_BYTES)
    async with people(settings) as made:
        new = NewAccount(email, chosen, name, Role.ADMIN)
        await made.accounts.create_user(OPERATOR, new_id().hex, new)
    return chosen


async def issue_service_token(settings: Settings, name: str, days: int, company_id: UUID | None) -> str:
    """The token for another backend; 0 days means 90."""
    async with people(settings) as made:
        _, token = await made.service_tokens.issue(OPERATOR, new_id().hex, name, days, company_id)
    return token


async def answer(settings: Settings, arguments: argparse.Namespace) -> str:
    """What is to be printed."""
    if arguments.command == "create-admin":
        password = sys.stdin.readline().rstrip("\n")
        return await create_admin(settings, arguments.email, arguments.name, password)
    if arguments.command == "issue-service-token":
        return await issue_service_token(settings, arguments.name, arguments.days, arguments.company)
    if settings.token_keys:
        raise KeysError("the keys are given by VIVA_SESSION_TOKEN_KEYS; put a new one first there")
    rotate(settings.home / KEYS_FILE)
    return "a new key signs from the next start on; tokens of the one before stay good"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m services.session.operate")
    commands = made.add_subparsers(dest="command", required=True)
    admin = commands.add_parser("create-admin", help="the password is the first line of stdin, or made up")
    admin.add_argument("email")
    admin.add_argument("--name", default="")
    token = commands.add_parser("issue-service-token")
    token.add_argument("name")
    token.add_argument("--days", type=int, default=0)
    token.add_argument("--company", type=UUID, default=None)
    commands.add_parser("rotate-keys")
    return made


def main(words: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(words)
    settings = Settings.load()
    try:
        print(asyncio.run(answer(settings, arguments)))  # noqa: T201 - the answer
    except VivaError as error:
        return _fail(f"{error} Mend it: {error.remedy or 'change what you typed'}")
    except KeysError as error:
        return _fail(str(error))
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return _fail(f"The database does not answer ({type(error).__name__}). Mend it: viva up")
    return 0


def _fail(words: str) -> int:
    print(words, file=sys.stderr)  # noqa: T201 - a sentence for the operator
    return 1


if __name__ == "__main__":
    sys.exit(main())
