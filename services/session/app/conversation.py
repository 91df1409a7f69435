"""What a question or an evaluation is written from. Does not know who writes it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from services.session.domain.interview import Interview, Turn
from services.session.domain.scenario import Scenario, Stage


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn that has been asked; `answer` is empty while it grows. Passages stood in its prompt."""

    turn_id: UUID
    stage_id: str
    question: str
    answer: str
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Background:
    """What is known beside the conversation. In blind mode everything here is masked already."""

    company_profile: str = ""
    job_title: str = ""
    job_description: str = ""
    values: tuple[str, ...] = ()
    resume_digest: str = ""
    # What the first `Conversation.compacted` turns came to; prompts hold it in their place.
    summary: str = ""
    # Words of the résumé by kind: "skills", "projects", "employers", "roles", "achievements".
    topics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    blind: bool = False
    hidden_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """An interview up to the turn in hand, whose stage is `stage`."""

    interview: Interview
    scenario: Scenario
    stage: Stage
    turn: Turn
    past: tuple[PastTurn, ...]  # in order; the turn in hand is not among them
    background: Background
    compacted: int = 0
    # Passages chosen while the last answer grew, and how many characters of it were heard; not masked.
    prepared: tuple[str, ...] | None = None
    heard: int = 0


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """A turn's question and answer (in blind mode masked); `conversation` leaves out earlier turns."""

    conversation: Conversation
    question: str
    answer: str


class Conversations(Protocol):
    """Loads conversations from storage."""

    async def before(self, interview_id: UUID, turn_id: UUID) -> Conversation | None:
        """Everything before the turn; None when the interview or the turn is gone."""

    async def answered(self, interview_id: UUID, turn_id: UUID) -> AnsweredTurn | None:
        """An answer to be scored; None when it is not there (any more)."""


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    text: str
    source: str  # "llm" or "bank"
    template: str  # bank template or prompt id and version
    passages: tuple[str, ...] = ()
    crowded: bool = False  # the conversation fills so much of the model's context that old turns must go


Release = Callable[[str], Awaitable[None]]
"""Shows the next piece of a question to those who watch; what was released is never taken back."""


class QuestionWriter(Protocol):
    """Writes the next question."""

    async def write(
        self, conversation: Conversation, release: Release, deadline_s: float
    ) -> WrittenQuestion | None:
        """None when no question that passes the guard could be had in `deadline_s` seconds.

        Nothing but guarded text goes through `release`, and it adds up to the question's text.
        """


Mask = Callable[[str, tuple[str, ...]], str]
"""Hides who somebody is in a text; the names are known to be theirs."""


def hidden(conversation: Conversation, text: str, mask: Mask) -> str:
    """The text as a model may see it."""
    known = conversation.background
    return mask(text, known.hidden_names) if known.blind else text


def masked(conversation: Conversation, mask: Mask) -> Conversation:
    """Blind mode: whatever writes or scores does not see who the candidate is."""
    known = conversation.background
    if not known.blind:
        return conversation
    past = [
        replace(
            turn,
            answer=hidden(conversation, turn.answer, mask),
            passages=tuple(hidden(conversation, each, mask) for each in turn.passages),
        )
        for turn in conversation.past
    ]
    background = replace(
        known,
        resume_digest=hidden(conversation, known.resume_digest, mask),
        summary=hidden(conversation, known.summary, mask),
    )
    return replace(conversation, past=tuple(past), background=background)
