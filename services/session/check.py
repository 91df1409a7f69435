"""The session's `--check`: what it would run on, found out without serving."""

import asyncio

from nats.aio.client import Client

from services.runtime.capability import Capability, State
from services.session.adapters import nats, prompt_files, scenario_files
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.migrate import pending
from services.session.config import Settings

LOOK_S = 3.0


async def check(settings: Settings) -> list[Capability]:
    """Files first, then what is outside."""
    files = scenario_files.load_files(policy=read_policy())
    prompt_files.load_prompts()
    texts = Capability("scenarios", State.READY, f"{len(files)} scenarios can be run.")
    return [texts, await _database(settings), await _nats(settings)]


async def _database(settings: Settings) -> Capability:
    try:
        async with asyncio.timeout(LOOK_S):
            database = await Database.connect(settings.database_url, min_size=1, max_size=1)
            await database.close()
        current, newest = await asyncio.to_thread(pending, settings.database_url)
    except Exception as error:
        detail = f"Postgres cannot be reached: {type(error).__name__}."
        return Capability("database", State.BROKEN, detail, remedy="start it, or mend DATABASE_URL")
    if current != newest and not settings.migrate:
        detail = f"The schema is {current or 'not there'}, this release needs {newest}."
        return Capability("database", State.BROKEN, detail, remedy="set VIVA_SESSION_MIGRATE=true once")
    return Capability(
        "database", State.READY, f"Postgres answers; its schema is {current or 'not there yet'}."
    )


async def _nats(settings: Settings) -> Capability:
    try:
        async with asyncio.timeout(LOOK_S):
            client: Client = await nats.connect(settings.nats_url, reconnect=False)
            version = client.connected_server_version
            jetstream = await client.jetstream().account_info()
            await client.close()
    except Exception as error:
        detail = f"NATS with JetStream cannot be reached: {type(error).__name__}."
        return Capability("nats", State.BROKEN, detail, remedy="start it with -js, or mend NATS_URL")
    detail = f"NATS {version} with JetStream, {jetstream.streams} streams."
    return Capability("nats", State.READY, detail)
