"""Lets the model read along while an answer grows. Speculation: changes no state, and may always fail."""

import asyncio
from typing import Protocol
from uuid import UUID

import structlog

from services.session.app.conversation import Conversation
from services.session.app.model import LanguageModel, ModelCall, Priority
from services.session.app.model_questions import (
    Templates,
    conversation_messages,
    past_turns,
    question_key,
)
from services.session.domain.prompts import PromptTurn

log = structlog.get_logger()

PAUSE_S = 1.0  # between two looks at one growing answer


class GrowingAnswers(Protocol):
    async def growing(self, interview_id: UUID, turn_id: UUID) -> tuple[Conversation, PromptTurn] | None:
        """The conversation before an open turn, and that turn with what was said or typed so far."""


class AnswerPrefill:
    """At most one look per interview at a time; what grows meanwhile is seen by the next one."""

    def __init__(self, answers: GrowingAnswers, model: LanguageModel, templates: Templates) -> None:
        self._answers = answers
        self._model = model
        self._templates = templates
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._again: dict[UUID, UUID] = {}  # turns that grew while another look was under way

    def grew(self, interview_id: UUID, turn_id: UUID) -> None:
        """Returns at once."""
        if self._model.missing:
            return
        if interview_id in self._running:
            self._again[interview_id] = turn_id
            return
        task = asyncio.create_task(self._follow(interview_id, turn_id))
        self._running[interview_id] = task
        task.add_done_callback(lambda _: self._running.pop(interview_id, None))

    async def _follow(self, interview_id: UUID, turn_id: UUID) -> None:
        grown: UUID | None = turn_id
        while grown is not None:
            try:
                await self._look(interview_id, grown)
            except Exception as error:
                log.debug("prefill.failed", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)
            grown = self._again.pop(interview_id, None)

    async def _look(self, interview_id: UUID, turn_id: UUID) -> None:
        found = await self._answers.growing(interview_id, turn_id)
        if found is None:
            return
        conversation, turn = found
        template = self._templates(conversation.interview.language)
        messages = conversation_messages(template, conversation, [*past_turns(conversation), turn])
        await self._model.prefill(
            ModelCall(
                purpose="prefill",
                template=template.name,
                messages=messages,
                key=question_key(interview_id),
                priority=Priority.PREFETCH,
                max_tokens=0,
                interview_id=interview_id,
                turn_id=turn_id,
            )
        )
