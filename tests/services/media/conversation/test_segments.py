import asyncio
from collections.abc import AsyncIterator

import pytest

from services.media.conversation.ports import Language, Terms, Utterance
from services.media.conversation.retries import MISTAKES
from services.media.conversation.segments import Segments
from services.runtime.errors import FailedPrecondition, Internal, NotFound, Unavailable
from tests.services.media.conversation.fakes import FakeInterviews

pytestmark = pytest.mark.unit

GONE = Unavailable("SESSION_GONE", "gone")


class Storing:
    def __init__(self) -> None:
        self.interviews = FakeInterviews(Terms(Language.KOREAN))
        self.stored: list[tuple[str, int]] = []
        self.refused: list[tuple[str, int]] = []
        self.segments = Segments(
            self.interviews,
            "interview-1",
            lambda *which: self.stored.append(which),
            lambda *which: self.refused.append(which),
        )
        self.running = asyncio.create_task(self.segments.run())

    def say(self, turn_id: str, *texts: str) -> None:
        for text in texts:
            self.segments.add(turn_id, Utterance(text, 0, 1))


@pytest.fixture
async def storing() -> AsyncIterator[Storing]:
    storing = Storing()
    yield storing
    storing.running.cancel()
    await asyncio.gather(storing.running, return_exceptions=True)


async def test_utterances_are_numbered_by_turn_from_what_is_stored_already(storing: Storing) -> None:
    storing.segments.begin("turn-1", 2)
    storing.say("turn-1", "하나", "둘")
    storing.segments.begin("turn-2", 0)
    storing.say("turn-2", "셋")
    storing.segments.begin("turn-1", 0)
    storing.say("turn-1", "넷")
    await storing.segments.all_stored()
    assert storing.interviews.appended == [
        ("turn-1", 2, "하나"),
        ("turn-1", 3, "둘"),
        ("turn-2", 0, "셋"),
        ("turn-1", 4, "넷"),
    ]
    assert storing.stored == [("turn-1", 2), ("turn-1", 3), ("turn-2", 0), ("turn-1", 4)]


async def test_f25_while_the_session_is_away_everything_said_is_kept(storing: Storing) -> None:
    paused = FailedPrecondition("INTERVIEW_PAUSED", "paused")
    storing.interviews.refuse("append", GONE, GONE, paused)
    storing.segments.begin("turn-1", 0)
    storing.say("turn-1", "하나", "둘")
    assert storing.segments.waiting == 2
    await storing.segments.all_stored()
    assert [text for _, _, text in storing.interviews.appended] == ["하나", "둘"]
    assert storing.segments.waiting == 0


@pytest.mark.parametrize(
    "refusals",
    [[NotFound("TURN_NOT_FOUND", "no")], [Internal("INTERNAL", "oh")] * MISTAKES],
    ids=["final", "broken"],
)
async def test_what_can_never_be_stored_holds_up_nothing(storing: Storing, refusals: list[Exception]) -> None:
    storing.interviews.refuse("append", *refusals)
    storing.segments.begin("turn-1", 0)
    storing.say("turn-1", "하나", "둘")
    await storing.segments.all_stored()
    assert storing.refused == [("turn-1", 0)]
    assert storing.interviews.appended == [("turn-1", 1, "둘")]
