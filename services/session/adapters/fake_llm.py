"""A language model for tests: says what it is told to. No setting names it."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from services.session.app.model import Finished, ModelCall, ModelUnavailable

Speak = Callable[[ModelCall], str]
"""The whole output of a call; raise ModelUnavailable for none."""


class FakeLanguageModel:
    """`LanguageModel`. Calls wait while `going` is clear; `forgotten` lists the keys that were dropped."""

    def __init__(self, speak: Speak) -> None:
        self.speak = speak
        self.going = asyncio.Event()
        self.going.set()
        self.calls: list[ModelCall] = []
        self.forgotten: list[str] = []
        self.reachable = True
        self.missing = False

    async def generate(self, call: ModelCall, deadline_s: float) -> AsyncGenerator[str | Finished, None]:
        if not self.reachable:
            raise ModelUnavailable("not reachable")
        self.calls.append(call)
        text = self.speak(call)
        await self.going.wait()
        for word in text.split(" "):
            yield f"{word} "
        yield Finished("fake", "127.0.0.1:1", 10, 4, 5, 1.0, 2.0, 3.0)

    async def prefill(self, call: ModelCall) -> None:
        return None

    async def forget(self, key: str) -> bool:
        if self.reachable:
            self.forgotten.append(key)
        return self.reachable
