"""A recogniser for tests: every half second of sound is one numbered word, silence is none.

Knows no language. Nothing in the product names this module.
"""

import array
import asyncio
from collections.abc import AsyncGenerator
from typing import IO

from services.runtime.capability import Capability, State
from services.runtime.errors import InvalidArgument, ResourceExhausted
from services.stt.engine import (
    SAMPLE_RATE_HZ,
    Acknowledged,
    EndOfTurn,
    Final,
    Language,
    Metrics,
    Partial,
    Progress,
    Speech,
    SpeechEnded,
    SpeechStarted,
    Status,
    StreamEvent,
    StreamOptions,
    Transcript,
)

BLOCK = SAMPLE_RATE_HZ // 10
BLOCKS_PER_WORD = 5
BLOCKS_OF_SILENCE = 3
LOUD = 500
QUIET_SPEECH = Metrics(-20.0, 4.0, 0, 0.0, 0, 1.0)


class FakeEngine:
    """Follows at most `places` streams; `block_s` passes per 0.1 s of audio."""

    def __init__(self, *, places: int = 8, block_s: float = 0.0) -> None:
        self.places = places
        self.block_s = block_s
        self.streams: list[FakeStream] = []

    @property
    def open_streams(self) -> int:
        return sum(not stream.closed for stream in self.streams)

    def status(self) -> Status:
        capability = Capability(
            name="stt", state=State.READY, engine="fake", model="counter", device="cpu", detail="counts words"
        )
        return Status(capability, self.places, self.open_streams)

    async def open_stream(self, options: StreamOptions) -> "FakeStream":
        if self.open_streams >= self.places:
            raise ResourceExhausted(
                "STT_FULL", "no more streams can be followed in real time", retry_after_s=0.05
            )
        self.streams.append(FakeStream(options, self.block_s))
        return self.streams[-1]

    async def transcribe(
        self, recording: IO[bytes], speech: Speech
    ) -> AsyncGenerator[Progress | Transcript, None]:
        pcm = recording.read()
        if pcm[:4] != b"RIFF":
            raise InvalidArgument.of("data", "holds no audio")
        stream = FakeStream(StreamOptions(speech, patience_ms=1000), self.block_s)
        await stream.push(pcm[44 : len(pcm) - len(pcm) % 2])
        yield Progress(0.5)
        await stream.finish()
        finals = tuple([event async for event in stream.events() if isinstance(event, Final)])
        yield Progress(1.0)
        yield Transcript(" ".join(each.text for each in finals), finals, (len(pcm) - 44) / 2 / SAMPLE_RATE_HZ)

    async def aclose(self) -> None:
        for stream in self.streams:
            await stream.aclose()


class FakeStream:
    """Cuts audio into blocks of 0.1 s; `pushed` holds all of it."""

    def __init__(self, options: StreamOptions, block_s: float) -> None:
        self.options = options
        self.closed = False
        self.pushed = b""
        self._block_s = block_s
        self._at = options.start_offset
        self._began = -1
        self._loud = 0
        self._quiet = 0
        self._turn_open = bool(options.turn_text)
        self._rest = b""
        self._events: asyncio.Queue[StreamEvent | None] = asyncio.Queue()

    async def push(self, pcm: bytes) -> None:
        self.pushed += pcm
        self._rest += pcm
        while len(self._rest) >= BLOCK * 2:
            block, self._rest = self._rest[: BLOCK * 2], self._rest[BLOCK * 2 :]
            await asyncio.sleep(self._block_s)
            self._hear(block)

    async def flush(self) -> None:
        if self._rest:
            self._hear(self._rest)
            self._rest = b""
        self._end_utterance()

    async def finish(self) -> None:
        await self.flush()
        self._emit(Acknowledged(self._at))
        self._events.put_nowait(None)

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        while (event := await self._events.get()) is not None:
            yield event

    async def aclose(self) -> None:
        self.closed = True
        self._events.put_nowait(None)

    def _emit(self, event: StreamEvent) -> None:
        if not self.closed:
            self._events.put_nowait(event)

    def _hear(self, block: bytes) -> None:
        samples = array.array("h", block)
        if max(map(abs, samples), default=0) >= LOUD:
            self._hear_speech()
            self._at += len(samples)
        else:
            self._at += len(samples)
            self._hear_silence()

    def _hear_speech(self) -> None:
        if self._began < 0:
            self._began = self._at
            self._emit(SpeechStarted(self._at))
        self._loud, self._quiet, self._turn_open = self._loud + 1, 0, True
        if self._loud % BLOCKS_PER_WORD == 0:
            *committed, unstable = self._words()
            self._emit(Partial(" ".join(committed), unstable, self._at + BLOCK))

    def _hear_silence(self) -> None:
        self._quiet += 1
        if self._began >= 0 and self._quiet == BLOCKS_OF_SILENCE:
            self._end_utterance()
        if self._turn_open and self._quiet * 100 >= self.options.patience_ms:
            self._turn_open = False
            self._emit(EndOfTurn(self._at - self._quiet * BLOCK, self._quiet * 100, "patience"))

    def _end_utterance(self) -> None:
        if self._began < 0:
            return
        end = self._at - self._quiet * BLOCK
        self._emit(SpeechEnded(end))
        language = self.options.speech.language or Language.KOREAN
        self._emit(Final(" ".join(self._words()), (), QUIET_SPEECH, self._began, end, -0.1, language))
        self._emit(Acknowledged(self._at))
        self._began, self._loud = -1, 0

    def _words(self) -> list[str]:
        return [str(number) for number in range(1, 1 + max(1, self._loud // BLOCKS_PER_WORD))]
