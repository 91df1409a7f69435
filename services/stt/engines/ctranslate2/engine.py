"""The engine of the port on CTranslate2: one model, one scheduler, many streams."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from services.runtime.capability import Capability, State
from services.runtime.errors import FailedPrecondition, ResourceExhausted
from services.stt.config import Settings
from services.stt.engine import (
    SAMPLE_RATE_HZ,
    Acknowledged,
    Final,
    Progress,
    Speech,
    Status,
    StreamEvent,
    StreamOptions,
    Transcript,
)
from services.stt.engines.ctranslate2.capacity import streams_in_real_time
from services.stt.engines.ctranslate2.decoder import Context, Decoder
from services.stt.engines.ctranslate2.recordings import Recording
from services.stt.engines.ctranslate2.scheduler import Scheduler
from services.stt.engines.ctranslate2.smart_turn import find_smart_turn
from services.stt.engines.ctranslate2.stream import LiveStream
from services.stt.engines.ctranslate2.voice import VoiceModel
from services.stt.engines.ctranslate2.whisper import ModelOptions, Whisper
from services.stt.listening.hypothesis import Hypothesis, Task
from services.stt.listening.listener import Listener, Tuning

log = structlog.get_logger()

RETRY_S = 1.0
RECOVERY_S = 5.0
PROBE_S = 1.0
# Nobody waits for the end of a turn in a recording.
RECORDING_PATIENCE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """`streams` 0 = as measured."""

    streams: int = 0
    recordings: int = 2


class WhisperEngine:
    """Loads and measures in its constructor, which blocks; everything else runs on one loop."""

    def __init__(
        self,
        model: ModelOptions,
        context: Context | None = None,
        limits: Limits | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        """`context` None = cut on a CPU, full on a GPU. Raises ModelBroken."""
        self._name = model.folder.name
        self._limits = limits or Limits()
        self._tuning = tuning or Tuning()
        self._whisper = Whisper(model)
        self._context = context or (Context() if self._whisper.device == "cpu" else Context(margin_s=None))
        self._turns = find_smart_turn(model.folder.parent)
        self._decoder = Decoder(self._whisper, self._context, self._turns)
        self._voice = VoiceModel()
        self._max_streams = self._limits.streams or streams_in_real_time(
            self._decoder.seconds_for, self._whisper.workers, self._tuning
        )
        self._scheduler = Scheduler(self._decode, self._whisper.workers)
        self._streams: set[LiveStream] = set()
        self._recordings: set[LiveStream] = set()
        self._failure = ""
        self._recovery: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> "WhisperEngine":
        model = ModelOptions(
            folder, settings.device, settings.compute_type, settings.threads, settings.prompted
        )
        cut, full = Context(settings.context_margin_s), Context(margin_s=None)
        context = {"auto": None, "cut": cut, "full": full}[settings.encoder_context]
        if context is None and settings.device == "cpu":
            context = cut
        return cls(model, context, Limits(settings.max_streams, settings.max_recordings))

    def status(self) -> Status:
        if self._failure and (self._recovery is None or self._recovery.done()):
            self._recovery = asyncio.get_running_loop().create_task(self._try_again())
        margin = self._context.margin_s
        seen = "30 s of context" if margin is None else f"context cut {margin:g} s after the speech"
        turns = "ends of turns heard by Smart Turn" if self._turns else "ends of turns read from the text"
        capability = Capability(
            name="stt",
            state=State.BROKEN if self._failure else State.READY,
            detail=self._failure or f"Whisper model {self._name}, {seen}, {turns}.",
            engine="ctranslate2",
            model=self._name,
            device=f"{self._whisper.device} {self._whisper.compute_type}",
            remedy="viva logs stt" if self._failure else "",
            limits={
                "streams": f"{self._max_streams} at once",
                "recordings": f"{self._limits.recordings} at once, 30 minutes each",
                "languages": ", ".join(sorted(each.value for each in self._whisper.languages)),
            },
        )
        return Status(capability, self._max_streams, len(self._streams))

    async def open_stream(self, options: StreamOptions) -> LiveStream:
        self._check_language(options.speech)
        if len(self._streams) >= self._max_streams:
            raise ResourceExhausted(
                "STT_FULL",
                f"{self._max_streams} streams are followed, and more would fall behind real time",
                retry_after_s=RETRY_S,
            )
        listener = Listener(options, self._voice.follow(), self._tuning)
        stream = LiveStream(listener, self._scheduler, options.speech, self._streams.discard)
        self._streams.add(stream)
        return stream

    async def transcribe(
        self, recording: IO[bytes], speech: Speech
    ) -> AsyncGenerator[Progress | Transcript, None]:
        self._check_language(speech)
        if len(self._recordings) >= self._limits.recordings:
            text = f"{self._limits.recordings} recordings are being recognised"
            raise ResourceExhausted("STT_FULL", text, retry_after_s=RETRY_S)
        async with aclosing(self._open_recording(speech)) as stream:
            with closing(await asyncio.to_thread(Recording, recording)) as opened:
                async for event in _followed(opened, stream):
                    yield event

    async def aclose(self) -> None:
        if self._recovery:
            self._recovery.cancel()
        for stream in self._streams | self._recordings:
            await stream.aclose()
        await self._scheduler.aclose()

    def _open_recording(self, speech: Speech) -> LiveStream:
        """The same file, the same text: no utterance ends sooner because its text was known soon."""
        silence_s, ack_every_s = self._tuning.utterance_silence_s, self._tuning.ack_every_s
        tuning = Tuning(sentence_silence_s=silence_s, ack_every_s=ack_every_s, wants_partials=False)
        listener = Listener(StreamOptions(speech, RECORDING_PATIENCE_MS), self._voice.follow(), tuning)
        stream = LiveStream(listener, self._scheduler, speech, self._recordings.discard, is_live=False)
        self._recordings.add(stream)
        return stream

    def _check_language(self, speech: Speech) -> None:
        if speech.language and speech.language not in self._whisper.languages:
            raise FailedPrecondition(
                "STT_LANGUAGE_MISSING",
                f"the model {self._name} does not know {speech.language.value}",
                remedy="viva models pull whisper-base",
            )

    def _decode(self, task: Task, speech: Speech) -> Hypothesis:
        """In a worker's thread. A failure is the capability's until a decoding succeeds again."""
        try:
            hypothesis = self._decoder.decode(task, speech)
        except Exception as error:
            self._failure = f"The model failed: {type(error).__name__}."
            log.exception("stt.decoding_failed", seconds=len(task.samples) / SAMPLE_RATE_HZ)
            raise
        self._failure = ""
        return hypothesis

    async def _try_again(self) -> None:
        """Nobody calls what is not healthy, so it looks after itself."""
        await asyncio.sleep(RECOVERY_S)
        with suppress(Exception):
            await asyncio.to_thread(self._decoder.seconds_for, PROBE_S)
            self._failure = ""


async def _followed(recording: Recording, stream: LiveStream) -> AsyncGenerator[Progress | Transcript, None]:
    """Progress is the share read, times the share of that which is settled; it only rises."""
    blocks, heard, finals, progress = recording.blocks(), 0, list[Final](), _Share()
    while block := await asyncio.to_thread(_next, blocks):
        await stream.push(block)
        heard += len(block) // 2
        for event in stream.waiting_events():
            finals += [event] if isinstance(event, Final) else []
            yield progress.after(event, recording.share_read / heard)
    await stream.finish()
    async for event in stream.events():
        finals += [event] if isinstance(event, Final) else []
        yield progress.after(event, 1 / heard)
    said = tuple(final for final in finals if final.text)
    yield Transcript(" ".join(final.text for final in said), said, heard / SAMPLE_RATE_HZ)


class _Share:
    def __init__(self) -> None:
        self._done = 0.0

    def after(self, event: StreamEvent, per_sample: float) -> Progress:
        if isinstance(event, Acknowledged):
            self._done = max(self._done, min(1.0, event.processed_offset * per_sample))
        return Progress(self._done)


def _next(blocks: Iterator[bytes]) -> bytes:
    return next(blocks, b"")
