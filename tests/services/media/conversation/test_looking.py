import asyncio
from collections.abc import AsyncIterator

import pytest

from services.media.conversation.looking import BATCH, Looker
from services.media.conversation.ports import Consent, Language, Policy, Terms
from services.runtime.errors import Unavailable, VivaError
from tests.services.media.conversation.fakes import FakeEyes, FakeInterviews
from tests.services.rooms import until

pytestmark = pytest.mark.unit

TERMS = Terms(Language.KOREAN, frozenset({Consent.AUDIO, Consent.VIDEO}), Policy.OBSERVE)


class Looking:
    """A looker whose clock stands still until it is set."""

    def __init__(self, *refusals: VivaError) -> None:
        self.now = 0.0
        self.eyes, self.interviews = FakeEyes(), FakeInterviews(TERMS)
        self.eyes.refusals = list(refusals)
        self.looker = Looker(self.eyes, self.interviews, "interview-1", lambda: self.now)
        self.running = asyncio.create_task(self.looker.run(TERMS, again_s=0.001))

    async def sees(self, *moments: float) -> None:
        for moment in moments:
            self.now = moment
            self.looker.see(b"jpeg")
            await asyncio.sleep(0.002)

    async def aclose(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    @property
    def kept(self) -> list[tuple[str, int, list[int]]]:
        """Turn, batch, moments."""
        return [
            (turn, batch, [each.at_ms for each in seen]) for turn, batch, seen in self.interviews.observed
        ]


@pytest.fixture
async def looking() -> AsyncIterator[Looking]:
    looking = Looking()
    yield looking
    await looking.aclose()


async def test_what_is_seen_of_an_answer_is_kept_by_the_time_since_it_began(looking: Looking) -> None:
    looking.now = 10.0
    looking.looker.begin("turn-1", 2.0)
    await looking.sees(10.2, 10.4)
    await looking.looker.keep()
    await looking.sees(10.6)
    await looking.looker.end()()
    assert looking.kept == [("turn-1", 2, [2200, 2400]), ("turn-1", 3, [2600])]


async def test_between_answers_nothing_is_kept(looking: Looking) -> None:
    await looking.sees(0.2)
    looking.looker.begin("turn-1", 0.0)
    await looking.looker.end()()
    await looking.sees(0.4)
    await looking.looker.keep()
    assert looking.kept == []


async def test_a_batch_is_full_at_64(looking: Looking) -> None:
    looking.looker.begin("turn-1", 0.0)
    await looking.sees(*(number / 10 for number in range(BATCH + 1)))
    assert [len(moments) for _, _, moments in looking.kept] == [BATCH]


async def test_f23_a_frame_that_nobody_looked_at_in_time_is_replaced(looking: Looking) -> None:
    looking.looker.begin("turn-1", 0.0)
    for moment in (0.1, 0.2, 0.3):
        looking.now = moment
        looking.looker.see(b"jpeg")
    await asyncio.sleep(0.01)
    await looking.looker.keep()
    assert looking.kept == [("turn-1", 0, [300])]


async def test_eyes_that_are_lost_are_looked_for_again() -> None:
    looking = Looking(*[Unavailable("VISION_GONE", "gone")] * 3)
    looking.looker.begin("turn-1", 0.0)
    await until(lambda: looking.eyes.looks == 4)
    await looking.sees(0.1)
    await looking.looker.keep()
    assert looking.kept == [("turn-1", 0, [100])]
    await looking.aclose()


async def test_what_the_session_refuses_is_dropped(looking: Looking) -> None:
    looking.interviews.refuse("observe", Unavailable("SESSION_GONE", "gone"))
    looking.looker.begin("turn-1", 0.0)
    await looking.sees(0.1)
    await looking.looker.keep()
    await looking.sees(0.2)
    await looking.looker.keep()
    assert looking.kept == [("turn-1", 1, [200])]
