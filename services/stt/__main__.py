"""Runs the service: settings, engine, server. Knows nothing else."""

import asyncio
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: spectra are small, its threads only spin

from services.runtime.capability import Capability
from services.runtime.check import entry
from services.runtime.engines import Missing, capability_of
from services.stt.config import Settings
from services.stt.engines import open_engine
from services.stt.server import build


def main() -> int:
    settings = Settings.load()
    return entry(lambda: serve(settings), lambda: check(settings))


async def serve(settings: Settings) -> None:
    engine = await asyncio.to_thread(open_engine, settings)
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
        await engine.aclose()
    return [found]


if __name__ == "__main__":
    sys.exit(main())
