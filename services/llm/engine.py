"""The port of a language model: what the server asks of any engine.

Knows nothing of gRPC, protos, weights or llama.cpp.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from services.runtime.capability import Capability


class Role(Enum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Priority(Enum):
    """Lower values go first; a later one pauses while an earlier one has work."""

    INTERACTIVE = 1
    PREFETCH = 2
    BATCH = 3


class Finish(Enum):
    END = "end"
    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; None takes the engine's default. Ranges as in llm.proto, already checked."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    seed: int | None = None
    greedy: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked of the model, and where its KV cache is kept; an empty key keeps none.

    The first `shared_prefix_messages` are the same in other conversations.
    """

    messages: tuple[Message, ...]
    cache_key: str = ""
    shared_prefix_messages: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """One text to generate. `deadline` is in `time.monotonic()` seconds, `json_schema` an object or empty."""

    conversation: Conversation
    max_tokens: int = 256
    priority: Priority = Priority.INTERACTIVE
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    json_schema: str = ""
    thinking: bool = False
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The request has its place: it will not be refused for load any more."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Text to append, whole characters only; `thinking` is never shown or spoken."""

    text: str
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Timings:
    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """Token counts: of the rendered prompt, of these found in the cache, and produced."""

    finish: Finish
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    timings: Timings
    model: str


@dataclass(frozen=True, slots=True)
class Prefilled:
    """Tokens of the prompt that are settled, of these found in the cache, and computed now."""

    prompt_tokens: int
    cached_tokens: int
    computed_tokens: int
    timings: Timings


@dataclass(frozen=True, slots=True)
class Status:
    """`capability` says READY only while the engine makes progress."""

    capability: Capability
    context_tokens: int
    slots: int
    quantization: str
    chat_template: str
    queued: int
    running: int


Event = Admitted | Delta | Completion


class Engine(Protocol):
    """One model that serves many conversations at once."""

    def status(self) -> Status:
        """Facts and load of this moment; never waits."""
        ...

    def generate(self, generation: Generation) -> AsyncGenerator[Event, None]:
        """Yields `Admitted`, then deltas, then exactly one `Completion`.

        Nothing happens before the first step. Closing or cancelling it frees its place within one
        decode step. Raises before `Admitted`: ResourceExhausted with `retry_after_s` (queue full),
        DeadlineExceeded (the deadline cannot be met), InvalidArgument (prompt longer than the context,
        or a schema no grammar can be made of).
        """
        ...

    async def prefill(self, conversation: Conversation, *, open_last_message: bool) -> Prefilled:
        """Computes the conversation's KV cache under its key; tokens an open last message may still
        change are held back. Same errors as `generate`."""
        ...

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of the prompt that `generate` would render."""
        ...

    async def forget(self, cache_key: str) -> bool:
        """Drops all that is kept under the key; whether there was anything."""
        ...

    async def aclose(self) -> None:
        """Ends running requests and frees the model. Safe to repeat."""
        ...
