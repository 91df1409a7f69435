"""Reads requests from the wire and refuses what stt.proto does not allow. Knows no engine."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from viva.v1 import common_pb2
from viva.v1 import stt_pb2 as pb

from services.runtime.errors import OutOfRange
from services.runtime.requests import at_most, refuse, within
from services.stt.engine import SAMPLE_RATE_HZ, Language, Speech, StreamOptions

MAX_HOTWORDS = 64
MAX_HOTWORD = 64
MIN_PATIENCE_MS = 200
MAX_PATIENCE_MS = 10_000
MAX_INTERVIEW_ID = 128
MAX_TURN_TEXT = 1000
MAX_CHUNK_BYTES = 64 * 1024
MAX_PIECE_BYTES = 1024 * 1024
MAX_RECORDING_BYTES = 256 * 1024 * 1024
BYTES_PER_SAMPLE = 2
# Beyond this a start offset is no answer's: a day of audio.
MAX_START_OFFSET = 24 * 3600 * SAMPLE_RATE_HZ

_LANGUAGES: dict[int, Language | None] = {
    common_pb2.LANGUAGE_UNSPECIFIED: None,
    common_pb2.LANGUAGE_KO: Language.KOREAN,
    common_pb2.LANGUAGE_EN: Language.ENGLISH,
}


@dataclass(frozen=True, slots=True)
class Flush:
    pass


@dataclass(frozen=True, slots=True)
class Finish:
    pass


@dataclass
class IncomingStream:
    """What may follow what in one StreamingRecognize call: config, then audio without a gap, then finish."""

    max_stream_s: float
    _expected: int = field(default=0, init=False)
    _last: float = field(default=0, init=False)

    def begin(self, request: pb.StreamingRecognizeRequest) -> StreamOptions:
        if request.WhichOneof("request") != "config":
            refuse("request", "must begin with a config")
        options = read_stream_options(request.config)
        self._expected = options.start_offset
        self._last = options.start_offset + self.max_stream_s * SAMPLE_RATE_HZ
        return options

    def take(self, request: pb.StreamingRecognizeRequest) -> bytes | Flush | Finish:
        kind = request.WhichOneof("request")
        if kind == "flush":
            return Flush()
        if kind == "finish":
            return Finish()
        if kind != "audio":
            refuse("request", "must be audio, flush or finish; the config comes first and once")
        return self._audio(request.audio)

    def _audio(self, chunk: pb.AudioChunk) -> bytes:
        within("audio.pcm", len(chunk.pcm), 0, MAX_CHUNK_BYTES, "bytes")
        if len(chunk.pcm) % BYTES_PER_SAMPLE:
            refuse("audio.pcm", f"has {len(chunk.pcm)} bytes; a sample has two")
        if chunk.offset != self._expected:
            refuse("audio.offset", f"is {chunk.offset}, but the next sample is {self._expected}")
        self._expected += len(chunk.pcm) // BYTES_PER_SAMPLE
        if self._expected > self._last:
            raise OutOfRange(
                "STT_STREAM_TOO_LONG",
                f"a stream may last {self.max_stream_s:g} seconds; open another with start_offset",
            )
        return chunk.pcm


def read_stream_options(config: pb.StreamingConfig) -> StreamOptions:
    within(
        "config.sample_rate_hz", config.sample_rate_hz, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ, "samples per second"
    )
    return StreamOptions(
        speech=_speech(config),
        patience_ms=within("config.patience_ms", config.patience_ms, MIN_PATIENCE_MS, MAX_PATIENCE_MS, "ms"),
        start_offset=within("config.start_offset", config.start_offset, 0, MAX_START_OFFSET, "samples"),
        interview_id=at_most("config.interview_id", config.interview_id, MAX_INTERVIEW_ID),
        turn_text=at_most("config.turn_text", config.turn_text, MAX_TURN_TEXT),
    )


def read_recognize_config(request: pb.RecognizeRequest) -> Speech:
    if request.WhichOneof("request") != "config":
        refuse("request", "must begin with a config")
    return _speech(request.config)


def read_piece(request: pb.RecognizeRequest, so_far: int) -> bytes:
    """The next bytes of a recording of which `so_far` bytes came already."""
    if request.WhichOneof("request") != "data":
        refuse("request", "must be data; the config comes first and once")
    within("data", len(request.data), 0, MAX_PIECE_BYTES, "bytes")
    if so_far + len(request.data) > MAX_RECORDING_BYTES:
        raise OutOfRange("STT_RECORDING_TOO_LARGE", f"a recording may have {MAX_RECORDING_BYTES} bytes")
    return request.data


def _speech(config: pb.StreamingConfig | pb.RecognizeConfig) -> Speech:
    if config.language not in _LANGUAGES:
        refuse("config.language", "must be KO, EN or unspecified")
    return Speech(_LANGUAGES[config.language], _hotwords(config.hotwords), config.word_timestamps)


def _hotwords(words: Iterable[str]) -> tuple[str, ...]:
    found = tuple(words)
    within("config.hotwords", len(found), 0, MAX_HOTWORDS, "terms")
    for index, word in enumerate(found):
        within(f"config.hotwords[{index}]", len(word), 1, MAX_HOTWORD, "characters")
    return found
