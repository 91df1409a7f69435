"""Runs the service: settings, engine, server. Knows nothing else."""

import sys

from services.llm.config import Settings
from services.llm.engines import open_engine
from services.llm.server import build
from services.runtime.capability import Capability
from services.runtime.check import entry
from services.runtime.engines import Missing, capability_of


def main() -> int:
    settings = Settings.load()
    return entry(lambda: serve(settings), lambda: check(settings))


async def serve(settings: Settings) -> None:
    engine = open_engine(settings)
    try:
        await build(engine, settings).run()
    finally:
        if not isinstance(engine, Missing):
            await engine.aclose()


async def check(settings: Settings) -> list[Capability]:
    engine = open_engine(settings)
    build(engine, settings)
    return [capability_of(engine)]


if __name__ == "__main__":
    sys.exit(main())
