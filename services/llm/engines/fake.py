"""A language model for tests: it repeats the last message, word by word, at a chosen pace.

Knows no language. Nothing in the product names this module.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Iterator
from itertools import takewhile
from typing import Any

from services.llm.engine import (
    Admitted,
    Completion,
    Conversation,
    Delta,
    Event,
    Finish,
    Generation,
    Message,
    Prefilled,
    Status,
    Timings,
)
from services.runtime.capability import Capability, State
from services.runtime.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted

Tokens = tuple[str, ...]


class FakeEngine:
    """Refuses beyond `places`; `step_s` passes per token; `running`, `steps`, `closed` tell what happened."""

    def __init__(
        self, *, places: int = 8, step_s: float = 0.0, context_tokens: int = 2048, retry_after_s: float = 0.05
    ) -> None:
        self.places = places
        self.step_s = step_s
        self.context_tokens = context_tokens
        self.retry_after_s = retry_after_s
        self.running = 0
        self.steps = 0
        self.closed = False
        self.seen: list[Generation] = []
        self._kept: dict[str, Tokens] = {}

    def status(self) -> Status:
        capability = Capability(
            name="llm", state=State.READY, engine="fake", model="echo", device="cpu", detail="repeats words"
        )
        return Status(capability, self.context_tokens, self.places, "", "fake", 0, self.running)

    async def generate(self, generation: Generation) -> AsyncGenerator[Event, None]:
        prompt = self._prompt(generation.conversation.messages)
        self._admit(generation)
        self.seen.append(generation)
        self.running += 1
        try:
            yield Admitted()
            cached = self._reuse(generation.conversation.cache_key, prompt)
            produced, finish = 0, Finish.END
            for word, ending in _pieces(generation):
                await self._step()
                if word:
                    produced += 1
                    yield Delta(word)
                finish = ending
            yield Completion(finish, len(prompt), cached, produced, Timings(), "echo")
        finally:
            self.running -= 1

    async def prefill(self, conversation: Conversation, *, open_last_message: bool) -> Prefilled:
        prompt = self._prompt(conversation.messages)
        settled = prompt[:-1] if open_last_message else prompt
        cached = self._reuse(conversation.cache_key, settled)
        return Prefilled(len(settled), cached, len(settled) - cached, Timings())

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return len(_tokens(messages))

    async def forget(self, cache_key: str) -> bool:
        return self._kept.pop(cache_key, None) is not None

    async def aclose(self) -> None:
        self.closed = True

    def _prompt(self, messages: tuple[Message, ...]) -> Tokens:
        prompt = _tokens(messages)
        if len(prompt) >= self.context_tokens:
            raise InvalidArgument.of(
                "messages", f"make {len(prompt)} tokens, the context holds {self.context_tokens}"
            )
        return prompt

    def _admit(self, generation: Generation) -> None:
        if self.running >= self.places:
            raise ResourceExhausted("LLM_QUEUE_FULL", "no place is left", retry_after_s=self.retry_after_s)
        if generation.deadline is not None and generation.deadline < time.monotonic() + self.step_s:
            raise DeadlineExceeded("LLM_DEADLINE_TOO_CLOSE", "not one token can be made before the deadline")

    async def _step(self) -> None:
        self.steps += 1
        await asyncio.sleep(self.step_s)

    def _reuse(self, key: str, prompt: Tokens) -> int:
        before = self._kept.get(key, ())
        if key:
            self._kept[key] = prompt
        pairs = zip(before, prompt, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _tokens(messages: tuple[Message, ...]) -> Tokens:
    return tuple(word for message in messages for word in (message.role.value, *_words(message.content)))


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def _pieces(generation: Generation) -> Iterator[tuple[str, Finish]]:
    """Words to send, each with how the text would end there."""
    schema = generation.json_schema
    text = json.dumps(example(json.loads(schema))) if schema else generation.conversation.messages[-1].content
    cuts = [text.find(stop) for stop in generation.stop if stop in text]
    end = Finish.STOP if cuts else Finish.END
    words = _words(text[: min(cuts)] if cuts else text)
    kept = words[: generation.max_tokens]
    for word in kept:
        yield word, Finish.LENGTH
    if len(kept) == len(words):
        yield "", end


def example(schema: dict[str, Any]) -> Any:
    """A value of the schema; knows objects, arrays, strings, numbers, booleans and enums."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"])] * schema.get("minItems", 1)
    return {"string": "fake", "integer": schema.get("minimum", 1), "number": 0.5, "boolean": True}[kind]
