"""The outgoing track: what is played comes out once, whole, and in time."""

import asyncio

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from av import CodecContext, Packet

from services.media.engines.webrtc import voice
from services.media.engines.webrtc.voice import (
    FADE_FRAMES,
    FRAME_SAMPLES,
    SILENCE,
    Encoding,
    Speech,
    VoiceTrack,
)
from tests.services.media.engines.webrtc.browser import tone

pytestmark = pytest.mark.unit


def said(speech: Speech) -> np.ndarray:
    frames = list(iter(speech.next_frame, None))
    return np.frombuffer(b"".join(frames), "<i2")


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_any_rate_comes_out_at_48_khz_as_it_was(rate_hz: int) -> None:
    speech = Speech()
    speech.add(tone(440, 1, rate_hz).tobytes(), rate_hz)
    out, wanted = said(speech).astype(float), tone(440, 1, 48_000).astype(float)
    assert 0 <= len(out) - 48_000 < 2 * FRAME_SAMPLES
    assert np.corrcoef(out[1_000:46_000], wanted[1_000:46_000])[0, 1] > 0.999


def test_pieces_join_without_a_seam_whatever_their_length() -> None:
    whole, speech = tone(440, 1, 22_050), Speech()
    for start in range(0, len(whole), 371):
        speech.add(whole[start : start + 371].tobytes(), 22_050)
    out, wanted = said(speech).astype(float), tone(440, 1, 48_000).astype(float)
    assert np.corrcoef(out[1_000:46_000], wanted[1_000:46_000])[0, 1] > 0.999


def test_a_change_of_rate_loses_nothing() -> None:
    speech = Speech()
    speech.add(tone(440, 0.5, 16_000).tobytes(), 16_000)
    speech.add(tone(440, 0.5, 48_000).tobytes(), 48_000)
    assert 0 <= len(said(speech)) - 48_000 < 2 * FRAME_SAMPLES


def test_what_is_dropped_is_not_said_and_nothing_is_nothing() -> None:
    speech = Speech()
    assert not speech
    speech.add(b"", 16_000)
    speech.add(b"\x01", 16_000)
    assert said(speech).size == 0
    speech.add(tone(440, 1, 16_000).tobytes(), 16_000)
    assert speech
    speech.drop()
    assert not speech
    assert speech.next_frame() is None


async def test_frames_come_by_the_clock_and_a_long_stop_skips_their_moments() -> None:
    loop, heard = asyncio.get_running_loop(), list[bytes]()
    skipped = 0.0
    track = VoiceTrack(lambda: loop.time() + skipped, heard.append)
    track.play(tone(440, 0.04, 48_000).tobytes(), 48_000)
    assert track.playing
    frames = [await track.recv() for _ in range(3)]
    assert [frame.pts for frame in frames] == [0, 960, 1_920]
    assert heard[2] == SILENCE
    assert track.playing
    skipped = 10.0
    assert not track.playing
    assert (await track.recv()).pts >= 10 * 48_000
    track.stop()
    with pytest.raises(MediaStreamError):
        await track.recv()


def decoded(packets: list[bytes]) -> np.ndarray:
    decoder = CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.format, decoder.layout = 48_000, "s16", "mono"
    frames = [frame for packet in packets for frame in decoder.decode(Packet(packet))]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def frames_of(pcm: np.ndarray) -> list[bytes]:
    return [each.tobytes() for each in pcm.reshape(-1, FRAME_SAMPLES)]


def test_speech_between_lasting_silences_is_heard_and_only_it() -> None:
    encoding, quiet = Encoding(), [None] * (4 * FADE_FRAMES)
    packets = [encoding.packet(each) for each in (*quiet, *frames_of(tone(660, 1, 48_000)), *quiet)]
    out, before = decoded(packets).astype(float), len(quiet) * FRAME_SAMPLES
    loud = np.flatnonzero(np.abs(out) > 2_000)
    assert 0 <= loud[0] - before < FRAME_SAMPLES
    assert 48_000 - FRAME_SAMPLES < loud[-1] - loud[0] < 48_000 + FRAME_SAMPLES
    assert np.abs(out[before + 48_000 + 2 * FRAME_SAMPLES :]).max() < 50
    spectrum = np.abs(np.fft.rfft(out[loud[0] : loud[0] + 48_000])) ** 2
    assert spectrum[650:671].sum() / spectrum.sum() > 0.99


def test_what_is_repeated_of_lasting_silence_is_what_would_be_encoded_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken, quiet = frames_of(tone(660, 1, 48_000)), [None] * (2 * FADE_FRAMES)
    repeated = packets_of(spoken, quiet)
    monkeypatch.setattr(voice, "FADE_FRAMES", 10 * FADE_FRAMES)
    assert packets_of(spoken, quiet) == repeated


def packets_of(*frames: list[bytes] | list[None]) -> list[bytes]:
    encoding = Encoding()
    return [encoding.packet(each) for some in frames for each in some]
