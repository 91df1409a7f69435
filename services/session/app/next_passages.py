"""Which passages of the résumé the next question is given. Knows no prompt and no index."""

import asyncio
from typing import Protocol
from uuid import UUID

import structlog

from services.session.app.conversation import Conversation

log = structlog.get_logger()

RETRIEVAL_S = 0.4  # a question goes without passages rather than wait longer


class Passages(Protocol):
    """What of a résumé bears on what was said."""

    async def relevant(self, resume_id: UUID, text: str) -> tuple[str, ...]:
        """Best first; empty when nothing is indexed."""


class Prepared(Protocol):
    async def prepare(self, turn_id: UUID, heard: int, passages: tuple[str, ...]) -> bool:
        """Keeps them for the question after an open turn; False when the turn is not open any more."""


class NextPassages:
    """Chosen while the answer grows, by what was heard so far, and anew each time that has doubled.

    They stand before the answer in the prompt, so the question must be given what was read ahead.
    """

    def __init__(self, passages: Passages, prepared: Prepared) -> None:
        self._passages = passages
        self._prepared = prepared

    async def ahead(self, conversation: Conversation) -> tuple[str, ...]:
        """For a conversation whose last answer grows."""
        last = conversation.past[-1]
        if conversation.prepared is not None and len(last.answer) < 2 * conversation.heard:
            return conversation.prepared
        found = await self._found(conversation)
        if found is None:
            return conversation.prepared or ()
        kept = await self._prepared.prepare(last.turn_id, max(1, len(last.answer)), found)
        return found if kept else conversation.prepared or ()

    async def now(self, conversation: Conversation) -> tuple[str, ...]:
        """For the question itself."""
        if conversation.prepared is not None:
            return conversation.prepared
        return await self._found(conversation) or ()

    async def _found(self, conversation: Conversation) -> tuple[str, ...] | None:
        """None when the search failed."""
        resume_id = conversation.interview.resume_id
        if resume_id is None:
            return ()
        last = conversation.past[-1].answer if conversation.past else ""
        text = f"{conversation.stage.aim} {last}".strip()
        try:
            async with asyncio.timeout(RETRIEVAL_S):
                return await self._passages.relevant(resume_id, text)
        except Exception as error:
            log.warning("question.without_passages", error=type(error).__name__)
            return None
