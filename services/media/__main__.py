"""Runs the service: settings, engine, server. Knows nothing else."""

import sys

from services.media.bootstrap import asking, conversing
from services.media.config import Settings, port_range
from services.media.engines import open_engine
from services.media.engines.webrtc.ports import PortRangeLoop
from services.media.server import build
from services.runtime.capability import Capability
from services.runtime.check import entry
from services.runtime.engines import Missing, capability_of


def main() -> int:
    settings = Settings.load()
    ports = port_range(settings.udp_ports)
    return entry(lambda: serve(settings), lambda: check(settings), lambda: PortRangeLoop(ports))


async def serve(settings: Settings) -> None:
    async with conversing(settings) as conversations, asking(settings) as parts:
        engine = open_engine(settings, conversations)
        try:
            await build(engine, settings, parts).run()
        finally:
            if not isinstance(engine, Missing):
                await engine.aclose()


async def check(settings: Settings) -> list[Capability]:
    async with conversing(settings) as conversations:
        engine = open_engine(settings, conversations)
        build(engine, settings)
        return [capability_of(engine)]


if __name__ == "__main__":
    sys.exit(main())
