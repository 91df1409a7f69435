"""What the session needs of a language model, and the record it keeps of every call."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from services.session.domain.prompts import Message


class Priority(StrEnum):
    INTERACTIVE = "interactive"  # a candidate waits
    PREFETCH = "prefetch"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a model. `key` names the sequence that is kept warm, and picks the replica."""

    purpose: str  # "question", "evaluation", "compaction", "digest"
    template: str  # such as "question.ko@0123456789ab"
    messages: tuple[Message, ...]
    key: str
    priority: Priority
    max_tokens: int
    shared_messages: int = 1  # leading ones that other interviews of the job begin with too
    schema: dict[str, Any] | None = None
    interview_id: UUID | None = None
    turn_id: UUID | None = None
    resume_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a generation: what it took. Milliseconds."""

    model: str
    replica: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    context_tokens: int = 0  # of one conversation; 0 = not known


class ModelUnavailable(Exception):
    """No replica could answer; plain code steps in."""


class ModelMissing(ModelUnavailable):
    """No replica has a model at all: trying again is of no use for now."""


class ModelLost(ModelUnavailable):
    """The replica went away in the middle of its text; another one may do it over."""


class PromptTooLong(ModelUnavailable):
    """The conversation has outgrown the model's context."""


class LanguageModel(Protocol):
    """One model behind one or more replicas."""

    @property
    def missing(self) -> bool:
        """Whether every replica said lately that it has no model."""

    def generate(self, call: ModelCall, deadline_s: float) -> AsyncGenerator[str | Finished, None]:
        """Pieces of text, then one `Finished`. Raises ModelUnavailable or one of its kinds.

        Falls over to the next replica as long as no text has come.
        """

    async def prefill(self, call: ModelCall) -> None:
        """Lets a replica compute what is settled of the messages. Never raises; changes nothing."""

    async def forget(self, key: str) -> bool:
        """Drops what replicas keep under a key; False when one could not be reached."""


@dataclass(slots=True)
class CallRecord:
    """What is kept of a call. `verdict`: "accepted", "refused:<reason>" or "failed:<reason>"."""

    id: UUID
    call: ModelCall
    prompt_hash: str
    output: str = ""
    verdict: str = ""
    finished: Finished | None = None
    first_token_ms: float | None = None
    total_ms: float = 0.0


class CallRecords(Protocol):
    async def put(self, record: CallRecord) -> None: ...


def wire_messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The stored form, enough to send the call again."""
    return [{"role": message.role.value, "content": message.content} for message in messages]
