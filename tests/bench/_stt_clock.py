"""The engine's streams and scheduler on two cores of their own, wherever they run. Knows no server.

The loop's clock stands still while anything is computed: a decoding takes, on that clock, the CPU seconds
that it used, and workers compute side by side. Beside a decoding nothing takes time, no message and no voice
activity: with few streams, on a machine that does nothing else, the real clock should tell about the same.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Sequence
from typing import Any

from services.stt.engine import SAMPLE_RATE_HZ, Final, Language, Partial, Speech, StreamOptions
from services.stt.engines.ctranslate2.engine import WhisperEngine
from tests.bench._stt_speech import Script, Told

PIECE_BYTES = 640
START_S = 1_000.0


class _Leaper(selectors.SelectSelector):
    """Waits by moving the clock."""

    now = START_S

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


class CpuClockLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaper = _Leaper()
        super().__init__(self._leaper)

    def time(self) -> float:
        return self._leaper.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        done = self.create_future()
        begun = time.process_time()
        answer = func(*args)
        self.call_later(time.process_time() - begun, lambda: done.cancelled() or done.set_result(answer))
        return done


def told_in_cpu_time(engine: WhisperEngine, scripts: Sequence[Script]) -> list[Told]:
    with asyncio.Runner(loop_factory=CpuClockLoop) as runner:
        return runner.run(_told(engine, scripts))


async def _told(engine: WhisperEngine, scripts: Sequence[Script]) -> list[Told]:
    starts = [number * 0.37 % 2 for number in range(len(scripts))]
    return await asyncio.gather(*(_spoken(engine, *each) for each in zip(scripts, starts, strict=True)))


async def _spoken(engine: WhisperEngine, script: Script, wait_s: float) -> Told:
    await asyncio.sleep(wait_s)
    loop, told = asyncio.get_running_loop(), Told()
    stream = await engine.open_stream(StreamOptions(Speech(Language.KOREAN), patience_ms=800))
    begun = loop.time()

    async def listen() -> None:
        async for event in stream.events():
            at = loop.time() - begun
            if isinstance(event, Partial):
                told.hear_partial(at, event.committed, event.unstable, event.decoded_offset / SAMPLE_RATE_HZ)
            elif isinstance(event, Final):
                told.hear_final(at, event.text, event.end_offset / SAMPLE_RATE_HZ)

    listening = asyncio.create_task(listen())
    for at in range(0, len(script.pcm), PIECE_BYTES):
        await asyncio.sleep(begun + (at + PIECE_BYTES) / 2 / SAMPLE_RATE_HZ - loop.time())
        await stream.push(script.pcm[at : at + PIECE_BYTES])
    await stream.finish()
    await listening
    await stream.aclose()
    return told
