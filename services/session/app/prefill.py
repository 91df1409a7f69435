"""Lets the model read along while an answer grows. Speculation: asks nothing, and may always fail."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from services.session.app.conversation import Conversation, Mask, hidden
from services.session.app.model import LanguageModel, ModelCall, Priority
from services.session.app.model_questions import Templates, conversation_messages, question_key
from services.session.app.next_passages import NextPassages

log = structlog.get_logger()

PAUSE_S = 1.0  # between two looks at one growing answer
TYPING_PAUSE_S = 0.6  # what is being typed is looked at when the typing pauses,
TYPING_AT_MOST_S = 4.0  # or after this


class GrowingAnswers(Protocol):
    async def growing(self, interview_id: UUID, turn_id: UUID) -> Conversation | None:
        """As it will be when the open turn ends: `stage` is the next one, the last past answer grows.

        None when the turn is not being answered, or nothing is asked after it.
        """


@dataclass(frozen=True, slots=True)
class _Growth:
    turn_id: UUID
    typed: bool
    at: float


class AnswerPrefill:
    """At most one look per interview at a time; what grows meanwhile is seen by the next one."""

    def __init__(
        self,
        answers: GrowingAnswers,
        model: LanguageModel,
        templates: Templates,
        passages: NextPassages,
        mask: Mask,
    ) -> None:
        self._answers = answers
        self._model = model
        self._templates = templates
        self._passages = passages
        self._mask = mask
        self._grown: dict[UUID, _Growth] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}

    def grew(self, interview_id: UUID, turn_id: UUID, *, typed: bool = False) -> None:
        """Returns at once."""
        if self._model.missing:
            return
        self._grown[interview_id] = _Growth(turn_id, typed, time.monotonic())
        if interview_id not in self._running:
            self._running[interview_id] = asyncio.create_task(self._follow(interview_id))

    async def _follow(self, interview_id: UUID) -> None:
        try:
            while interview_id in self._grown:
                await self._calm(interview_id)
                grown = self._grown.pop(interview_id)
                try:
                    await self._look(interview_id, grown.turn_id)
                except Exception as error:
                    log.debug("prefill.failed", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)
        finally:
            del self._running[interview_id]

    async def _calm(self, interview_id: UUID) -> None:
        latest = time.monotonic() + TYPING_AT_MOST_S
        while self._grown[interview_id].typed:
            wait_s = min(self._grown[interview_id].at + TYPING_PAUSE_S, latest) - time.monotonic()
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)

    async def _look(self, interview_id: UUID, turn_id: UUID) -> None:
        conversation = await self._answers.growing(interview_id, turn_id)
        if conversation is None:
            return
        passages = await self._passages.ahead(conversation)
        seen = tuple(hidden(conversation, each, self._mask) for each in passages)
        template = self._templates(conversation.interview.language)
        await self._model.prefill(
            ModelCall(
                purpose="prefill",
                template=template.name,
                messages=conversation_messages(template, conversation, seen, growing=True),
                key=question_key(interview_id),
                priority=Priority.PREFETCH,
                max_tokens=0,
                interview_id=interview_id,
                turn_id=turn_id,
            )
        )
