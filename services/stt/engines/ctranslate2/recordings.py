"""Any container that PyAV reads, as PCM. A recording is hostile: only plain media formats, within limits.

Knows no speech. Blocking; raises InvalidArgument and OutOfRange.
"""

from collections.abc import Iterator
from itertools import chain, groupby
from typing import IO, Any

import av
from av.audio.resampler import AudioResampler

from services.runtime.errors import InvalidArgument, OutOfRange
from services.stt.engine import SAMPLE_RATE_HZ

MAX_S = 30 * 60
MAX_STREAMS = 16
MAX_CHANNELS = 8
RATES = range(4_000, 192_001)
BLOCK_BYTES = 2 * SAMPLE_RATE_HZ
# Playlists and scripts of ffmpeg open other files and addresses: none of their formats is here.
FORMATS = "wav,w64,aiff,au,mp3,aac,flac,ogg,mov,mp4,m4a,matroska,webm,avi,asf,amr,caf"
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "pipe"}
_UNREADABLE = (av.FFmpegError, ValueError, EOFError, MemoryError)


class Recording:
    """Opens at once; `blocks` may be read once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = max(1, file.seek(0, 2))
        file.seek(0)
        try:
            self._container: Any = av.open(file, mode="r", options=dict(OPTIONS), metadata_errors="ignore")
        except _UNREADABLE:
            raise _no_audio() from None
        try:
            self._stream = self._checked()
        except BaseException:
            self.close()
            raise

    @property
    def share_read(self) -> float:
        return min(1.0, self._file.tell() / self._size)

    def blocks(self) -> Iterator[bytes]:
        """Mono, 16 bit, 16,000 samples a second, a second or so at a time."""
        pending, samples = bytearray(), 0
        for piece in _resampled(self._frames()):
            pending += bytes(piece.planes[0])[: piece.samples * 2]
            samples += piece.samples
            if samples > MAX_S * SAMPLE_RATE_HZ:
                raise _too_long()
            if len(pending) >= BLOCK_BYTES:
                yield bytes(pending)
                pending.clear()
        if not samples:
            raise _no_audio()
        yield bytes(pending)

    def close(self) -> None:
        self._container.close()

    def _checked(self) -> Any:
        container = self._container
        if len(container.streams) > MAX_STREAMS:
            raise InvalidArgument.of("data", f"has {len(container.streams)} streams; at most {MAX_STREAMS}")
        if not container.streams.audio:
            raise _no_audio()
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise _no_audio()
        if stream.rate not in RATES or not 1 <= stream.channels <= MAX_CHANNELS:
            raise InvalidArgument.of("data", f"has {stream.channels} channels at {stream.rate} Hz")
        if container.duration and container.duration > MAX_S * av.time_base:
            raise _too_long()
        return stream

    def _frames(self) -> Iterator[Any]:
        """Frames of the first audio stream; broken ones are left out, a broken container ends."""
        try:
            for packet in self._container.demux(self._stream):
                yield from self._decoded(packet)
        except _UNREADABLE:
            return

    def _decoded(self, packet: Any) -> Iterator[Any]:
        try:
            frames = packet.decode()
        except _UNREADABLE:
            return
        for frame in frames:
            # Gaps and jumps in the clock of a broken file are no silence.
            frame.pts = None
            if frame.sample_rate in RATES and 1 <= len(frame.layout.channels) <= MAX_CHANNELS:
                yield frame


def _resampled(frames: Iterator[Any]) -> Iterator[Any]:
    """Damaged files change their format on the way; a resampler takes one."""
    for _, alike in groupby(
        frames, key=lambda frame: (frame.format.name, frame.layout.name, frame.sample_rate)
    ):
        resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        for frame in chain(alike, [None]):
            yield from resampler.resample(frame)


def _no_audio() -> InvalidArgument:
    return InvalidArgument.of("data", f"holds no audio in a format that is read here: {FORMATS}")


def _too_long() -> OutOfRange:
    return OutOfRange("STT_RECORDING_TOO_LONG", f"a recording may last {MAX_S // 60} minutes")
