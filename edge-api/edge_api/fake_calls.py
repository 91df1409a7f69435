"""`Calls` in memory: answers what it was told to, and remembers what was asked."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from edge_api.contract import Rpc
from services.runtime.errors import VivaError

Answer = Message | VivaError | Sequence[Message] | Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    request: Message
    token: str
    timeout_s: float | None


class FakeCalls:
    """`answers` by method, such as "GetMe"; an empty message where none is given."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[Asked] = []

    async def unary(
        self, method: Rpc, request: Message, token: str, timeout_s: float, *, key: str = ""
    ) -> Message:
        self.asked.append(Asked(method.name, request, token, timeout_s))
        answer = self.answers.get(method.name, method.response())
        if isinstance(answer, VivaError):
            raise answer
        if isinstance(answer, Sequence):
            raise TypeError(f"{method.name} gives one answer")
        return answer if isinstance(answer, Message) else answer(request)

    async def stream(
        self, method: Rpc, request: Message, token: str, timeout_s: float | None
    ) -> AsyncIterator[Message]:
        self.asked.append(Asked(method.name, request, token, timeout_s))
        answers = self.answers.get(method.name, ())
        for answer in answers if isinstance(answers, Sequence) else (answers,):
            if isinstance(answer, VivaError):
                raise answer
            if isinstance(answer, Message):
                yield answer

    async def send(
        self, method: Rpc, requests: AsyncIterator[Message], token: str, timeout_s: float
    ) -> Message:
        """Remembers each message; answers once all have come."""
        async for request in requests:
            self.asked.append(Asked(method.name, request, token, timeout_s))
        return await self.unary(method, method.request(), token, timeout_s)
