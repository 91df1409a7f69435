"""The peer that is as plain as can be: every two seconds of a stream are decoded, by themselves.

It takes the place of a Listener. It knows no voice: silence is decoded too, a word on a cut is two halves.
"""

from collections import deque
from typing import Any

from services.stt.engine import Acknowledged, Final, Metrics, StreamEvent, StreamOptions
from services.stt.listening.audio import AudioBuffer
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency

CUT = 2 * 16_000
UNMEASURED = Metrics(0.0, 0.0, 0, 0.0, 0, 0.0)


class NaiveListener:
    def __init__(self, options: StreamOptions, voice: Any, tuning: Any) -> None:
        self._language = options.speech.language
        self._buffer = AudioBuffer(options.start_offset)
        self._decoded = options.start_offset
        self._asked: Task | None = None
        self._out: deque[StreamEvent] = deque()
        self.is_finished = False

    def hear(self, pcm: bytes) -> None:
        self._buffer.append(pcm)

    def flush(self) -> None: ...

    def finish(self) -> None:
        self.is_finished = True

    @property
    def urgency(self) -> Urgency | None:
        waiting = self.backlog
        is_due = waiting >= CUT or (self.is_finished and waiting)
        return Urgency.FINAL if is_due and not self._asked else None

    def next_task(self) -> Task:
        start, end = self._decoded, min(self._decoded + CUT, self._buffer.end)
        audio = self._buffer.read(start, end)
        self._asked = Task(Urgency.FINAL, 1, start, end, audio, language=self._language)
        return self._asked

    def answer(self, hypothesis: Hypothesis) -> None:
        task, self._asked = self._asked, None
        assert task
        self._decoded = task.end
        self._buffer.drop_before(task.end)
        self._out += (
            Final(hypothesis.text, (), UNMEASURED, task.start, task.end, 0.0, self._language),
            Acknowledged(task.end),
        )

    def take_events(self) -> list[StreamEvent]:
        events = list(self._out)
        self._out.clear()
        return events

    @property
    def is_done(self) -> bool:
        return self.is_finished and not self.backlog

    @property
    def backlog(self) -> int:
        return self._buffer.end - self._decoded
