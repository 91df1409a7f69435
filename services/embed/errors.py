"""What can go wrong with embedding, before anybody turns it into a status.

EmbedError
├── EngineBrokenError       everything is there and it still cannot serve; `remedy` says what to change
├── EngineFailedError       the model failed on a batch
├── QueueFullError          no place; try again after `retry_after_s`
├── DeadlinePassedError     the caller's deadline was over before its texts were computed
└── ClosedError             the batcher is shutting down
"""

from __future__ import annotations


class EmbedError(Exception):
    """Base of all; the message is for an operator and quotes no text."""


class EngineBrokenError(EmbedError):
    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


class EngineFailedError(EmbedError):
    pass


class QueueFullError(EmbedError):
    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeadlinePassedError(EmbedError):
    pass


class ClosedError(EmbedError):
    pass
