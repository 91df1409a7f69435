"""Questions from a language model: one call, guarded word by word, inside a deadline."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

import structlog

from services.session.app.conversation import (
    Conversation,
    Mask,
    PastTurn,
    Release,
    WrittenQuestion,
    hidden,
)
from services.session.app.model import (
    Finished,
    ModelCall,
    ModelLost,
    ModelUnavailable,
    Priority,
    PromptTooLong,
)
from services.session.app.next_passages import NextPassages
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
SECOND_CALL_S = 1.5  # with less left than this, a question is not tried again
CROWDED_SHARE = 0.5  # of the context; the turns until old ones are told shorter need room too

Templates = Callable[[Language], PromptTemplate]


def question_key(interview_id: UUID) -> str:
    """The sequence that an interview's conversation is kept warm under."""
    return f"interview:{interview_id}"


def conversation_messages(
    template: PromptTemplate,
    conversation: Conversation,
    passages: tuple[str, ...],
    *,
    growing: bool = False,
) -> tuple[Message, ...]:
    """The whole conversation; messages of a later turn begin with those of an earlier one.

    `growing`: the last past turn's answer is still being given, and the messages end in it.
    """
    known = conversation.background
    background = PromptBackground(
        company_profile=known.company_profile,
        job_title=known.job_title,
        job_description=known.job_description,
        values=known.values,
        resume_digest=known.resume_digest,
        summary=known.summary,
    )
    turns = [*past_turns(conversation), PromptTurn(conversation.stage, passages)]
    context = QuestionContext(conversation.scenario, background, tuple(turns), growing)
    return tuple(render_question_messages(template, context))


def past_turns(conversation: Conversation) -> list[PromptTurn]:
    """Those that are still told in full."""
    return [_prompt_turn(conversation, turn) for turn in conversation.past[conversation.compacted :]]


def _prompt_turn(conversation: Conversation, turn: PastTurn) -> PromptTurn:
    stage: Stage = resolve_stage(conversation.scenario, turn.stage_id, 0)[0]
    return PromptTurn(stage, turn.passages, turn.question, turn.answer)


class _Shown:
    """Shows a question's words, and remembers that it did."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self.anything = False

    async def __call__(self, text: str) -> None:
        self.anything = True
        await self._release(text)


def _crowded(finished: Finished | None) -> bool:
    if finished is None or not finished.context_tokens:
        return False
    used = finished.prompt_tokens + finished.completion_tokens
    return used > CROWDED_SHARE * finished.context_tokens


class ModelQuestionWriter:
    """`QuestionWriter` with a model. Raises PromptTooLong.

    A second call only after the guard refused or a replica was lost, while nothing is shown, and in time.
    """

    def __init__(
        self,
        model: RecordingModel,
        templates: Templates,
        passages: NextPassages,
        policy: GuardPolicy,
        mask: Mask,
    ) -> None:
        self._model = model
        self._templates = templates
        self._passages = passages
        self._policy = policy
        self._mask = mask

    async def write(
        self, conversation: Conversation, release: Release, deadline_s: float
    ) -> WrittenQuestion | None:
        if self._model.model.missing:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        passages = await self._passages.now(conversation)
        seen = tuple(hidden(conversation, each, self._mask) for each in passages)
        template = self._templates(conversation.interview.language)
        call = ModelCall(
            purpose="question",
            template=template.name,
            messages=conversation_messages(template, conversation, seen),
            key=question_key(conversation.interview.id),
            priority=Priority.INTERACTIVE,
            max_tokens=MAX_TOKENS,
            interview_id=conversation.interview.id,
            turn_id=conversation.turn.id,
        )
        shown = _Shown(release)
        for least_s in (0.0, SECOND_CALL_S):
            if (left_s := until - loop.time()) <= least_s:
                break
            try:
                text, crowded = await self._guarded(conversation, call, shown, left_s)
            except ModelLost as error:
                text, crowded = None, False
                log.info("question.model_lost", error=str(error))
            except PromptTooLong:
                raise
            except ModelUnavailable as error:
                log.info("question.no_model", error=str(error))
                return None
            if text is not None:
                return WrittenQuestion(text, "llm", template.name, passages, crowded)
            if shown.anything:  # what people have seen is not replaced by another attempt of the model
                break
        return None

    async def _guarded(
        self, conversation: Conversation, call: ModelCall, release: Release, left_s: float
    ) -> tuple[str | None, bool]:
        """The question, or None when the guard refused it; and whether the context is getting full."""
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
                return end.text, _crowded(running.record.finished)
            running.record.verdict = f"refused:{end.topic or end.reason.value}"
            log.warning("question.refused", reason=end.reason.value)
            return None, False
