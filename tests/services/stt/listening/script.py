"""A speaker without sound: voice by the loudness of a window, answers by a script."""

import numpy as np

from services.stt.engine import Final, Language, Speech, StreamEvent, StreamOptions
from services.stt.listening.audio import Samples
from services.stt.listening.gate import WINDOW
from services.stt.listening.hypothesis import HeardWord, Hypothesis, Task
from services.stt.listening.listener import Listener, Tuning

LOUD = np.full(WINDOW, 8000, "<i2").tobytes()
QUIET = bytes(2 * WINDOW)
OPTIONS = StreamOptions(Speech(Language.KOREAN), patience_ms=800)
WINDOW_S = WINDOW / 16_000


def voice(window: Samples) -> float:
    return 0.99 if float(np.abs(window).max()) > 0.1 else 0.01


def words(text: str) -> tuple[HeardWord, ...]:
    return tuple(HeardWord(word, (index,)) for index, word in enumerate(text.split()))


def spoken(seconds: float) -> bytes:
    return LOUD * round(seconds / WINDOW_S)


def quiet(seconds: float) -> bytes:
    return QUIET * round(seconds / WINDOW_S)


def counted(task: Task) -> Hypothesis:
    """A word for each half second of the audio, and always the same."""
    return Hypothesis(words(" ".join(f"말{index}" for index in range(len(task.samples) // 8000))), -0.1, 0.0)


class Speaker:
    """Drives one listener with a decoder that answers at once."""

    def __init__(
        self, options: StreamOptions = OPTIONS, tuning: Tuning | None = None, answer=counted
    ) -> None:
        self.listener = Listener(options, voice, tuning)
        self.tasks: list[Task] = []
        self.events: list[StreamEvent] = []
        self._answer = answer

    def say(self, pcm: bytes, piece: int = 2 * WINDOW) -> "Speaker":
        for at in range(0, len(pcm), piece):
            self.listener.hear(pcm[at : at + piece])
            self.work()
        return self

    def finish(self) -> list[StreamEvent]:
        self.listener.finish()
        self.work()
        return self.events

    def work(self) -> None:
        self.events += self.listener.take_events()
        while self.listener.urgency is not None:
            task = self.listener.next_task()
            self.tasks.append(task)
            self.listener.answer(self._answer(task))
            self.events += self.listener.take_events()

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        return " ".join(final.text for final in self.of(Final))
