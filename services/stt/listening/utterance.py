"""One stretch of speech between two silences or cuts, as far as it is known. Knows no stream."""

from dataclasses import dataclass, field, replace

from services.stt.engine import Final, Language, Partial
from services.stt.listening.agreement import LocalAgreement
from services.stt.listening.delivery import Window, measure
from services.stt.listening.hypothesis import HeardWord, Hypothesis, Task, Urgency, text_of
from services.stt.listening.phrases import plain


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence that the utterance went on after, and what was said before it."""

    middle: int
    words: tuple[HeardWord, ...]


@dataclass
class Utterance:
    """Audio from `start`, which is a little before `spoken_at`; samples. `before` was cut off from it.

    Captions decode from `caption_from`; the audio before it said the words that are `settled`.
    """

    number: int
    start: int
    spoken_at: int
    before: "Utterance | None" = None
    windows: list[Window] = field(default_factory=list)
    agreement: LocalAgreement = field(default_factory=LocalAgreement)
    caption_from: int = 0
    settled: tuple[HeardWord, ...] = ()
    pauses: list[Pause] = field(default_factory=list)
    decoded_to: int = 0
    voiced_to: int = 0
    speech_end: int = 0
    closed_at: int | None = None
    is_cut: bool = False
    silence_after: int = 0
    is_followed: bool = False
    """Something was said after it, or nothing can be any more."""
    guess_to: int | None = None
    """Where the audio of its last decoding ends, once a silence has begun."""
    guess: Hypothesis | None = None
    must_agree: bool = False
    late: list[Partial] = field(default_factory=list)
    is_told: bool = False

    @property
    def is_over(self) -> bool:
        return self.closed_at is not None

    @property
    def wants_final(self) -> bool:
        return self.guess_to is not None and self.guess is None

    @property
    def is_settled(self) -> bool:
        return self.is_over and self.guess is not None

    def prompt(self, urgency: Urgency) -> str:
        """What was said up to the cut that it begins at, and what is settled; an endpoint clears it."""
        before = self.before.guess.text if self.before and self.before.guess else ""
        return before if urgency is Urgency.FINAL else f"{before} {text_of(self.settled)}".strip()

    def begun(self, urgency: Urgency) -> tuple[HeardWord, ...]:
        """What the answer must begin with: a final is free, unless it contradicted what is committed."""
        if urgency is Urgency.PARTIAL:
            return self.agreement.committed[len(self.settled) :]
        return self.agreement.committed if self.must_agree else ()

    def resume(self) -> None:
        """Voice came back: what was decoded at the silence is not the end."""
        self.guess_to = self.guess = None
        self.must_agree = False

    def hear(self, task: Task, answer: Hypothesis) -> Partial:
        self.agreement.hear(self.settled + answer.words if task.urgency is Urgency.PARTIAL else answer.words)
        committed, unstable = text_of(self.agreement.committed), text_of(self.agreement.unstable)
        return Partial(committed, unstable, task.end)

    def settle(self, before: int) -> None:
        """Captions begin after the last pause before that offset whose words are committed."""
        while self.pauses and self.pauses[0].middle <= before:
            pause, committed = self.pauses[0], self.agreement.committed
            if len(committed) < len(pause.words):
                return
            said = committed[: len(pause.words)]
            if plain(text_of(said)) == plain(text_of(pause.words)):
                self.caption_from, self.settled = pause.middle, said
            del self.pauses[0]

    def conclude(self, task: Task, answer: Hypothesis) -> bool:
        """Takes the last decoding; False when it must be asked again, beginning with what is committed."""
        if not self.agreement.allows(answer.words) and not task.prefix:
            self.must_agree = True
            return False
        self.guess = replace(answer, words=self.agreement.kept(answer.words))
        return True

    def final(self, language: Language | None) -> Final:
        """Only once it is settled."""
        assert self.guess is not None  # noqa: S101
        text = self.guess.text
        return Final(
            text=text,
            words=self.guess.times,
            metrics=measure(self.windows, text),
            start_offset=self.spoken_at,
            end_offset=self.speech_end,
            avg_log_prob=self.guess.avg_log_prob,
            language=self.guess.language or language,
        )


def told_elsewhere(offset: int) -> Utterance:
    """The last utterance of a turn that another stream left open: only the silence after it counts."""
    known = Hypothesis()
    return Utterance(0, offset, offset, speech_end=offset, closed_at=offset, guess=known, is_told=True)
