"""Questions from a language model: one call, guarded word by word, inside a deadline."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Protocol
from uuid import UUID

import structlog

from services.session.app.conversation import Conversation, PastTurn, Release, WrittenQuestion
from services.session.app.model import ModelCall, ModelUnavailable, Priority
from services.session.app.recorded import RecordingModel
from services.session.domain.guard import Final, GuardPolicy, QuestionGuard, Refused
from services.session.domain.prompts import (
    Message,
    PromptBackground,
    PromptTemplate,
    PromptTurn,
    QuestionContext,
    render_question_messages,
)
from services.session.domain.scenario import Language, Stage, resolve_stage

log = structlog.get_logger()

MAX_TOKENS = 200
RETRIEVAL_S = 0.4  # a question goes without passages rather than wait longer
SECOND_CALL_S = 1.5  # with less left than this, a refused question is not tried again

Templates = Callable[[Language], PromptTemplate]


class Passages(Protocol):
    """What of a résumé bears on what was said."""

    async def relevant(self, resume_id: UUID, text: str) -> tuple[str, ...]:
        """Best first; empty when nothing is indexed."""


def question_key(interview_id: UUID) -> str:
    """The sequence that an interview's conversation is kept warm under."""
    return f"interview:{interview_id}"


def conversation_messages(
    template: PromptTemplate, conversation: Conversation, turns: Sequence[PromptTurn]
) -> tuple[Message, ...]:
    """The whole conversation; messages of a later turn begin with those of an earlier one."""
    known = conversation.background
    background = PromptBackground(
        company_profile=known.company_profile,
        job_title=known.job_title,
        job_description=known.job_description,
        values=known.values,
        resume_digest=known.resume_digest,
    )
    context = QuestionContext(conversation.scenario, background, tuple(turns))
    return tuple(render_question_messages(template, context))


def past_turns(conversation: Conversation) -> list[PromptTurn]:
    return [_prompt_turn(conversation, turn) for turn in conversation.past]


def _prompt_turn(conversation: Conversation, turn: PastTurn) -> PromptTurn:
    stage: Stage = resolve_stage(conversation.scenario, turn.stage_id, 0)[0]
    return PromptTurn(stage, turn.passages, turn.question, turn.answer)


class ModelQuestionWriter:
    """`QuestionWriter` with a model. A second call only after the guard refused, and in time."""

    def __init__(
        self, model: RecordingModel, templates: Templates, passages: Passages, policy: GuardPolicy
    ) -> None:
        self._model = model
        self._templates = templates
        self._passages = passages
        self._policy = policy

    async def write(
        self, conversation: Conversation, release: Release, deadline_s: float
    ) -> WrittenQuestion | None:
        if self._model.model.missing:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        passages = await self._retrieved(conversation)
        template = self._templates(conversation.interview.language)
        turns = [*past_turns(conversation), PromptTurn(conversation.stage, passages)]
        call = ModelCall(
            purpose="question",
            template=template.name,
            messages=conversation_messages(template, conversation, turns),
            key=question_key(conversation.interview.id),
            priority=Priority.INTERACTIVE,
            max_tokens=MAX_TOKENS,
            interview_id=conversation.interview.id,
            turn_id=conversation.turn.id,
        )
        for least_s in (0.0, SECOND_CALL_S):
            if (left_s := until - loop.time()) <= least_s:
                break
            try:
                text, shown = await self._guarded(conversation, call, release, left_s)
            except ModelUnavailable as error:
                log.info("question.no_model", error=str(error))
                return None
            if text is not None:
                return WrittenQuestion(text, "llm", template.name, passages)
            if shown:  # what people have seen is not replaced by another attempt of the model
                break
        return None

    async def _guarded(
        self, conversation: Conversation, call: ModelCall, release: Release, left_s: float
    ) -> tuple[str | None, bool]:
        """The question, or None when the guard refused it; and whether any of it was shown."""
        asked = [turn.question for turn in conversation.past]
        guard = QuestionGuard(conversation.interview.language.value, asked, self._policy)
        async with self._model.calling(call, left_s) as running:
            async with aclosing(running.pieces()) as pieces:
                async for piece in pieces:
                    seen = guard.feed(piece)
                    if isinstance(seen, Refused):
                        break
                    if seen.text:
                        await release(seen.text)
            end = guard.finish()
            if isinstance(end, Final):
                running.record.verdict = "accepted"
                if end.rest:
                    await release(end.rest)
                return end.text, True
            running.record.verdict = f"refused:{end.topic or end.reason.value}"
            log.warning("question.refused", reason=end.reason.value)
            return None, bool(guard.released)

    async def _retrieved(self, conversation: Conversation) -> tuple[str, ...]:
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
            return ()
