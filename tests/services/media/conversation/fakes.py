"""The ports of a conversation for tests: they remember what happened, and fail when told to."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from services.media.conversation.ports import (
    Ending,
    EndOfTurn,
    Frame,
    Heard,
    Language,
    Manner,
    Observation,
    Partial,
    Piece,
    Settled,
    Sound,
    SpeechStarted,
    Standing,
    Terms,
    Utterance,
)
from services.runtime.errors import FailedPrecondition, Unavailable, VivaError
from services.stt import engine as stt
from services.stt.engines.fake import FakeEngine, FakeStream

SECOND = 16_000
LOUD = (5000).to_bytes(2, "little")
QUIET = bytes(2)
MISSING = FailedPrecondition("STT_MODEL_MISSING", "no model", remedy="viva models pull whisper-base")


def speech(seconds: float) -> bytes:
    return LOUD * round(seconds * SECOND)


def silence(seconds: float) -> bytes:
    return QUIET * round(seconds * SECOND)


class FakeHearing:
    """Every half second of sound is a numbered word. `refusal` meets new streams,
    `recording_refusal` recordings."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.starts: list[int] = []
        self.recordings: list[bytes] = []
        self.refusal: VivaError | None = None
        self.recording_refusal: VivaError | None = None
        self.broken = asyncio.Event()

    def break_off(self, refusal: VivaError | None = None) -> None:
        """Every stream ends in its middle."""
        self.refusal = refusal
        self.broken.set()
        self.broken = asyncio.Event()

    @asynccontextmanager
    async def listen(self, manner: Manner, start: int, said: str) -> AsyncIterator["FakeHearingStream"]:
        await asyncio.sleep(0)
        if self.refusal:
            raise self.refusal
        options = stt.StreamOptions(stt.Speech(), manner.patience_ms, start, turn_text=said)
        stream = await self.engine.open_stream(options)
        self.starts.append(start)
        try:
            yield FakeHearingStream(stream, self.broken)
        finally:
            await stream.aclose()

    async def recognise(self, manner: Manner, pcm: bytes) -> Sequence[Utterance]:
        await asyncio.sleep(0)
        if self.recording_refusal:
            raise self.recording_refusal
        self.recordings.append(pcm)
        return [Utterance("recognised", 0, len(pcm) // 2)]

    @property
    def pushed(self) -> list[bytes]:
        """What each stream was sent."""
        return [each.pushed for each in self.engine.streams]


class FakeHearingStream:
    def __init__(self, stream: FakeStream, broken: asyncio.Event) -> None:
        self._stream = stream
        self._broken = broken
        self._expected = stream.options.start_offset

    async def send(self, offset: int, pcm: bytes) -> None:
        assert offset == self._expected, "a gap, or audio twice"
        self._expected += len(pcm) // 2
        await self._stream.push(pcm)

    async def finish(self) -> None:
        await self._stream.finish()

    async def heard(self) -> AsyncGenerator[Heard, None]:
        events = self._stream.events()
        breaking = asyncio.create_task(self._broken.wait())
        try:
            while True:
                waiting = asyncio.create_task(anext(events, None))
                await asyncio.wait([waiting, breaking], return_when=asyncio.FIRST_COMPLETED)
                if breaking.done():
                    waiting.cancel()
                    raise Unavailable("STT_GONE", "the server is gone")
                if (event := await waiting) is None:
                    return
                if (heard := _heard(event)) is not None:
                    yield heard
        finally:
            breaking.cancel()


def _heard(event: stt.StreamEvent) -> Heard | None:
    match event:
        case stt.Partial(committed, unstable, offset):
            return Partial(committed, unstable, offset)
        case stt.Final():
            return Utterance(event.text, event.start_offset, event.end_offset)
        case stt.SpeechStarted(offset):
            return SpeechStarted(offset)
        case stt.EndOfTurn(end):
            return EndOfTurn(end)
        case stt.Acknowledged(offset):
            return Settled(offset)
        case _:
            return None


class FakeInterviews:
    """`show` tells what the session would; `appended` holds (turn, number, text), `starts_s` its time."""

    def __init__(self, terms: Terms) -> None:
        self.known = terms
        self.appended: list[tuple[str, int, str]] = []
        self.starts_s: list[float] = []
        self.submitted: list[tuple[str, Ending]] = []
        self.observed: list[tuple[str, int, list[Observation]]] = []
        self.refusals: dict[str, list[VivaError]] = {}
        self.followers = 0
        self._news: asyncio.Queue[Standing | Piece | VivaError] = asyncio.Queue()

    def show(self, *news: Standing | Piece | VivaError) -> None:
        for each in news:
            self._news.put_nowait(each)

    def refuse(self, method: str, *errors: VivaError) -> None:
        """The next calls of that method fail so, one by one."""
        self.refusals.setdefault(method, []).extend(errors)

    async def terms(self, interview_id: str) -> Terms:
        await self._called("terms")
        return self.known

    async def follow(self, interview_id: str) -> AsyncGenerator[Standing | Piece, None]:
        self.followers += 1
        while True:
            news = await self._news.get()
            if isinstance(news, VivaError):
                raise news
            yield news

    async def append(self, interview_id: str, turn_id: str, number: int, said: Utterance) -> None:
        await self._called("append")
        self.appended.append((turn_id, number, said.text))
        self.starts_s.append(said.start / SECOND)

    async def submit(self, interview_id: str, turn_id: str, ending: Ending) -> None:
        await self._called("submit")
        self.submitted.append((turn_id, ending))

    async def observe(
        self, interview_id: str, turn_id: str, number: int, seen: Sequence[Observation]
    ) -> None:
        await self._called("observe")
        self.observed.append((turn_id, number, list(seen)))

    async def _called(self, method: str) -> None:
        await asyncio.sleep(0)
        if self.refusals.get(method):
            raise self.refusals[method].pop(0)


class FakeVoices:
    """Speaks a text as its own bytes; `refusal` is raised instead, where it is set."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.refusal: VivaError | None = None
        self.going = asyncio.Event()
        self.going.set()

    async def speak(self, text: str, language: Language) -> AsyncGenerator[Sound, None]:
        await self.going.wait()
        if self.refusal:
            raise self.refusal
        self.spoken.append(text)
        yield Sound(text.encode("utf-16-le"), 22_050)


class FakeEyes:
    """Sees one face in every frame; `refusals` are raised first, one for each look."""

    def __init__(self) -> None:
        self.looks = 0
        self.refusals: list[VivaError] = []

    async def look(
        self, interview_id: str, terms: Terms, frames: AsyncIterator[Frame]
    ) -> AsyncGenerator[Observation, None]:
        self.looks += 1
        if self.refusals:
            raise self.refusals.pop(0)
        async for frame in frames:
            yield Observation(frame.at_ms, faces=1)


class FakeCaptions:
    def __init__(self) -> None:
        self.published: list[tuple[str, Mapping[str, object]]] = []

    def publish(self, interview_id: str, caption: Mapping[str, object]) -> None:
        self.published.append((interview_id, caption))


class FakeRecording:
    def __init__(self) -> None:
        self.is_closed = False

    def heard(self, pcm: bytes) -> None: ...

    def said(self, pcm: bytes) -> None: ...

    async def aclose(self) -> None:
        self.is_closed = True


class FakeRecordings:
    def __init__(self) -> None:
        self.opened: list[FakeRecording] = []
        self.refusal: VivaError | None = None

    async def open(self, interview_id: str) -> FakeRecording:
        await asyncio.sleep(0)
        if self.refusal:
            raise self.refusal
        self.opened.append(FakeRecording())
        return self.opened[-1]
