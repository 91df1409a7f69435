"""Runs the service: settings, engine, server. Knows nothing else."""

import asyncio
import sys

from services.embed.config import Settings
from services.embed.engines import describe, open_engine
from services.embed.server import build
from services.runtime.capability import Capability
from services.runtime.check import entry
from services.runtime.engines import Missing


def main() -> int:
    settings = Settings.load()
    return entry(lambda: serve(settings), lambda: check(settings))


async def serve(settings: Settings) -> None:
    engine = await asyncio.to_thread(open_engine, settings)
    async with build(engine, settings) as server:
        await server.run()


async def check(settings: Settings) -> list[Capability]:
    engine = open_engine(settings)
    async with build(engine, settings):
        return [engine.capability if isinstance(engine, Missing) else describe(engine, settings)]


if __name__ == "__main__":
    sys.exit(main())
