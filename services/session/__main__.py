"""Runs the service: settings, parts, server. Knows nothing else."""

import sys

from services.runtime.check import entry
from services.session.check import check
from services.session.config import Settings
from services.session.server import running


def main() -> int:
    settings = Settings.load()
    return entry(lambda: serve(settings), lambda: check(settings))


async def serve(settings: Settings) -> None:
    async with running(settings) as server:
        await server.run()


if __name__ == "__main__":
    sys.exit(main())
