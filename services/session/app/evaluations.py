"""Evaluates answers beside the next question, never before it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog

from services.session.app.conversation import Conversation, Conversations
from services.session.app.interviews import Announcer
from services.session.app.model import ModelMissing
from services.session.app.ports import Claim, Clock, InterviewStore, StaleClaim, Unit, WorkQueue
from services.session.domain import interview as machine
from services.session.domain.interview import Decision, Interview, Work, WorkKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation of one answer; `result` is the stored form of its scores and remarks."""

    engine: str  # "llm" or "lightweight"
    result: Mapping[str, Any]
    model: str = ""
    prompt_hash: str = ""


class Evaluator(Protocol):
    """Scores one answer against the stage's rubric."""

    async def evaluate(self, conversation: Conversation, question: str, answer: str) -> Evaluated: ...


class EvaluationStore(Protocol):
    """Evaluations; a new one never replaces an older one."""

    async def put(self, unit: Unit, turn_id: UUID, evaluated: Evaluated) -> int:
        """Stores it in the unit's transaction; its version, from 1."""


class EvaluateAnswer:
    """Handler of evaluation work. With a model, plain code steps in when its attempts are used up."""

    def __init__(
        self,
        store: InterviewStore,
        evaluations: EvaluationStore,
        queue: WorkQueue,
        conversations: Conversations,
        model: Evaluator | None,
        lightweight: Evaluator,
        announce: Announcer,
        clock: Clock,
        model_attempts: int = 3,
    ) -> None:
        self._store = store
        self._evaluations = evaluations
        self._queue = queue
        self._conversations = conversations
        self._model = model
        self._lightweight = lightweight
        self._announce = announce
        self._clock = clock
        self._model_attempts = model_attempts

    async def __call__(self, claim: Claim) -> None:
        assert claim.interview_id is not None  # noqa: S101 - evaluation work always has one
        found = await self._conversations.answered(claim.interview_id, claim.subject_id)
        if found is None or found.conversation.interview.sealed:
            await self._queue.finish(claim)
            return
        evaluated = await self._evaluate(found.conversation, found.question, found.answer, claim)
        await self._put(claim, claim.interview_id, evaluated)

    async def _evaluate(
        self, conversation: Conversation, question: str, answer: str, claim: Claim
    ) -> Evaluated:
        if self._model is not None and answer and claim.attempts <= self._model_attempts:
            with suppress(ModelMissing):
                return await self._model.evaluate(conversation, question, answer)
        return await self._lightweight.evaluate(conversation, question, answer)

    async def _put(self, claim: Claim, interview_id: UUID, evaluated: Evaluated) -> None:
        async with self._store.locked(interview_id, claim) as unit:
            if unit.interview.sealed:
                raise StaleClaim("consent was withdrawn, or the words erased")
            version = await self._evaluations.put(unit, claim.subject_id, evaluated)
            decision = _evaluated(unit.interview, claim.subject_id, version, evaluated, self._clock)
            await unit.save(decision)
        await self._announce(decision)


def _evaluated(
    interview: Interview, turn_id: UUID, version: int, evaluated: Evaluated, clock: Clock
) -> Decision:
    """The evaluation's event; after the interview's end also another look at the report."""
    now = clock.now()
    noted = machine.note(
        interview, "evaluation.stored", now, turn_id, version=version, engine=evaluated.engine
    )
    work = (Work(WorkKind.REPORT, interview.id, now),) if interview.over else ()
    dropped = ((WorkKind.EVALUATION, turn_id),)
    return Decision(noted.interview, events=noted.events, work=work, dropped=dropped)
