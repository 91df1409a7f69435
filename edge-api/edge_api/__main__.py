"""python -m edge_api [--check [--json] | --openapi]: serves the edge, or tells what it needs or offers."""

import sys
from pathlib import Path

from edge_api import openapi, server
from edge_api.app import create_app
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.fake_calls import FakeCalls
from services.runtime import check

DOCUMENT = Path(__file__).resolve().parents[1] / "openapi.json"


def main() -> int:
    if sys.argv[1:] == ["--openapi"]:
        app = create_app(Settings(), FakeCalls(), NoCaptions())
        return DOCUMENT.write_text(openapi.text(app)) and 0
    settings = Settings.load()
    return check.entry(lambda: server.run(settings), lambda: server.check(settings))


if __name__ == "__main__":
    sys.exit(main())
