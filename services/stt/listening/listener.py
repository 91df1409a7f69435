"""Follows one speaker: audio in, decoding tasks out; answers in, events out. Time is counted in samples.

Knows no model, no thread and no clock: the same audio and answers give the same events.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.stt.engine import (
    SAMPLE_RATE_HZ,
    Acknowledged,
    EndOfTurn,
    SpeechEnded,
    SpeechStarted,
    StreamEvent,
    StreamOptions,
)
from services.stt.listening.audio import AudioBuffer, Samples
from services.stt.listening.delivery import Window
from services.stt.listening.endings import ends_a_sentence, rule_for
from services.stt.listening.gate import WINDOW, WINDOWS_TO_START, VoiceGate
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency
from services.stt.listening.utterance import Pause, Utterance, told_elsewhere

Voice = Callable[[Samples], float]
"""Probability that somebody speaks in the next window of one stream."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Seconds. A silence of `utterance_silence_s` ends an utterance, of `sentence_silence_s` one whose
    text is a whole sentence; after `cut_after_s` a pause of `cut_pause_s` does, after `longest_s` anything.

    Captions decode at least `captioned_s` of an utterance, and no audio before the last pause before that.
    After `hush_s` of silence no caption is begun: a final, soon wanted if nobody goes on, would wait for it.
    Captions of so many streams that they are rarer than `partial_at_least_every_s` are too many.
    """

    partial_every_s: float = 0.4
    partial_at_least_every_s: float = 1.0
    guess_after_s: float = 0.2
    hush_s: float = 0.06
    utterance_silence_s: float = 0.5
    sentence_silence_s: float = 0.35
    pre_roll_windows: int = 10
    cut_after_s: float = 10.0
    cut_pause_s: float = 0.16
    longest_s: float = 25.0
    cut_within_s: float = 3.0
    captioned_s: float = 2.0
    ack_every_s: float = 1.0
    wants_partials: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """Where the samples heard so far are: heard = decoded + gated + pending."""

    heard: int
    decoded: int
    gated: int
    pending: int


def samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)


class Listener:
    """After each `hear` and `answer`: `take_events`, and `next_task` where there is an `urgency`."""

    def __init__(self, options: StreamOptions, voice: Voice, tuning: Tuning | None = None) -> None:
        self.is_finished = False
        self._options = options
        self._voice = voice
        self._tuning = tuning or Tuning()
        self._buffer = AudioBuffer(options.start_offset)
        self._start = options.start_offset
        self._at = options.start_offset
        self._boundary = options.start_offset
        self._acked = options.start_offset
        self._gate = VoiceGate()
        self._recent: deque[Window] = deque(maxlen=WINDOWS_TO_START)
        self._current: Utterance | None = None
        self._last: Utterance | None = None
        self._count = 0
        self._pending: deque[Utterance | StreamEvent] = deque()
        self._asked: tuple[Task, Utterance] | None = None
        self._turn_text = options.turn_text
        self._language = options.speech.language
        self._out: list[StreamEvent] = []
        self._decoded = self._gated = 0
        if options.turn_text:
            self._last = told_elsewhere(options.start_offset)
            self._pending.append(self._last)

    # Audio

    def hear(self, pcm: bytes) -> None:
        self._buffer.append(pcm)
        while self._buffer.end - self._at >= WINDOW:
            window = self._buffer.read(self._at, self._at + WINDOW)
            self._at += WINDOW
            self._step(Window(self._voice(window), float(np.mean(window * window))))
            self._buffer.drop_before(self._settled_to())

    def flush(self) -> None:
        """Ends the utterance that is being spoken, if there is one."""
        if self._current:
            self._close(self._current, self._at)
        self._settle()

    def finish(self) -> None:
        """What is less than a window belongs to the speech before it, or to the silence."""
        self.is_finished = True
        self._at = self._buffer.end
        self.flush()
        if self._last:
            self._last.is_followed = True
        self._gate_up_to(self._at)
        self._settle()

    def _step(self, window: Window) -> None:
        self._gate.hear(window.probability)
        self._recent.append(window)
        if self._current:
            self._follow(self._current, window)
        elif self._gate.is_open:
            self._begin()
        else:
            self._stay_silent()

    def _stay_silent(self) -> None:
        if self._last:
            self._last.silence_after += WINDOW
        self._gate_up_to(self._at - self._kept_for_pre_roll)
        self._settle()

    def _begin(self) -> None:
        spoken_at = self._at - WINDOWS_TO_START * WINDOW
        self._gate_up_to(self._at - self._kept_for_pre_roll)
        self._pending.append(SpeechStarted(max(spoken_at, self._boundary)))
        self._open(max(spoken_at, self._boundary), list(self._recent))

    def _open(self, spoken_at: int, windows: list[Window]) -> None:
        self._count += 1
        last = self._last
        if last:
            last.is_followed = True
        before = last if last and last.is_cut else None
        start = self._boundary
        self._current = Utterance(
            self._count, start, spoken_at, before, windows, caption_from=start, decoded_to=spoken_at
        )
        self._settle()

    def _follow(self, utterance: Utterance, window: Window) -> None:
        tuning = self._tuning
        utterance.windows.append(window)
        quiet = self._gate.quiet_windows * WINDOW
        length = self._at - utterance.start
        if not quiet:
            utterance.voiced_to = self._at
        if not quiet and utterance.guess_to is not None:
            utterance.resume()
        is_over = quiet >= self._silence_that_ends(utterance)
        is_long = length >= samples(tuning.cut_after_s)
        if is_over or (is_long and quiet >= samples(tuning.cut_pause_s)):
            self._close(utterance, self._at - quiet, is_cut=not is_over)
        elif length >= samples(tuning.longest_s):
            self._cut_where_it_is_quietest(utterance)
        elif quiet >= samples(tuning.guess_after_s) and utterance.guess_to is None:
            utterance.guess_to = self._at

    @property
    def _longest_silence(self) -> int:
        return samples(min(self._tuning.utterance_silence_s, self._options.patience_ms / 1000))

    @property
    def _kept_for_pre_roll(self) -> int:
        return (self._tuning.pre_roll_windows + WINDOWS_TO_START) * WINDOW

    def _silence_that_ends(self, utterance: Utterance) -> int:
        if utterance.guess and ends_a_sentence(utterance.guess.text, utterance.guess.turn_complete):
            return min(self._longest_silence, samples(self._tuning.sentence_silence_s))
        return self._longest_silence

    def _close(self, utterance: Utterance, speech_end: int, *, is_cut: bool = False) -> None:
        utterance.silence_after = self._at - speech_end
        self._gate.rest()
        self._pending.append(SpeechEnded(speech_end))
        self._hand_over(utterance, speech_end, self._at, is_cut=is_cut)

    def _cut_where_it_is_quietest(self, utterance: Utterance) -> None:
        """Nobody paused: the next utterance begins in mid-speech, which is no end and no start of it."""
        last = round(self._tuning.cut_within_s * SAMPLE_RATE_HZ / WINDOW)
        back = min(range(1, last + 1), key=lambda windows: utterance.windows[-windows].probability)
        cut = self._at - back * WINDOW
        rest = utterance.windows[-back:]
        del utterance.windows[-back:]
        self._hand_over(utterance, cut, cut, is_cut=True)
        self._open(cut, rest)

    def _hand_over(self, utterance: Utterance, speech_end: int, closed_at: int, *, is_cut: bool) -> None:
        utterance.speech_end, utterance.closed_at, utterance.is_cut = speech_end, closed_at, is_cut
        if utterance.guess_to is None or utterance.guess_to > closed_at:
            utterance.resume()
            utterance.guess_to = closed_at
        self._boundary = closed_at
        self._current, self._last = None, utterance
        self._pending.append(utterance)
        self._settle()

    def _gate_up_to(self, offset: int) -> None:
        if offset > self._boundary:
            self._gated += offset - self._boundary
            self._boundary = offset

    # Decoding

    @property
    def urgency(self) -> Urgency | None:
        """Of the next task; None when there is none or one is under way."""
        if self._asked:
            return None
        if self._next_final():
            return Urgency.FINAL
        return Urgency.PARTIAL if self._wants_partial() else None

    def next_task(self) -> Task:
        """The most urgent decoding, over all audio that it may use by now; while there is an `urgency`."""
        utterance = self._next_final()
        if utterance:
            task = self._task(Urgency.FINAL, utterance, utterance.start, utterance.guess_to or self._at)
        else:
            assert self._current  # noqa: S101
            utterance, self._current.decoded_to = self._current, self._at
            task = self._task(Urgency.PARTIAL, utterance, utterance.caption_from, self._at)
        self._asked = task, utterance
        return task

    def answer(self, hypothesis: Hypothesis) -> None:
        """To the task that was taken last."""
        assert self._asked  # noqa: S101
        (task, utterance), self._asked = self._asked, None
        is_last = task.urgency is Urgency.FINAL and task.end == utterance.guess_to
        is_taken = not is_last or utterance.conclude(task, hypothesis)
        if is_taken and not utterance.is_settled:
            self._caption(task, utterance, hypothesis)
        self._settle()

    def _next_final(self) -> Utterance | None:
        over = (each for each in self._pending if isinstance(each, Utterance) and each.wants_final)
        current = self._current if self._current and self._current.wants_final else None
        return next(over, current)

    def _wants_partial(self) -> bool:
        current = self._current
        if not (current and self._tuning.wants_partials and current.guess_to is None):
            return False
        if self._gate.quiet_windows * WINDOW >= samples(self._tuning.hush_s):
            return False
        is_due = self._at - current.decoded_to >= samples(self._tuning.partial_every_s)
        return is_due and current.voiced_to > current.decoded_to

    def _task(self, urgency: Urgency, utterance: Utterance, start: int, end: int) -> Task:
        audio = self._buffer.read(start, end)
        prefix, prompt = utterance.begun(urgency), utterance.prompt(urgency)
        return Task(urgency, utterance.number, start, end, audio, prefix, prompt, self._language)

    def _caption(self, task: Task, utterance: Utterance, hypothesis: Hypothesis) -> None:
        if not hypothesis.words:
            return
        caption = utterance.hear(task, hypothesis)
        if task.urgency is Urgency.FINAL:
            middle = task.end - samples(self._tuning.guess_after_s) // 2
            utterance.pauses.append(Pause(middle, hypothesis.words))
        utterance.settle(task.end - samples(self._tuning.captioned_s))
        (utterance.late if utterance.is_over else self._pending).append(caption)

    # Events

    def take_events(self) -> list[StreamEvent]:
        events, self._out = self._out, []
        return events

    @property
    def is_done(self) -> bool:
        """Nothing will come any more."""
        return self.is_finished and not self._pending

    @property
    def backlog(self) -> int:
        """Samples heard and not settled."""
        return self._buffer.end - self._settled_to()

    def tally(self) -> Tally:
        open_since = self._current.start if self._current else self._boundary
        waiting = [each for each in self._pending if isinstance(each, Utterance) and not each.is_told]
        pending = self._buffer.end - open_since + sum((each.closed_at or 0) - each.start for each in waiting)
        return Tally(self._buffer.end - self._start, self._decoded, self._gated, pending)

    def _settle(self) -> None:
        told = False
        while self._pending:
            head = self._pending[0]
            if isinstance(head, Utterance):
                told = self._tell(head) or told
                if not (head.is_told and self._turn_is_settled(head)):
                    break
            else:
                self._out.append(head)
            self._pending.popleft()
        self._acknowledge(at_once=told or self.is_done)

    def _tell(self, utterance: Utterance) -> bool:
        """Whether its final was told now."""
        if utterance.is_told or not utterance.is_settled:
            return False
        final = utterance.final(self._language)
        self._out += [*utterance.late, final]
        self._language = final.language
        self._turn_text = final.text or self._turn_text
        utterance.is_told, utterance.before = True, None
        self._decoded += (utterance.guess_to or 0) - utterance.start
        self._gated += (utterance.closed_at or 0) - (utterance.guess_to or 0)
        return True

    def _turn_is_settled(self, utterance: Utterance) -> bool:
        """Whether the silence after it ended the turn, or can not any more."""
        if not self._turn_text:
            return True
        guess = utterance.guess
        rule = rule_for(self._turn_text, guess.turn_complete if guess else None)
        patience = samples(self._options.patience_ms / 1000 * rule.factor)
        waited = -(-max(patience, self._longest_silence) // WINDOW) * WINDOW
        if utterance.silence_after < waited:
            return utterance.is_followed
        waited_ms = waited * 1000 // SAMPLE_RATE_HZ
        self._out.append(EndOfTurn(utterance.speech_end, waited_ms, rule.name))
        self._turn_text = ""
        return True

    def _settled_to(self) -> int:
        """Nothing before it is needed any more, here or elsewhere."""
        waiting = (each for each in self._pending if isinstance(each, Utterance) and not each.is_told)
        first = next(waiting, self._current)
        return first.start if first else self._boundary

    def _acknowledge(self, *, at_once: bool) -> None:
        offset = self._settled_to()
        if at_once or offset - self._acked >= samples(self._tuning.ack_every_s):
            self._acked = offset
            self._out.append(Acknowledged(offset))
