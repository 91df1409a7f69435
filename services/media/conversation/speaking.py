"""Says questions while they are being written, sentence by sentence. Decides no turn."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from enum import StrEnum, auto

import structlog

from services.media.conversation.ports import Language, Piece, Turn, Voices
from services.media.conversation.sentences import cut
from services.media.conversation.tasks import Tasks
from services.media.peer import Peer
from services.runtime.errors import VivaError

log = structlog.get_logger()
LOOK_S = 0.1  # between looks whether the voice has ended


class Voice(StrEnum):
    """NONE: nobody speaks here, the page has to read aloud, until it connects anew."""

    SPEAKING = auto()
    SILENT = auto()
    NONE = auto()


class Speaker:
    """The present question, and how much of it was said. `became` is told each change of the voice."""

    def __init__(
        self,
        voices: Voices,
        language: Language,
        interview_id: str,
        tasks: Tasks,
        became: Callable[[Voice], None],
    ) -> None:
        self._voices, self._language, self._interview_id = voices, language, interview_id
        self._tasks, self._became = tasks, became
        self._peer: Peer | None = None
        self._turn_id = ""
        self._generation = 0
        self._text, self._whole = "", False
        self._taken = 0
        self._sentences: asyncio.Queue[str] = asyncio.Queue()
        self._speaking: asyncio.Task[None] | None = None
        self.state = Voice.SILENT

    @property
    def is_speaking(self) -> bool:
        return self.state is Voice.SPEAKING

    # The question

    def follow(self, turn: Turn, *, asked: bool) -> None:
        """The question as it stands; `asked` when it is whole."""
        question = turn.question.lstrip()
        if turn.id != self._turn_id or not question.startswith(self._text[: self._taken]):
            self._begin(turn.id, turn.generation)
        self._generation = max(self._generation, turn.generation)
        self._text, self._whole = question, asked
        self._say_more()

    def grow(self, piece: Piece) -> None:
        if piece.turn_id != self._turn_id or self._whole or piece.generation < self._generation:
            return
        if piece.generation > self._generation:
            self._begin(piece.turn_id, piece.generation)
        self._text = (self._text + piece.text).lstrip()
        self._say_more()

    def repeat(self) -> None:
        """From the beginning, whatever was said of it."""
        self.stop()
        self._taken = 0
        self._say_more()

    def skip(self) -> None:
        """The question needs no saying any more, not to a later peer either."""
        self.stop()
        self._taken = len(self._text)

    def _begin(self, turn_id: str, generation: int) -> None:
        self.stop()
        self._turn_id, self._generation = turn_id, generation
        self._text, self._whole, self._taken = "", False, 0

    def _say_more(self) -> None:
        if self._peer is None:
            return
        sentences, used = cut(self._text[self._taken :], whole=self._whole)
        self._taken += used
        for each in sentences:
            self._sentences.put_nowait(each)
        if sentences and self._speaking is None:
            self._speaking = self._tasks.spawn(self._speak(self._peer))

    # The voice

    def joined(self, peer: Peer) -> None:
        """What was not said to its end is said to this peer, from the beginning."""
        self._peer, self.state = peer, Voice.SILENT
        self._say_more()

    def left(self) -> None:
        if self._speaking is not None:
            self._taken = 0
        self.stop()
        self._peer = None

    def stop(self) -> None:
        """At once; what was not said stays unsaid."""
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        while not self._sentences.empty():
            self._sentences.get_nowait()
        if self._peer is not None and self.is_speaking:
            self._peer.stop_playing()
            self._tell(Voice.SILENT)

    async def _speak(self, peer: Peer) -> None:
        """Until nothing is left to say and all of it was heard."""
        while not self._sentences.empty() or peer.playing:
            if self._sentences.empty():
                await asyncio.sleep(LOOK_S)
                continue
            await self._say(peer, self._sentences.get_nowait())
        self._speaking = None
        if self.is_speaking:
            self._tell(Voice.SILENT)

    async def _say(self, peer: Peer, sentence: str) -> None:
        if self.state is Voice.NONE:  # two voices at once would be worse than another one
            return
        try:
            async with aclosing(self._voices.speak(sentence, self._language)) as sounds:
                async for sound in sounds:
                    peer.play(sound.pcm, sound.rate_hz)
                    self._tell(Voice.SPEAKING)
        except VivaError as error:
            log.info("voice.failed", interview_id=self._interview_id, reason=error.reason)
            if not self.is_speaking:
                self._tell(Voice.NONE)

    def _tell(self, state: Voice) -> None:
        if state is not self.state:
            self.state = state
            self._became(state)
