"""A conversation among fakes, with a browser."""

import asyncio
from typing import Any

from services.media.conversation.conversation import InterviewConversation, Mesh
from services.media.conversation.listening import Waits
from services.media.conversation.ports import (
    Consent,
    Ending,
    Language,
    Phase,
    Policy,
    Standing,
    Terms,
    Turn,
)
from services.runtime.errors import FailedPrecondition, Unavailable
from tests.services.media.conversation.fakes import (
    FakeCaptions,
    FakeEyes,
    FakeHearing,
    FakeInterviews,
    FakeRecordings,
    FakeVoices,
)
from tests.services.media.fakes import FakePeer
from tests.services.rooms import until

SEES = Terms(Language.KOREAN, frozenset({Consent.AUDIO, Consent.VIDEO}), Policy.OBSERVE)
QUESTION = "어떤 일을 하셨나요?"
QUICK = Waits(first_s=0.001, longest_s=0.002, off_s=0.005, give_up_s=0.01)
EMPTY = FailedPrecondition("ANSWER_EMPTY", "nothing")
GONE = Unavailable("SESSION_GONE", "gone")
TURN = "turn-1"


def turn(number: int = 1, phase: Phase = Phase.ANSWERING, **fields: Any) -> Turn:
    return Turn(f"turn-{number}", number, phase, QUESTION, patience_ms=1000, **fields)


class Interview:
    """A conversation among fakes, with a browser."""

    def __init__(self, terms: Terms = SEES) -> None:
        self.hearing, self.interviews, self.voices = FakeHearing(), FakeInterviews(terms), FakeVoices()
        self.eyes, self.captions, self.peer = FakeEyes(), FakeCaptions(), FakePeer()
        self.recordings, self.ends = FakeRecordings(), 0
        ports = self.hearing, self.interviews, self.voices, self.eyes, self.captions, self.recordings
        mesh = Mesh(*ports)
        self.conversation = InterviewConversation("interview-1", terms, mesh, self._ended, QUICK)

    def _ended(self) -> None:
        self.ends += 1

    def show(self, turn: Turn | None = None, **fields: bool) -> None:
        self.interviews.show(Standing(turn, **fields))

    async def asked(self, turn_: Turn | None = None) -> None:
        """The question was asked and heard; the answer is awaited."""
        self.show(turn_ or turn())
        await until(lambda: self.peer.playing)
        self.peer.finish_playing()
        await self.has_told("voice", state="silent")

    async def hears(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 640):
            self.conversation.hear(pcm[at : at + 640])
            await asyncio.sleep(0)

    def tell(self, type_: str, **fields: Any) -> None:
        self.conversation.told({"type": type_, **fields})

    def told(self, type_: str) -> list[dict[str, Any]]:
        return [dict(each) for each in self.peer.messages if each["type"] == type_]

    async def has_told(self, type_: str, **fields: Any) -> None:
        await until(lambda: any(fields.items() <= each.items() for each in self.told(type_)))

    async def has_stored(self, *texts: str) -> None:
        await until(lambda: [text for _, _, text in self.interviews.appended] == list(texts))

    async def has_submitted(self, *submitted: tuple[str, Ending]) -> None:
        await until(lambda: self.interviews.submitted == list(submitted))
