"""Checks of what came over the wire; each names the field that is wrong. Knows no service."""

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn, TypeVar

from services.runtime.errors import DeadlineExceeded, InvalidArgument

Number = TypeVar("Number", int, float)
Message = TypeVar("Message")


def refuse(field: str, problem: str) -> NoReturn:
    raise InvalidArgument.of(field, problem)


def within(field: str, value: Number, low: Number, high: Number, unit: str = "") -> Number:
    """The value; refuses what lies outside [low, high], NaN included."""
    if not low <= value <= high:
        refuse(field, f"is {value:g}, must be {low:g} to {high:g} {unit}".rstrip())
    return value


def at_most(field: str, text: str, characters: int) -> str:
    within(field, len(text), 0, characters, "characters")
    return text


async def in_time(messages: AsyncIterator[Message], idle_s: float) -> AsyncIterator[Message]:
    """The messages of a stream; raises DeadlineExceeded when none comes for `idle_s` seconds."""
    while True:
        try:
            async with asyncio.timeout(idle_s):
                message = await anext(messages, None)
        except TimeoutError:
            raise DeadlineExceeded("STREAM_IDLE", f"no message came for {idle_s:g} seconds") from None
        if message is None:
            return
        yield message
