"""The port of a speech recogniser: one shared model, one session object per stream.

Knows nothing of gRPC, protos, weights or CTranslate2. Audio is little-endian signed 16-bit mono PCM
at 16,000 samples per second; offsets count samples since the answer began.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from typing import IO, Protocol

from services.runtime.capability import Capability

SAMPLE_RATE_HZ = 16_000


class Language(Enum):
    KOREAN = "ko"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Speech:
    """How to listen; no language lets the model detect it."""

    language: Language | None = None
    hotwords: tuple[str, ...] = ()
    word_timestamps: bool = False


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """`patience_ms` is the silence that ends a turn; `start_offset` the first sample to come.

    `turn_text` was understood, by an earlier stream, of a turn that is still open.
    """

    speech: Speech
    patience_ms: int
    start_offset: int = 0
    interview_id: str = ""
    turn_text: str = ""


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

    loudness_dbfs: float
    syllables_per_s: float
    pauses: int
    pause_total_s: float
    fillers: int
    speaking_ratio: float


@dataclass(frozen=True, slots=True)
class Partial:
    """`committed` words never change in this utterance, `unstable` ones may."""

    committed: str
    unstable: str
    decoded_offset: int


@dataclass(frozen=True, slots=True)
class Final:
    """An utterance that has ended."""

    text: str
    words: tuple[Word, ...]
    metrics: Metrics
    start_offset: int
    end_offset: int
    avg_log_prob: float
    language: Language | None


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    offset: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    offset: int


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    speech_end_offset: int
    waited_ms: int
    rule: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Audio before this offset is settled and need not be sent to another server."""

    processed_offset: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Share of a recording that is recognised, 0 to 1."""

    done: float


@dataclass(frozen=True, slots=True)
class Transcript:
    text: str
    utterances: tuple[Final, ...]
    duration_s: float


StreamEvent = Partial | Final | SpeechStarted | SpeechEnded | EndOfTurn | Acknowledged


@dataclass(frozen=True, slots=True)
class Status:
    """`max_streams` is what the model follows in real time, as measured at start."""

    capability: Capability
    max_streams: int
    open_streams: int


class Stream(Protocol):
    """All state of one speaker. One task pushes while another reads `events`."""

    async def push(self, pcm: bytes) -> None:
        """Takes the audio that follows what was pushed before; waits only if the engine is far behind."""
        ...

    async def flush(self) -> None:
        """Ends the current utterance: its final follows."""
        ...

    async def finish(self) -> None:
        """No more audio comes: the last final follows, then `events` ends."""
        ...

    def events(self) -> AsyncGenerator[StreamEvent, None]:
        """Every event in order of audio. Finals are never skipped; partials are when late. Read once."""
        ...

    async def aclose(self) -> None:
        """Frees the place at once and ends `events`; results that come later are dropped. Safe to repeat."""
        ...


class Engine(Protocol):
    """One model that follows many streams."""

    def status(self) -> Status:
        """Facts and load of this moment; never waits."""
        ...

    async def open_stream(self, options: StreamOptions) -> Stream:
        """Raises ResourceExhausted beyond real-time capacity."""
        ...

    def transcribe(self, recording: IO[bytes], speech: Speech) -> AsyncGenerator[Progress | Transcript, None]:
        """Yields progress, then exactly one transcript. Closing it stops the work.

        Raises before its first step: ResourceExhausted, InvalidArgument (no audio in it), OutOfRange
        (over 30 minutes).
        """
        ...

    async def aclose(self) -> None:
        """Ends all streams and frees the model. Safe to repeat."""
        ...
