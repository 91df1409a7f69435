"""Answers a repeated offer as the first time, so that a retry makes no second peer. Knows no WebRTC."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from services.media.engine import Answer
from services.media.requests import Offer
from services.runtime.requests import refuse

REMEMBERED = 256


class Repeats:
    """The last `REMEMBERED` answers by interview and request id; failures are not remembered."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[str, str], tuple[Offer, asyncio.Future[Answer]]] = OrderedDict()

    async def answer(self, offer: Offer, negotiate: Callable[[], Awaitable[Answer]]) -> Answer:
        key = (offer.interview_id, offer.request_id)
        if key not in self._asked:
            self._remember(key, offer, asyncio.ensure_future(negotiate()))
        first, answering = self._asked[key]
        if first != offer:
            refuse("request_id", "was used for another offer of this interview")
        # A caller that leaves must not take the answer from one that repeats.
        return await asyncio.shield(answering)

    def _remember(self, key: tuple[str, str], offer: Offer, answering: asyncio.Future[Answer]) -> None:
        self._asked[key] = (offer, answering)
        answering.add_done_callback(lambda done: self._forget_failure(key, done))
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    def _forget_failure(self, key: tuple[str, str], done: asyncio.Future[Answer]) -> None:
        if done.cancelled() or done.exception():
            self._asked.pop(key, None)
