"""Listens to one answer, whatever becomes of the servers that do. Knows no transport and decides no turn.

Audio is kept until it is settled, so that another server can go on from there.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum, auto

import structlog

from services.media.conversation.audio import AnswerAudio
from services.media.conversation.gaps import Gaps
from services.media.conversation.ports import (
    SAMPLE_RATE_HZ,
    Heard,
    Hearing,
    HearingStream,
    Manner,
    Settled,
    Utterance,
)
from services.runtime.errors import FailedPrecondition, OutOfRange, Unavailable, VivaError

log = structlog.get_logger()
SAID = 1000  # characters of the answer that a server which takes over is told
CHUNK = 32 * 1024 // 2  # samples sent at once: half of what stt takes


class State(StrEnum):
    """OFF: nothing here recognises speech."""

    OK = auto()
    RECOVERING = auto()
    OFF = auto()


@dataclass(frozen=True, slots=True)
class Opened:
    """A server listens from this offset on and knows nothing of what was said before."""

    offset: int


@dataclass(frozen=True, slots=True)
class Lost:
    """What was said last could not be recognised."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. `give_up_s` after an answer's end it is sent once as a whole recording."""

    first_s: float = 0.2
    longest_s: float = 2.0
    off_s: float = 10.0
    give_up_s: float = 8.0


class Listener:
    """`heard` is told everything in order, `became` the state and its reason, also when it stays the same.

    `start` is the offset of the first sample that will be heard.
    """

    def __init__(
        self,
        hearing: Hearing,
        manner: Manner,
        heard: Callable[[Heard | Opened | Lost], None],
        became: Callable[[State, str], None],
        waits: Waits | None = None,
        *,
        start: int = 0,
    ) -> None:
        self._hearing, self._manner, self._waits = hearing, manner, waits or Waits()
        self._heard, self._became = heard, became
        self._start, self._audio, self._gaps = start, AnswerAudio(start), Gaps()
        self._said = ""
        self._sent = 0
        self._cut: int | None = None
        """Where the present stream ends, once everything before it is to become final."""
        self._cut_at = 0.0
        self._held = False
        self._changed = asyncio.Event()
        self._settling: list[asyncio.Future[None]] = []
        self._failures = 0

    def hear(self, pcm: bytes) -> None:
        self._audio.append(pcm)
        self._changed.set()

    @property
    def has_heard(self) -> bool:
        return self._audio.end > self._start

    def skip(self, samples: int) -> None:
        """So much was not heard: what comes next comes later by that."""
        self._gaps.add(self._audio.end, samples)

    def hold(self, *, held: bool) -> None:
        """While it is held, what is heard is kept and sent to nobody."""
        self._held = held
        self._changed.set()

    async def settle(self) -> None:
        """Ends the utterance; returns once everything heard so far is final, or given up."""
        if self._audio.end == self._audio.start:
            return
        self._cut, self._cut_at = self._audio.end, asyncio.get_running_loop().time()
        self._changed.set()
        done = asyncio.get_running_loop().create_future()
        self._settling.append(done)
        await done

    async def run(self) -> None:
        """Until it is cancelled; then all audio is dropped."""
        try:
            while True:
                await self._until(self._wants_server)
                try:
                    await self._listen()
                except VivaError as error:
                    await self._recover(error)
        finally:
            self._audio.clear()
            self._settled_all()

    def _wants_server(self) -> bool:
        return self._cut is not None or (self._audio.end > self._audio.start and not self._held)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def _listen(self) -> None:
        start = self._audio.start
        async with self._hearing.listen(self._manner, start, self._said) as stream:
            self._became(State.OK, "")
            self._heard(Opened(start))
            self._sent = start
            sending = asyncio.create_task(self._send(stream))
            try:
                async for each in stream.heard():
                    self._take(each)
                if not sending.done():
                    raise Unavailable("STT_ENDED", "The server ended the stream before its end.")
                self._settled_to(sending.result())
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, stream: HearingStream) -> int:
        """Sends until there is a cut; its offset."""
        while True:
            if self._sent < self._audio.start:
                raise OutOfRange("AUDIO_TOO_LONG", "Audio was forgotten before it was sent.")
            cut = self._audio.end if self._cut is None else self._cut
            if self._sent < cut:
                pcm = self._audio.read(self._sent, min(CHUNK, cut - self._sent))
                await stream.send(self._sent, pcm)
                self._sent += len(pcm) // 2
            elif self._cut is not None:
                await stream.finish()
                return cut
            else:
                self._changed.clear()
                await self._changed.wait()

    def _take(self, heard: Heard) -> None:
        self._failures = 0
        if isinstance(heard, Settled):
            self._drop_before(heard.offset)
        elif isinstance(heard, Utterance):
            self._drop_before(heard.end)
            self._said = f"{self._said} {heard.text}".strip()[-SAID:]
            heard = self._gaps.placed(heard)
        self._heard(heard)

    def _drop_before(self, offset: int) -> None:
        """Never what the stream has not been sent yet, whatever it says."""
        self._audio.drop_before(min(offset, self._sent))

    def _settled_to(self, cut: int) -> None:
        self._audio.drop_before(cut)
        if self._cut == cut:
            self._cut = None
            self._settled_all()

    def _settled_all(self) -> None:
        for waiting in self._settling:
            if not waiting.done():
                waiting.set_result(None)
        self._settling.clear()

    # Recovery

    async def _recover(self, error: VivaError) -> None:
        is_off = isinstance(error, FailedPrecondition)
        self._became(State.OFF if is_off else State.RECOVERING, error.reason)
        log.info("stt.lost", interview_id=self._manner.interview_id, reason=error.reason)
        if self._cut is not None and (is_off or self._waited_long()):
            await self._give_up(self._cut, is_off=is_off)
            return
        await self._wait_a_little(is_off=is_off)

    def _waited_long(self) -> bool:
        return asyncio.get_running_loop().time() - self._cut_at >= self._waits.give_up_s

    async def _wait_a_little(self, *, is_off: bool) -> None:
        """Not so long that somebody who begins to wait for what was said would wait for this."""
        waits, had_cut = self._waits, self._cut is not None
        backoff_s = min(waits.first_s * 2 ** min(self._failures, 10), waits.longest_s)
        self._failures += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(waits.off_s if is_off else backoff_s):
                await self._until(lambda: self._cut is not None and not had_cut)

    async def _give_up(self, cut: int, *, is_off: bool) -> None:
        """The whole rest as one recording, once; where nothing recognises speech there is nothing to lose."""
        start = self._audio.start
        if not is_off:
            try:
                pcm = self._audio.read(start, cut - start)
                for said in await self._hearing.recognise(self._manner, pcm):
                    self._heard(self._gaps.placed(_moved(said, start)))
            except VivaError as error:
                log.warning("stt.gave_up", interview_id=self._manner.interview_id, reason=error.reason)
                self._heard(Lost())
        self._settled_to(cut)


def _moved(said: Utterance, by: int) -> Utterance:
    """Offsets and times of a recording as those of the answer that it is a part of."""
    by_s = by / SAMPLE_RATE_HZ
    words = tuple(replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s) for each in said.words)
    return replace(said, start=said.start + by, end=said.end + by, words=words)
