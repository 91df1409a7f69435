"""Parses each document in a process of its own, limited and thrown away. Knows no format."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.wire import load
from services.session.domain.resumes.documents import (
    Document,
    DocumentError,
    ParsedDocument,
    ParserUnavailable,
    Reason,
)

_CHILD = "services.session.adapters.documents.child"
# UTF-8 text, and at most one block for every two characters.
_OUTPUT_BYTES_PER_CHAR = 16
_READ_BYTES = 64 * 1024
_OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGALRM}


class ChildProcessParser:
    """The product's DocumentParser. Bytes go in through a pipe; no path is ever passed."""

    def __init__(self, limits: ParserLimits | None = None) -> None:
        self._limits = limits or ParserLimits()
        self._places = asyncio.Semaphore(self._limits.processes)

    async def parse(self, document: Document) -> ParsedDocument:
        """Raises DocumentError only. When cancelled, the process is killed and gone before this returns."""
        if not document.content:
            raise DocumentError(Reason.EMPTY)
        if len(document.content) > self._limits.document_bytes:
            raise DocumentError(Reason.TOO_LARGE)
        async with self._places:
            output, status = await self._run(document.content)
        return self._understood(output, status)

    async def _run(self, content: bytes) -> tuple[bytes, int]:
        process = await self._start()
        try:
            async with asyncio.timeout(self._limits.wall_s):
                _, output = await asyncio.gather(_feed(process, content), self._drain(process))
                return output, await process.wait()
        except TimeoutError as late:
            raise DocumentError(Reason.TIMEOUT) from late
        finally:
            await _end(process)

    async def _start(self) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-X", "utf8", "-m", _CHILD, json.dumps(asdict(self._limits))),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as refused:
            raise ParserUnavailable from refused

    async def _drain(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        output = bytearray()
        while piece := await process.stdout.read(_READ_BYTES):
            output += piece
            if len(output) > _OUTPUT_BYTES_PER_CHAR * self._limits.text_chars + _READ_BYTES:
                raise DocumentError(Reason.BOMB)
        return bytes(output)

    def _understood(self, output: bytes, status: int) -> ParsedDocument:
        if status in _OUT_OF_TIME:
            raise DocumentError(Reason.TIMEOUT)
        if status == -signal.SIGKILL:
            # Not ours: the kernel kills what takes more memory than there is.
            raise DocumentError(Reason.BOMB)
        if not output and status > 0:
            # Python itself gave up before it read a byte: a broken installation.
            raise ParserUnavailable
        try:
            return load(output, self._limits.text_chars)
        except ValueError as nonsense:
            raise DocumentError(Reason.CORRUPT) from nonsense


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    # A child that has seen enough closes its end; its answer is on stdout. uvloop calls that a RuntimeError.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, RuntimeError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills the whole group and waits for it, so that no late process outlives its document."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
