"""Recordings in any container: the same words in each, and a clear refusal of what is none."""

import io
import struct
from collections.abc import Iterator

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.errors import InvalidArgument, OutOfRange
from services.stt.engine import Language, Speech, Transcript
from services.stt.engines.ctranslate2.engine import WhisperEngine
from services.stt.engines.ctranslate2.recordings import Recording
from services.stt.listening.audio import Samples
from tests.services.stt.contract import wav
from tests.services.stt.sound import Sentence, music, opened, silence

pytestmark = pytest.mark.model

KOREAN = Speech(Language.KOREAN)
CONTAINERS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "wav 44.1 kHz": ("wav", "pcm_s16le", 44_100),
    "flac": ("flac", "flac", 16_000),
    "ogg opus": ("ogg", "libopus", 48_000),
    "webm opus": ("webm", "libopus", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("mp4", "aac", 44_100),
}


def contained(pcm: bytes, kind: str, layout: str = "mono") -> io.BytesIO:
    """The sound as a file of that kind."""
    form, codec, rate = CONTAINERS[kind]
    file = io.BytesIO()
    with av.open(file, "w", format=form) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=0)
        for frame in [*_frames(pcm), None]:
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    file.seek(0)
    return file


def _frames(pcm: bytes) -> Iterator[av.AudioFrame]:
    samples = np.frombuffer(pcm, "<i2")
    for at in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, at
        yield frame


def decoded(file: io.BytesIO) -> Samples:
    recording = Recording(file)
    try:
        return np.frombuffer(b"".join(recording.blocks()), "<i2").astype(np.float32) / 32768
    finally:
        recording.close()


def heard_of(content: bytes) -> Samples | None:
    """The sound in it; None where it is refused, and no other failure."""
    try:
        return decoded(io.BytesIO(content))
    except (InvalidArgument, OutOfRange):
        return None


async def text_of(engine: WhisperEngine, file: io.BytesIO) -> str:
    (last,) = [e async for e in engine.transcribe(file, KOREAN) if isinstance(e, Transcript)]
    return last.text


@pytest.mark.parametrize("kind", CONTAINERS)
async def test_a_sentence_is_the_same_in_every_container(
    engine: WhisperEngine, spoken: list[Sentence], kind: str
) -> None:
    said = spoken[0]
    assert await text_of(engine, contained(silence(0.5) + said.pcm + silence(1), kind)) == said.text


async def test_two_channels_become_one(engine: WhisperEngine, spoken: list[Sentence]) -> None:
    pcm = silence(0.5) + spoken[0].pcm + silence(1)
    assert await text_of(engine, contained(pcm, "flac", layout="stereo")) == spoken[0].text


@pytest.mark.parametrize("kind", CONTAINERS)
def test_sound_of_a_length_stays_of_that_length(kind: str) -> None:
    assert len(decoded(contained(music(3), kind))) == pytest.approx(3 * 16_000, abs=0.15 * 16_000)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_was_cut_off_gives_what_is_left_of_it_or_a_refusal(kind: str) -> None:
    whole = contained(music(3), kind).getvalue()
    for share in (0.02, 0.3, 0.7):
        found = heard_of(whole[: int(share * len(whole))])
        assert found is None or 0 < len(found) <= 3.2 * 16_000


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(list(CONTAINERS)), seed=st.integers(0, 10_000), share=st.floats(0, 0.2))
def test_bytes_that_were_changed_give_sound_or_a_refusal(kind: str, seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    content = np.frombuffer(contained(music(0.5), kind).getvalue(), np.uint8).copy()
    places = random.integers(0, len(content), int(share * len(content)) + 1)
    content[places] = random.integers(0, 256, len(places))
    found = heard_of(content.tobytes())
    assert found is None or len(found)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 4096, b"RIFF\x24\0\0\0WAVE", b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\n"],
    ids=["empty", "zeros", "half a header", "a playlist", "a list of files"],
)
def test_what_holds_no_audio_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidArgument):
        decoded(io.BytesIO(content))


def test_a_header_that_promises_no_samples_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        decoded(wav(b""))


def test_a_rate_that_no_microphone_has_is_refused() -> None:
    header = bytearray(wav(bytes(32_000)).getvalue())
    struct.pack_into("<I", header, 24, 1_000)
    with pytest.raises(InvalidArgument) as refusal:
        decoded(io.BytesIO(bytes(header)))
    assert "1000 Hz" in str(refusal.value.violations)


def test_more_than_half_an_hour_is_out_of_range_whatever_the_header_says() -> None:
    """A FLAC of silence is small, and without a length in its header only decoding tells."""
    content = bytearray(contained(silence(30 * 60 + 5), "flac").getvalue())
    with pytest.raises(OutOfRange):
        decoded(io.BytesIO(bytes(content)))
    # The number of samples, 36 bits at the end of STREAMINFO, as unknown.
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    with pytest.raises(OutOfRange):
        decoded(io.BytesIO(bytes(content)))


@pytest.fixture
async def engine(korean_whisper):
    async with opened(korean_whisper) as engine:
        yield engine
