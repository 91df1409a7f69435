"""What stt.proto allows and what it does not, at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import common_pb2
from viva.v1 import stt_pb2 as pb

from services.runtime.errors import InvalidArgument, OutOfRange
from services.stt.engine import SAMPLE_RATE_HZ, Language
from services.stt.requests import (
    MAX_RECORDING_BYTES,
    Finish,
    Flush,
    IncomingStream,
    read_piece,
    read_recognize_config,
)

pytestmark = pytest.mark.unit


def config(**fields: object) -> pb.StreamingRecognizeRequest:
    values = {"sample_rate_hz": 16_000, "patience_ms": 800, **fields}
    return pb.StreamingRecognizeRequest(config=pb.StreamingConfig(**values))  # type: ignore[arg-type]


def audio(offset: int, pcm: bytes = bytes(640)) -> pb.StreamingRecognizeRequest:
    return pb.StreamingRecognizeRequest(audio=pb.AudioChunk(offset=offset, pcm=pcm))


def begun(start_offset: int = 0, max_stream_s: float = 60.0) -> IncomingStream:
    incoming = IncomingStream(max_stream_s)
    incoming.begin(config(start_offset=start_offset))
    return incoming


@pytest.mark.parametrize(
    "fields",
    [
        {"language": common_pb2.LANGUAGE_EN},
        {"hotwords": ["용" * 64] * 64},
        {"patience_ms": 200},
        {"patience_ms": 10_000},
        {"interview_id": "i" * 128},
        {"start_offset": 24 * 3600 * SAMPLE_RATE_HZ},
    ],
    ids=str,
)
def test_the_last_value_inside_a_limit_is_allowed(fields: dict[str, object]) -> None:
    IncomingStream(60.0).begin(config(**fields))


@pytest.mark.parametrize(
    ("fields", "violated"),
    [
        ({"sample_rate_hz": 48_000}, "config.sample_rate_hz"),
        ({"sample_rate_hz": 0}, "config.sample_rate_hz"),
        ({"language": 9}, "config.language"),
        ({"hotwords": ["w"] * 65}, "config.hotwords"),
        ({"hotwords": ["w", "w" * 65]}, "config.hotwords[1]"),
        ({"hotwords": [""]}, "config.hotwords[0]"),
        ({"patience_ms": 199}, "config.patience_ms"),
        ({"patience_ms": 10_001}, "config.patience_ms"),
        ({"interview_id": "i" * 129}, "config.interview_id"),
        ({"start_offset": -1}, "config.start_offset"),
        ({"start_offset": 2**62}, "config.start_offset"),
    ],
    ids=str,
)
def test_the_first_value_outside_a_limit_is_refused_by_its_field(
    fields: dict[str, object], violated: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        IncomingStream(60.0).begin(config(**fields))
    assert list(refusal.value.violations) == [violated]


@pytest.mark.parametrize("request_", [pb.StreamingRecognizeRequest(), audio(0)], ids=["nothing", "audio"])
def test_a_stream_begins_with_a_config(request_: pb.StreamingRecognizeRequest) -> None:
    with pytest.raises(InvalidArgument):
        IncomingStream(60.0).begin(request_)


@pytest.mark.parametrize("request_", [pb.StreamingRecognizeRequest(), config()], ids=["nothing", "config"])
def test_after_the_config_comes_audio_flush_or_finish(request_: pb.StreamingRecognizeRequest) -> None:
    with pytest.raises(InvalidArgument):
        begun().take(request_)


def test_flush_and_finish_are_told_apart() -> None:
    incoming = begun()
    assert isinstance(incoming.take(pb.StreamingRecognizeRequest(flush=pb.Flush())), Flush)
    assert isinstance(incoming.take(pb.StreamingRecognizeRequest(finish=pb.Finish())), Finish)


@pytest.mark.parametrize("size", [1, 641, 65_537, 65_538])
def test_odd_or_oversized_audio_is_refused(size: int) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        begun().take(audio(0, bytes(size)))
    assert list(refusal.value.violations) == ["audio.pcm"]


def test_empty_audio_and_the_largest_piece_are_allowed() -> None:
    incoming = begun()
    assert incoming.take(audio(0, b"")) == b""
    assert incoming.take(audio(0, bytes(65_536))) == bytes(65_536)


@given(
    sizes=st.lists(st.integers(0, 32_768), max_size=20),
    start=st.integers(0, 10**9),
    shift=st.integers(-999, 999),
)
def test_audio_follows_without_gap_or_overlap(sizes: list[int], start: int, shift: int) -> None:
    incoming = begun(start)
    offset = start
    for size in sizes:
        assert len(incoming.take(audio(offset, bytes(2 * size)))) == 2 * size
        offset += size
    if shift and offset + shift >= 0:
        with pytest.raises(InvalidArgument) as refusal:
            incoming.take(audio(offset + shift))
        assert list(refusal.value.violations) == ["audio.offset"]


def test_a_stream_longer_than_its_limit_is_out_of_range() -> None:
    incoming = begun(start_offset=500, max_stream_s=1.0)
    incoming.take(audio(500, bytes(2 * SAMPLE_RATE_HZ)))
    with pytest.raises(OutOfRange):
        incoming.take(audio(500 + SAMPLE_RATE_HZ, bytes(2)))


def test_a_recording_is_a_config_then_pieces_up_to_its_limit() -> None:
    request = pb.RecognizeRequest(config=pb.RecognizeConfig(language=common_pb2.LANGUAGE_KO))
    assert read_recognize_config(request).language is Language.KOREAN
    piece = pb.RecognizeRequest(data=bytes(1024 * 1024))
    assert len(read_piece(piece, MAX_RECORDING_BYTES - 1024 * 1024)) == 1024 * 1024
    with pytest.raises(OutOfRange):
        read_piece(piece, MAX_RECORDING_BYTES - 1024 * 1024 + 1)
    with pytest.raises(InvalidArgument):
        read_piece(pb.RecognizeRequest(data=bytes(1024 * 1024 + 1)), 0)
    with pytest.raises(InvalidArgument):
        read_piece(request, 0)
    with pytest.raises(InvalidArgument):
        read_recognize_config(piece)
