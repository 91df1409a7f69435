"""The interviewer's voice as an outgoing track: 20 ms at a time, silence between. Knows no connection."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler, CodecContext, Packet

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50
FRAME_BYTES = FRAME_SAMPLES * 2
FRAME_S = 0.02
LINGER_S = 0.1
LATEST_S = 0.2
SILENCE = bytes(FRAME_BYTES)
BITS_PER_S = 64_000
FADE_FRAMES = 25  # of silence, after which the encoder has forgotten what was said


class Speech:
    """What is still to be said, at 48 kHz."""

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._rate_hz = 0
        self._queued = bytearray()

    def __bool__(self) -> bool:
        return bool(self._queued) or self._resampler is not None

    def add(self, pcm: bytes, rate_hz: int) -> None:
        if rate_hz != self._rate_hz:
            self._end()
        if self._resampler is None:
            self._resampler, self._rate_hz = (
                AudioResampler(format="s16", layout="mono", rate=RATE_HZ),
                rate_hz,
            )
        samples = len(pcm) // 2
        if samples:
            frame = AudioFrame(format="s16", layout="mono", samples=samples)
            frame.planes[0].update(pcm[: samples * 2].ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate = rate_hz
            self._take(self._resampler, frame)

    def next_frame(self) -> bytes | None:
        """20 ms, the last one filled up with silence; None when nothing is left."""
        if len(self._queued) < FRAME_BYTES:
            self._end()  # what the resampler holds back is the end of a word
        if not self._queued:
            return None
        frame = bytes(self._queued[:FRAME_BYTES])
        del self._queued[:FRAME_BYTES]
        return frame.ljust(FRAME_BYTES, b"\0")

    def drop(self) -> None:
        self._resampler = None
        self._queued.clear()

    def _end(self) -> None:
        if self._resampler is not None:
            self._take(self._resampler, None)
            self._resampler = None

    def _take(self, resampler: AudioResampler, frame: AudioFrame | None) -> None:
        for each in resampler.resample(frame):
            self._queued += bytes(each.planes[0])[: each.samples * 2]


class Encoding:
    """20 ms at a time as Opus. Lasting silence is its last packet again: most of a call is silent."""

    def __init__(self) -> None:
        self._encoder = CodecContext.create("libopus", "w")
        self._encoder.sample_rate, self._encoder.bit_rate = RATE_HZ, BITS_PER_S
        self._encoder.format, self._encoder.layout = "s16", "mono"
        self._encoder.options = {"application": "voip"}
        self._encoded = self._silent = 0
        self._packet = b""

    def packet(self, pcm: bytes | None) -> bytes:
        self._silent = 0 if pcm else self._silent + 1
        if self._silent <= FADE_FRAMES:
            self._packet = self._encode(pcm or SILENCE)
        return self._packet

    def _encode(self, pcm: bytes) -> bytes:
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(pcm)
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = self._encoded * FRAME_SAMPLES
        self._encoded += 1
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))


class VoiceTrack(MediaStreamTrack):
    """Sends in real time whatever the connection asks; `said` gets every frame as it goes out."""

    kind = "audio"

    def __init__(self, clock: Callable[[], float], said: Callable[[bytes], None]) -> None:
        super().__init__()
        self._speech, self._encoding = Speech(), Encoding()
        self._clock, self._said = clock, said
        self._begun: float | None = None
        self._sent = 0
        self._spoke = -LINGER_S

    def play(self, pcm: bytes, rate_hz: int) -> None:
        self._speech.add(pcm, rate_hz)

    def stop_playing(self) -> None:
        self._speech.drop()

    @property
    def playing(self) -> bool:
        return bool(self._speech) or self._clock() < self._spoke + LINGER_S

    async def recv(self) -> "Packet[Any]":
        if self.readyState != "live":
            raise MediaStreamError
        await self._pace()
        pcm = self._speech.next_frame()
        if pcm is not None:
            self._spoke = self._clock()
        self._said(pcm or SILENCE)
        packet: Packet[Any] = Packet(self._encoding.packet(pcm))
        packet.time_base, packet.pts = Fraction(1, RATE_HZ), self._sent * FRAME_SAMPLES
        self._sent += 1
        return packet

    async def _pace(self) -> None:
        """Waits for the next frame's moment; after a long stop of this process moments are skipped."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        behind = now - self._begun - self._sent * FRAME_S
        if behind > LATEST_S:
            self._sent += int(behind / FRAME_S)
        elif behind < 0:
            await asyncio.sleep(-behind)
