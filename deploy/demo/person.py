"""A candidate who is logged in, as an interview needs one; does not know by which interface it goes."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.message import Message
from viva.v1 import common_pb2, interview_pb2, resume_pb2

LANGUAGES = {"ko": common_pb2.LANGUAGE_KO, "en": common_pb2.LANGUAGE_EN}
CALL_TIMEOUT_S = 60.0
SILENCE_S = 180.0  # without an event: the interview stands still

News = interview_pb2.InterviewEvent | interview_pb2.QuestionDelta
Watch = AsyncGenerator[News | None, None]


@dataclass(frozen=True)
class Files:
    """A report in each of its forms. `pdf` is None where the interface has none, `absent` says what cannot
    be had and the command that mends it."""

    summary: interview_pb2.GetReportResponse
    report: dict[str, Any]
    html: bytes
    pdf: bytes | None = None
    absent: str = ""


class Person(Protocol):
    """Every method raises DemoError."""

    async def call(self, what: str, rpc: str, request: Message) -> Any:
        """The answer to one rpc, "Service.Method"; `what` is told when it is refused."""

    async def upload(self, meta: resume_pb2.ResumeMeta, content: bytes) -> resume_pb2.Resume:
        """The résumé once it is stored."""

    def progress(self, resume_id: str) -> AsyncIterator[resume_pb2.Resume]:
        """The résumé at each step until it is ready or failed."""

    def watch(self, interview_id: str, after_seq: int) -> Watch:
        """Events, words of questions, and None as a sign of life. Ends where another is to be opened."""

    async def files(self, interview_id: str) -> Files:
        """The report, which is ready."""


Register = Callable[[str, str], Awaitable[Person]]
"""Makes a candidate's account: name, and "ko" or "en"."""
Entrance = Callable[[str], AbstractAsyncContextManager[Register]]
"""Opens the interface at an address."""
