"""Tells an interview's old turns shorter before they outgrow a model's context. Never in a question's way."""

from dataclasses import dataclass
from typing import Protocol

from services.session.app.conversation import Conversation, Conversations
from services.session.app.model import ModelCall, Priority
from services.session.app.model_questions import Templates, past_turns
from services.session.app.ports import Claim, InterviewStore, StaleClaim, Unit, WorkQueue
from services.session.app.summaries import Summariser, compaction_key
from services.session.domain.interview import TurnStatus
from services.session.domain.prompts import PromptTurn, render_compaction_messages
from services.session.domain.summary import extracted_summary, tidy_summary

KEPT_TURNS = 3  # the last ones stay word for word
MAX_TOKENS = 900


@dataclass(frozen=True, slots=True)
class Compaction:
    """Turns 1 to `upto` told by `text`, in prompts of question `from_turn` and later ones."""

    from_turn: int
    upto: int
    text: str
    source: str  # "llm" or "extractive"


class CompactionStore(Protocol):
    async def put(self, unit: Unit, claim: Claim, compaction: Compaction) -> None:
        """Stores it and takes the work off the list, in the unit's transaction."""


class CompactHistory:
    """Handler of compaction work, whose subject is the turn whose question filled the context."""

    def __init__(
        self,
        store: InterviewStore,
        compactions: CompactionStore,
        queue: WorkQueue,
        conversations: Conversations,
        summariser: Summariser,
        templates: Templates,
    ) -> None:
        self._store = store
        self._compactions = compactions
        self._queue = queue
        self._conversations = conversations
        self._summariser = summariser
        self._templates = templates

    async def __call__(self, claim: Claim) -> None:
        assert claim.interview_id is not None  # noqa: S101 - compaction work always has one
        conversation = await self._conversations.before(claim.interview_id, claim.subject_id)
        older = past_turns(conversation)[:-KEPT_TURNS] if conversation else []
        if conversation is None or conversation.interview.over or not older:
            await self._queue.finish(claim)
            return
        text = await self._told(conversation, older, claim)
        source = "llm" if text else "extractive"
        text = text or extracted_summary(older, conversation.background.summary)
        upto = conversation.compacted + len(older)
        async with self._store.locked(claim.interview_id, claim) as unit:
            if unit.interview.over or unit.interview.turn is None:
                raise StaleClaim("the interview is over")
            # What is being read along now has the old beginning: the question after it gets the new one.
            turn = unit.interview.turn
            from_turn = turn.number + (1 if turn.status is TurnStatus.ASKING else 2)
            await self._compactions.put(unit, claim, Compaction(from_turn, upto, text, source))

    async def _told(self, conversation: Conversation, older: list[PromptTurn], claim: Claim) -> str | None:
        template = self._templates(conversation.interview.language)
        call = ModelCall(
            purpose="compaction",
            template=template.name,
            messages=tuple(render_compaction_messages(template, older, conversation.background.summary)),
            key=compaction_key(conversation.interview.id),
            priority=Priority.BATCH,
            max_tokens=MAX_TOKENS,
            interview_id=conversation.interview.id,
            turn_id=claim.subject_id,
        )
        return await self._summariser.shortened(call, tidy_summary, claim.attempts)
