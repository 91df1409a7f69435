"""Runs the service: settings, engine, server. Knows nothing else."""

import sys

from services.runtime.capability import Capability
from services.runtime.check import entry
from services.runtime.engines import Missing, capability_of
from services.vision.config import Settings
from services.vision.engines import open_engine
from services.vision.server import build


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
    found = capability_of(engine)
    if not isinstance(engine, Missing):
        await engine.aclose()  # a landmarker left to the interpreter's end complains on the terminal
    return [found]


if __name__ == "__main__":
    sys.exit(main())
