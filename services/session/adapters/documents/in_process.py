"""A parser without a process of its own, for tests and tools. Never for bytes from outside:
it limits nothing."""

import asyncio

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.reader import read
from services.session.domain.resumes.documents import Document, ParsedDocument


class InProcessParser:
    """The fake of the port: same results, no walls."""

    def __init__(self, limits: ParserLimits | None = None) -> None:
        self._limits = limits or ParserLimits()

    async def parse(self, document: Document) -> ParsedDocument:
        return await asyncio.to_thread(read, document.content, self._limits)
