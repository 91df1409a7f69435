"""What a conversation needs of the mesh: ears, the interview, voices, eyes, captions.

Knows no transport. Audio is 16-bit little-endian mono at 16,000 samples a second; offsets count samples
since the answer began. Every method may raise the errors of services.runtime.errors, if not said otherwise.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Protocol

from services.media.recording.recording import Recording

SAMPLE_RATE_HZ = 16_000


class Language(StrEnum):
    KOREAN = "ko"
    ENGLISH = "en"


class Consent(StrEnum):
    """What a candidate may agree to, as far as it concerns media."""

    AUDIO = auto()
    VIDEO = auto()
    RECORDING = auto()


class Policy(StrEnum):
    """What a company does with non-verbal behaviour."""

    OFF = auto()
    OBSERVE = auto()
    SCORED = auto()


@dataclass(frozen=True, slots=True)
class Terms:
    """What media may do for an interview, and what helps it."""

    language: Language
    granted: frozenset[Consent] = frozenset()
    policy: Policy = Policy.OFF
    emotion: bool = False
    hotwords: tuple[str, ...] = ()
    no_camera: bool = False

    @property
    def may_look(self) -> bool:
        return Consent.VIDEO in self.granted and self.policy is not Policy.OFF and not self.no_camera


# Hearing


@dataclass(frozen=True, slots=True)
class Manner:
    """How to listen to one turn."""

    interview_id: str
    language: Language
    hotwords: tuple[str, ...] = ()
    patience_ms: int = 2000


@dataclass(frozen=True, slots=True)
class Word:
    """Times in seconds since the answer began; probability 0 to 1."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """How an utterance was spoken; units as in stt.proto."""

    loudness_dbfs: float = 0.0
    syllables_per_s: float = 0.0
    pauses: int = 0
    pause_total_s: float = 0.0
    fillers: int = 0
    speaking_ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class Partial:
    """What is heard of the utterance that is being spoken; `committed` stays, `unstable` may change."""

    committed: str
    unstable: str
    decoded_to: int

    @property
    def text(self) -> str:
        return f"{self.committed} {self.unstable}".strip()


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something that was said to its end; without text nothing was understood."""

    text: str
    start: int
    end: int
    words: tuple[Word, ...] = ()
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    offset: int


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The speaker has finished the answer."""

    speech_end: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Audio before this offset is not needed any more."""

    offset: int


Heard = Partial | Utterance | SpeechStarted | EndOfTurn | Settled


class HearingStream(Protocol):
    """One task sends while another reads `heard`."""

    async def send(self, offset: int, pcm: bytes) -> None:
        """The audio that follows what was sent before, at most 64 KiB."""
        ...

    async def finish(self) -> None:
        """No more audio comes: the last utterance follows, then `heard` ends."""
        ...

    def heard(self) -> AsyncIterator[Heard]:
        """Everything in order of audio. Read once."""
        ...


class Hearing(Protocol):
    def listen(self, manner: Manner, start: int, said: str) -> AbstractAsyncContextManager[HearingStream]:
        """A stream whose first sample is `start`; entering it waits until a server has taken it.

        `said` is the end of what was understood of the answer so far, at most 1000 characters.
        """
        ...

    async def recognise(self, manner: Manner, pcm: bytes) -> Sequence[Utterance]:
        """A whole recording at once; offsets count from its own first sample."""
        ...


# The interview


class Phase(Enum):
    """How far a turn is."""

    ASKING = auto()
    ANSWERING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """`question` is the whole text once it is asked, what has been released of it before.

    `answering_s` is how long the answer has been awaited, `segments` how much of it is stored already.
    """

    id: str
    number: int
    phase: Phase
    question: str = ""
    generation: int = 0
    patience_ms: int = 2000
    answering_s: float = 0.0
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """An interview as it stands; `turn` is what the newest news is about, None where it is about none.

    `withdrawn`: consent is gone, and nothing of it may be kept.
    """

    turn: Turn | None = None
    paused: bool = False
    over: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """More of a question in the making; a higher generation begins it anew."""

    turn_id: str
    generation: int
    text: str


class Ending(StrEnum):
    """What ended an answer."""

    BUTTON = auto()
    END_OF_TURN = auto()


class Interviews(Protocol):
    async def terms(self, interview_id: str) -> Terms:
        """Raises NotFound, FailedPrecondition (the interview is over)."""
        ...

    def follow(self, interview_id: str) -> AsyncGenerator[Standing | Piece, None]:
        """First how it stands, then what changes, without an end; a lost session is found again.

        Raises only what asking again does not mend.
        """
        ...

    async def append(self, interview_id: str, turn_id: str, number: int, said: Utterance) -> None:
        """Stores a turn's utterance; idempotent by its number."""
        ...

    async def submit(self, interview_id: str, turn_id: str, ending: Ending) -> None:
        """Ends the turn; a turn that is closed already stays as it is."""
        ...

    async def observe(
        self, interview_id: str, turn_id: str, number: int, seen: Sequence["Observation"]
    ) -> None:
        """Keeps at most 64 observations of a turn; idempotent by the batch's number."""
        ...


# Speaking


@dataclass(frozen=True, slots=True)
class Sound:
    pcm: bytes
    rate_hz: int


class Voices(Protocol):
    def speak(self, text: str, language: Language) -> AsyncGenerator[Sound, None]:
        """At most 1000 characters as sound. FailedPrecondition, NotFound: no voice is installed."""
        ...


# Looking


@dataclass(frozen=True, slots=True)
class Frame:
    """A JPEG; `at_ms` counts from the stream's start and rises."""

    jpeg: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What one picture shows of a face; units as in vision.proto."""

    at_ms: int
    faces: int = 0
    gaze_on_camera: float = 0.0
    eye_closure: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    smile: float = 0.0
    face_x: float = 0.0
    face_y: float = 0.0
    face_height: float = 0.0
    expression: str = ""
    expression_score: float = 0.0


class Eyes(Protocol):
    def look(
        self, interview_id: str, terms: Terms, frames: AsyncIterator[Frame]
    ) -> AsyncGenerator[Observation, None]:
        """An observation for each frame that was looked at; ends with the frames."""
        ...


# Captions


class Captions(Protocol):
    def publish(self, interview_id: str, caption: Mapping[str, object]) -> None:
        """Passes a caption on to whoever shows it. Never waits or raises; it may be lost."""
        ...


# Recording


class Recordings(Protocol):
    async def open(self, interview_id: str) -> Recording:
        """A new recording of the interview, beside those that it has."""
        ...
