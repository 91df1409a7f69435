"""One turn's answer, from its question to its end: what is heard is shown, stored, and ends the turn.

Knows no peer and no other turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from services.media.conversation.captions import Captioner
from services.media.conversation.listening import Listener, Lost, Opened, State, Waits
from services.media.conversation.ports import (
    SAMPLE_RATE_HZ,
    Ending,
    EndOfTurn,
    Heard,
    Hearing,
    Interviews,
    Manner,
    Partial,
    SpeechStarted,
    Turn,
    Utterance,
)
from services.media.conversation.retries import persistently
from services.media.conversation.segments import Segments
from services.media.conversation.speaking import Speaker
from services.media.conversation.tasks import Tasks
from services.media.conversation.turn_taking import TurnTaking
from services.runtime.errors import VivaError

log = structlog.get_logger()
FINAL_WITHIN_S = 2.0  # the last utterance joins the answer later where it takes longer


@dataclass(frozen=True, slots=True)
class Around:
    """What all answers of one interview share."""

    hearing: Hearing
    interviews: Interviews
    segments: Segments
    captions: Captioner
    speaker: Speaker
    tasks: Tasks
    tell: Callable[[Mapping[str, object]], None]
    became: Callable[[State, str], None]
    keep_seen: Callable[[], Awaitable[None]]
    waits: Waits


class Answering:
    """Listens from now on, until it is closed."""

    def __init__(self, turn: Turn, manner: Manner, around: Around) -> None:
        self.turn_id = turn.id
        self._manner, self._around = manner, around
        self._floor = TurnTaking(answered=turn.segments > 0)
        start = round(turn.answering_s * SAMPLE_RATE_HZ)
        hearing, waits = around.hearing, around.waits
        self._listener = Listener(hearing, manner, self._heard, around.became, waits, start=start)
        self._listening = around.tasks.spawn(self._listener.run())
        self._submitting: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None
        self._closed = False
        around.segments.begin(turn.id, turn.segments)

    def hear(self, pcm: bytes) -> None:
        if not self._closed:
            self._listener.hear(pcm)

    def skip(self, samples: int) -> None:
        """So much of the answer's time went by while nobody was listened to."""
        self._listener.skip(samples)

    def miss(self, samples: int) -> None:
        """So much of it went by while something may have been said."""
        self._listener.skip(samples)
        if self._listener.has_heard:
            self._lost()

    def resume(self) -> None:
        """Somebody is back, and may need a moment."""
        self._floor.resumed()

    def rest(self) -> None:
        """Nothing is heard for a while: what is being said becomes final."""
        self._around.tasks.spawn(self._listener.settle())

    def submit(self, ending: Ending) -> None:
        """Ends the turn once what was said is stored; however often it is called, once."""
        if self._submitting is None and not self._closed:
            self._submitting = self._around.tasks.spawn(self._submit(ending))

    def end(self) -> None:
        """The turn is over: nothing more is heard."""
        self._closed = True

    async def close(self) -> None:
        """What was said before the end is stored, however late; then nothing is left."""
        await (self._settling or self._listener.settle())
        self._listening.cancel()

    # What is heard

    def _heard(self, heard: Heard | Opened | Lost) -> None:
        match heard:
            case Opened():
                self._floor.interrupted()
            case SpeechStarted(offset):
                self._floor.started(offset)
            case Partial():
                self._hear_partial(heard)
            case Utterance():
                self._hear_utterance(heard)
            case EndOfTurn() if self._floor.may_end(voice_plays=self._around.speaker.is_speaking):
                self.submit(Ending.END_OF_TURN)
            case Lost():
                self._lost()

    def _lost(self) -> None:
        self._around.tell({"type": "lost", "turn_id": self.turn_id})

    def _hear_partial(self, heard: Partial) -> None:
        if self._closed:
            return
        self._around.captions.hear(self.turn_id, heard)
        if self._around.speaker.is_speaking and self._floor.takes_floor(heard):
            self._around.speaker.skip()

    def _hear_utterance(self, said: Utterance) -> None:
        belongs = self._floor.said(said, voice_plays=self._around.speaker.is_speaking)
        self._around.captions.show(self.turn_id, said.text if belongs else "")
        if belongs:
            self._around.segments.add(self.turn_id, said)

    # The end

    async def _submit(self, ending: Ending) -> None:
        """What is heard meanwhile is kept for the case that the turn goes on."""
        self._settling = self._around.tasks.spawn(self._listener.settle())
        self._listener.hold(held=True)
        await asyncio.wait([self._settling], timeout=FINAL_WITHIN_S)
        try:
            if not await self._submitted(ending):
                await self._settling
                await self._submitted(ending)
        except VivaError as error:
            log.info("submit.refused", interview_id=self._manner.interview_id, reason=error.reason)
        if not self._closed:
            self._submitting = self._settling = None
            self._listener.hold(held=False)

    async def _submitted(self, ending: Ending) -> bool:
        """False where nothing has been said so far. Raises what asking again does not mend."""
        around, interview_id = self._around, self._manner.interview_id
        await around.segments.all_stored()
        await around.keep_seen()
        try:
            await persistently(lambda: around.interviews.submit(interview_id, self.turn_id, ending))
        except VivaError as error:
            if error.reason == "ANSWER_EMPTY":
                return False
            raise
        self._closed = True
        around.tell({"type": "submitted", "turn_id": self.turn_id})
        return True
