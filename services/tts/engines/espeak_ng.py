"""Voices of the distribution's espeak-ng: plainly a machine, understandable, quick, without weights.

A process a sentence: the program is GPL and stays a program of its own.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import suppress

from services.runtime.capability import Capability, State
from services.runtime.engines import Missing
from services.runtime.errors import ResourceExhausted, Unavailable
from services.tts.engine import Language, Sound, Status, Utterance, Voice
from services.tts.said import Said
from services.tts.sentences import sentences

WORDS_PER_MINUTE = 160  # at speed 1; espeak-ng's own default of 175 is hurried for Korean
PIECE = 32 * 1024
SENTENCE_S = 10.0
RETRY_S = 1.0
VOICES = (
    Voice("ko", Language.KOREAN, "espeak-ng, Korean"),
    Voice("en-us", Language.ENGLISH, "espeak-ng, American English"),
)


class EspeakEngine:
    """Speaks for at most `places` callers and keeps `cache_bytes` of what it said.

    A question that is repeated, or read by many, is made once. `instead_of`: the better voice that is
    there and does not serve.
    """

    def __init__(
        self,
        program: str,
        version: str,
        *,
        places: int,
        cache_bytes: int,
        instead_of: Missing | None = None,
    ) -> None:
        self._program = program
        self._version = version
        self._places = places
        self._speaking = 0
        self._said = Said(cache_bytes)
        self._instead_of = instead_of

    def status(self) -> Status:
        better = self._instead_of
        detail = f"Speaks in a machine's voice. {better.detail if better else 'No better one is installed.'}"
        state, remedy = (State.DEGRADED, better.remedy) if better else (State.READY, "")
        limits = {"speakers": f"{self._places} at once"}
        licence = "GPL-3.0-or-later"
        return Status(
            Capability(
                "tts", state, detail, "espeak_ng", self._version, "cpu", licence, remedy=remedy, limits=limits
            )
        )

    def voices(self) -> tuple[Voice, ...]:
        return VOICES

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[Sound, None]:
        if self._speaking >= self._places:
            text = f"All {self._places} places are taken."
            raise ResourceExhausted("TTS_BUSY", text, retry_after_s=RETRY_S)
        self._speaking += 1
        try:
            for index, sentence in enumerate(sentences(utterance.text)):
                pcm, rate_hz = await self._sentence(utterance.voice.id, utterance.speed, sentence)
                for start in range(0, len(pcm), PIECE):
                    yield Sound(pcm[start : start + PIECE], rate_hz, index)
        finally:
            self._speaking -= 1

    async def aclose(self) -> None:
        """Nothing outlives a caller: each sentence's process ends with its call."""

    async def _sentence(self, voice: str, speed: float, sentence: str) -> tuple[bytes, int]:
        key = (voice, speed, sentence)
        sound = self._said.get(key)
        if sound is None:
            pace = str(round(WORDS_PER_MINUTE * speed))
            sound = read_wav(
                await self._spoken("-v", voice, "-s", pace, "--stdin", "--stdout", said=sentence)
            )
            self._said.keep(key, sound)
        return sound

    async def _spoken(self, *options: str, said: str) -> bytes:
        """The WAV file. The words go through standard input: as an argument they could be options."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            self._program, *options, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(SENTENCE_S):
                wav, _ = await process.communicate(said.encode())
        except TimeoutError:
            raise Unavailable("TTS_STUCK", f"{self._program} took over {SENTENCE_S:.0f} s.") from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()  # or it would stay in the table of processes, and its pipes open
        if process.returncode:
            raise Unavailable("TTS_FAILED", f"{self._program} ended with status {process.returncode}.")
        return wav


def read_wav(wav: bytes) -> tuple[bytes, int]:
    """Samples, and samples a second. A file from a pipe does not know its length: all that follows counts."""
    start = wav.find(b"data") + 8
    if start < 8:
        return b"", 0
    return wav[start : len(wav) - (len(wav) - start) % 2], int.from_bytes(wav[24:28], "little")


def version_of(program: str) -> str | None:
    """Such as "1.51"; None when the program is not there or does not run."""
    path = shutil.which(program) if program else None
    if path is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603  the operator's own setting
            [path, "--version"], capture_output=True, text=True, timeout=SENTENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.partition(": ")[2].split()[0] if ": " in said.stdout else said.stdout.strip()
