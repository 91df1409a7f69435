"""The built page: its files, and index.html for every address that is one of the page's own.

Packs nothing itself: what the build has packed beside a file is sent to browsers that can unpack it.
"""

import mimetypes
import os
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

NOT_BUILT = """\
The page of Viva is not built here; its API serves under /api/v1.
Build it with: make web (needs Node 20 or newer: apt install nodejs npm), then load this address again.
"""
FOR_EVER = "public, max-age=31536000, immutable"


PACKED = (("br", ".br"), ("gzip", ".gz"))  # best first


class PackedFiles(StaticFiles):
    """A file as it was packed when the page was built, where the browser takes it so."""

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        sent, headers = full_path, {"vary": "Accept-Encoding"}
        for encoding, ending in PACKED:
            if encoding in _accepted(asked) and os.path.isfile(f"{full_path}{ending}"):
                sent, headers["content-encoding"] = f"{full_path}{ending}", encoding
                break
        kind = mimetypes.guess_type(full_path)[0]
        response = FileResponse(sent, status_code, headers, kind, stat_result=os.stat(sent))
        return (
            NotModifiedResponse(response.headers)
            if self.is_not_modified(response.headers, asked)
            else response
        )


def _accepted(asked: Headers) -> set[str]:
    named = (each.replace(" ", "").partition(";") for each in asked.get("accept-encoding", "").split(","))
    return {name for name, _, weight in named if weight not in ("q=0", "q=0.0")}


class Page:
    """Looks for the folder at each request: a page built later is served without a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = PackedFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        path = str(scope["path"]).lstrip("/")
        if path.startswith("api/") or scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(404)
        if not (self._folder / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, 503, {"Retry-After": "60"})
        hashed = path.startswith("assets/")
        try:
            found = await self._files.get_response(path or "index.html", scope)
        except HTTPException:
            if hashed or "." in path.rpartition("/")[2]:
                raise  # a file that is not there is not a screen
            found = await self._files.get_response("index.html", scope)
        found.headers["cache-control"] = FOR_EVER if hashed else "no-cache"
        return found
