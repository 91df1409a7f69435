"""What can go wrong with embedding; each says by its base which status a caller sees.

VivaError (services/runtime/errors.py)
├── FailedPrecondition ← EngineBrokenError   everything is there and it cannot serve as configured
├── Internal           ← EngineFailedError   the model failed on a batch
├── ResourceExhausted  ← QueueFullError      no place; try again after `retry_after_s`
├── DeadlineExceeded   ← DeadlinePassedError the deadline was over before the texts were computed
└── Unavailable        ← ClosedError         the server is shutting down
"""

from __future__ import annotations

from services.runtime.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    ResourceExhausted,
    Unavailable,
)


class EngineBrokenError(FailedPrecondition):
    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__("EMBED_ENGINE_BROKEN", detail, remedy=remedy)


class EngineFailedError(Internal):
    def __init__(self, detail: str) -> None:
        super().__init__("EMBED_ENGINE_FAILED", detail, remedy="viva logs embed")


class QueueFullError(ResourceExhausted):
    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__("EMBED_QUEUE_FULL", detail, retry_after_s=retry_after_s)


class DeadlinePassedError(DeadlineExceeded):
    def __init__(self) -> None:
        super().__init__("EMBED_DEADLINE_PASSED", "the deadline passed while the texts waited")


class ClosedError(Unavailable):
    def __init__(self) -> None:
        super().__init__("EMBED_CLOSING", "the embedding server is shutting down")
