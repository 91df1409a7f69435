"""The engine around Supertonic's model: places, threads, what was said before. Knows no tensor."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from services.runtime.capability import Capability, State
from services.runtime.engines import Missing
from services.runtime.errors import ResourceExhausted, Unavailable
from services.tts.engine import Language, Sound, Status, Utterance, Voice
from services.tts.engines.supertonic.model import Model, UnfitError
from services.tts.engines.supertonic.text import parts
from services.tts.said import Said
from services.tts.sentences import sentences

PIECE = 32 * 1024
RETRY_S = 1.0
TRIED = {Language.KOREAN: "네.", Language.ENGLISH: "Yes."}


class SupertonicEngine:
    """Speaks for at most `places` callers, `workers` sentences side by side."""

    def __init__(self, model: Model, name: str, *, places: int, workers: int, cache_bytes: int) -> None:
        self._model = model
        self._name = name
        self._places = places
        self._speaking = 0
        self._said = Said(cache_bytes)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="voice")
        self._voices = tuple(
            Voice(f"{language.value}-{style}", language, f"Supertonic {style}")
            for language in Language
            for style in model.styles
        )

    def status(self) -> Status:
        detail = f"Speaks with {len(self._model.styles)} neural voices in Korean and English."
        limits = {"speakers": f"{self._places} at once"}
        return Status(
            Capability(
                "tts", State.READY, detail, "supertonic", self._name, "cpu", "openrail-m", limits=limits
            )
        )

    def voices(self) -> tuple[Voice, ...]:
        return self._voices

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[Sound, None]:
        if self._speaking >= self._places:
            text = f"All {self._places} places are taken."
            raise ResourceExhausted("TTS_BUSY", text, retry_after_s=RETRY_S)
        self._speaking += 1
        stopped = threading.Event()
        try:
            for index, sentence in enumerate(sentences(utterance.text)):
                for part in parts(sentence, utterance.voice.language):
                    pcm = await self._part(part, utterance, stopped)
                    for start in range(0, len(pcm), PIECE):
                        yield Sound(pcm[start : start + PIECE], self._model.rate_hz, index)
        finally:
            stopped.set()
            self._speaking -= 1

    async def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _part(self, part: str, utterance: Utterance, stopped: threading.Event) -> bytes:
        voice = utterance.voice
        key = (voice.id, utterance.speed, part)
        known = self._said.get(key)
        if known is not None:
            return known[0]
        style = voice.id.partition("-")[2]
        speak = partial(self._model.speak, part, voice.language, style, utterance.speed, stopped)
        try:
            pcm = await asyncio.get_running_loop().run_in_executor(self._pool, speak)
        except UnfitError as error:
            raise Unavailable("TTS_FAILED", f"The voice failed: {error}.") from None
        self._said.keep(key, (pcm, self._model.rate_hz))
        return pcm


def open_supertonic(
    folder: Path, *, steps: int, places: int, workers: int, cache_bytes: int
) -> SupertonicEngine | Missing:
    """Speaks a word before it is trusted: models that do not fit one another show only then."""
    try:
        model = Model(folder, threads=1, steps=steps)
        for language, word in TRIED.items():
            if not model.speak(word, language, next(iter(model.styles)), 1.0, threading.Event()):
                raise UnfitError("it says nothing")
    except UnfitError as error:
        return Missing(
            "tts",
            "TTS_WEIGHTS_UNFIT",
            f"The voice {folder.name} cannot be used: {error}.",
            remedy="viva models pull supertonic-3",
            state=State.BROKEN,
        )
    return SupertonicEngine(model, folder.name, places=places, workers=workers, cache_bytes=cache_bytes)
