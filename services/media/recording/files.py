"""Recordings as FLAC files in a folder, written while people speak. Does not know who agreed to them."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import av
import structlog
from av import AudioFrame, AudioResampler

from services.media.recording.lanes import RATE_HZ, TwoLanes
from services.media.recording.naming import folder_of, name_of
from services.runtime.errors import Unavailable

log = structlog.get_logger()

PART = ".part"
WRITE_S = 0.5
MOST_WAITING = 60
INTERVIEWER_RATE_HZ = 48_000


class Recordings:
    """One folder an interview, in it a file each time that recording began; `.part` until it is complete."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._open: set[FlacRecording] = set()
        # One thread writes them all, in order: discs are slower than voices only when they fail.
        self._writer = ThreadPoolExecutor(1, "recordings")

    async def open(self, interview_id: str) -> "FlacRecording":
        """Raises Unavailable when the folder cannot be written to."""
        path = folder_of(self._folder, interview_id) / name_of(datetime.now(UTC))
        try:
            file = await asyncio.get_running_loop().run_in_executor(self._writer, FlacFile, path)
        except OSError:
            text, remedy = "The recording cannot be written.", "make VIVA_MEDIA_RECORDINGS a writable folder"
            raise Unavailable("MEDIA_RECORDING_UNWRITABLE", text, remedy=remedy) from None
        recording = FlacRecording(file, self._writer, self._clock, lambda: self._open.discard(recording))
        self._open.add(recording)
        return recording

    async def aclose(self) -> None:
        for recording in list(self._open):
            await recording.aclose()
        self._writer.shutdown()


class FlacRecording:
    """The port's recording. A disc that fails or lags ends it: an interview goes on without."""

    def __init__(
        self,
        file: "FlacFile",
        writer: ThreadPoolExecutor,
        clock: Callable[[], float],
        closed: Callable[[], None],
    ) -> None:
        self._file, self._writer, self._clock, self._closed = file, writer, clock, closed
        self._begun = self._written = clock()
        self._lanes = TwoLanes()
        self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        self._waiting = 0
        self._ended = False

    def heard(self, pcm: bytes) -> None:
        self._lanes.left.add(pcm, self._now())
        self._write_some()

    def said(self, pcm: bytes) -> None:
        frame = AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = INTERVIEWER_RATE_HZ
        for each in self._resampler.resample(frame):
            self._lanes.right.add(bytes(each.planes[0])[: each.samples * 2], self._now())
        self._write_some()

    async def aclose(self) -> None:
        if not self._ended:
            self._ended = True
            self._closed()
            last = self._lanes.rest()
            await asyncio.get_running_loop().run_in_executor(self._writer, self._file.finish, last)

    def _now(self) -> int:
        return round((self._clock() - self._begun) * RATE_HZ)

    def _write_some(self) -> None:
        if self._ended or self._clock() < self._written + WRITE_S:
            return
        self._written = self._clock()
        if self._waiting >= MOST_WAITING:
            self._ended = True
            log.error("recording.ended", reason="the disc is too slow")
        elif samples := self._lanes.ready(self._now()):
            self._waiting += 1
            self._writer.submit(self._write, samples)

    def _write(self, samples: bytes) -> None:
        try:
            self._file.write(samples)
        except (OSError, av.FFmpegError) as error:
            self._ended = True
            log.error("recording.ended", reason=type(error).__name__)
        finally:
            self._waiting -= 1


class FlacFile:
    """FLAC plays in every browser and keeps two voices apart without loss, at about 1 MB a minute.

    Every packet goes to the file at once, so that a kill loses what is not yet a packet.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._part = path, path.with_name(path.name + PART)
        self._container = av.open(str(self._part), "w", format="flac", options={"flush_packets": "1"})
        self._stream = self._container.add_stream("flac", rate=RATE_HZ, layout="stereo")
        self._samples = 0

    def write(self, both: bytes) -> None:
        frame = AudioFrame(format="s16", layout="stereo", samples=len(both) // 4)
        frame.planes[0].update(both.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = RATE_HZ, self._samples
        self._samples += frame.samples
        self._container.mux(self._stream.encode(frame))

    def finish(self, both: bytes) -> None:
        """A file that cannot be completed stays a part."""
        try:
            if both:
                self.write(both)
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._part.rename(self._path)
        except (OSError, av.FFmpegError) as error:
            log.error("recording.incomplete", reason=type(error).__name__)
