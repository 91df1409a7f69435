"""Asks the session again for as long as it may help. Knows no call."""

import asyncio
from collections.abc import Awaitable, Callable

from services.runtime.errors import (
    Aborted,
    DeadlineExceeded,
    Internal,
    ResourceExhausted,
    Unavailable,
    VivaError,
)

LATER = (Unavailable, DeadlineExceeded, ResourceExhausted, Aborted)
NOT_YET = frozenset({"INTERVIEW_PAUSED", "QUESTION_NOT_READY"})
FIRST_S = 0.1
LONGEST_S = 2.0
MISTAKES = 5  # of the session, after which a call is given up


async def persistently(call: Callable[[], Awaitable[None]], *, first_s: float = FIRST_S) -> None:
    """Until it succeeds. Raises only what asking again does not mend."""
    wait_s, mistakes = first_s, 0
    while True:
        try:
            return await call()
        except VivaError as error:
            mistakes += isinstance(error, Internal)
            mends = isinstance(error, LATER) or error.reason in NOT_YET
            if not mends and not (isinstance(error, Internal) and mistakes < MISTAKES):
                raise
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_S)
