"""Asks the next question: from the model inside its deadline, else from the scenario's bank."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from services.session.app.conversation import (
    Conversation,
    Conversations,
    QuestionWriter,
    Release,
    WrittenQuestion,
)
from services.session.app.interviews import Announcer
from services.session.app.model import PromptTooLong
from services.session.app.ports import (
    Claim,
    Clock,
    InterviewStore,
    Live,
    NewId,
    Question,
    QuestionDelta,
    StaleClaim,
    WorkQueue,
)
from services.session.domain import interview as machine
from services.session.domain.interview import TurnStatus, Work, WorkKind

log = structlog.get_logger()

BankWriter = Callable[[Conversation], WrittenQuestion]
"""A question from the scenario's own bank; always gives one."""

LEAST_TIME_S = 0.3  # with less left than this, a model is not even asked
OWN_TIME_S = 0.1  # of the deadline, so that a model that hangs is told from a caller that gave up


class AskQuestion:
    """Handler of question work and of its deadline: whichever is first asks, the other finds it done."""

    def __init__(
        self,
        store: InterviewStore,
        queue: WorkQueue,
        conversations: Conversations,
        writer: QuestionWriter | None,
        bank: BankWriter,
        live: Live,
        announce: Announcer,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._queue = queue
        self._conversations = conversations
        self._writer = writer
        self._bank = bank
        self._live = live
        self._announce = announce
        self._clock = clock
        self._new_id = new_id

    async def ask(self, claim: Claim) -> None:
        """Writes the question of the turn `claim.subject_id`, with the model if there is one."""
        conversation = await self._load(claim)
        if conversation is not None:
            claimed_at = self._clock.now()
            written, first_word_at = await self._write(conversation, claim)
            await self._put(conversation, claim, written, claimed_at, first_word_at)

    async def reach_deadline(self, claim: Claim) -> None:
        """No question has been asked in time: the bank asks one."""
        conversation = await self._load(claim)
        if conversation is not None:
            log.warning("question.deadline_passed", turn_id=str(claim.subject_id))
            await self._put(conversation, claim, self._bank(conversation), self._clock.now(), None)

    async def _load(self, claim: Claim) -> Conversation | None:
        assert claim.interview_id is not None  # noqa: S101 - question work always has one
        conversation = await self._conversations.before(claim.interview_id, claim.subject_id)
        if conversation is None or conversation.turn.status is not TurnStatus.ASKING:
            await self._queue.finish(claim)
            return None
        return conversation

    async def _write(
        self, conversation: Conversation, claim: Claim
    ) -> tuple[WrittenQuestion, datetime | None]:
        """The question, and when its first word was shown."""
        waited_s = (self._clock.now() - conversation.turn.opened_at).total_seconds()
        left_s = conversation.stage.question_deadline_s - waited_s
        first_word_at: datetime | None = None
        shown: list[str] = []

        async def release(text: str) -> None:
            nonlocal first_word_at
            shown.append(text)
            if not await self._store.put_partial(claim, "".join(shown), len(shown)):
                raise StaleClaim("the question is somebody else's now")
            first_word_at = first_word_at or self._clock.now()
            place = claim.attempts, len(shown) - 1
            await self._live.announce(
                QuestionDelta(conversation.interview.id, claim.subject_id, *place, text)
            )

        written, crowded = None, False
        if self._writer is not None and left_s > LEAST_TIME_S:
            try:
                written = await self._ask_model(self._writer, conversation, release, left_s)
            except PromptTooLong:
                crowded = True
                log.warning("question.prompt_too_long")
        if written is None:
            return replace(self._bank(conversation), crowded=crowded), None
        return written, first_word_at

    async def _ask_model(
        self, writer: QuestionWriter, conversation: Conversation, release: Release, left_s: float
    ) -> WrittenQuestion | None:
        try:
            async with asyncio.timeout(left_s):
                return await writer.write(conversation, release, left_s - OWN_TIME_S)
        except (StaleClaim, PromptTooLong):
            raise
        except TimeoutError:
            log.warning("question.model_too_slow", deadline_s=round(left_s, 1))
        except Exception as error:
            log.warning("question.model_failed", error=type(error).__name__)
        return None

    async def _put(
        self,
        conversation: Conversation,
        claim: Claim,
        written: WrittenQuestion,
        claimed_at: datetime,
        first_word_at: datetime | None,
    ) -> None:
        turn, now = conversation.turn, self._clock.now()
        question = Question(
            self._new_id(), turn.id, written.text, written.source, written.template, written.passages
        )
        async with self._store.locked(conversation.interview.id, claim) as unit:
            decision = machine.ask(
                unit.interview,
                conversation.scenario,
                turn.id,
                now,
                source=written.source,
                claimed_ms=_ms(turn.opened_at, claimed_at),
                first_word_ms=_ms(turn.opened_at, first_word_at or now),
            )
            if decision is None:
                raise StaleClaim("the turn has its question")
            if written.crowded:
                decision = replace(decision, work=(*decision.work, Work(WorkKind.COMPACTION, turn.id, now)))
            await unit.save(decision, question=question)
        await self._announce(decision)


def _ms(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000)
