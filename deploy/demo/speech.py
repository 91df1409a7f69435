"""What a demonstration's candidate says, as sound: recordings from a folder, or the mesh's own voice."""

import json
import re
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
import grpc
from viva.v1 import tts_pb2, tts_pb2_grpc

from deploy.demo.errors import DemoError, refused
from deploy.demo.person import CALL_TIMEOUT_S, LANGUAGES
from services.runtime.channel import open_channel

RATE_HZ = 48_000
TRANSCRIPTS = "transcripts.json"
PAUSE_S = 0.8  # between two sentences
SENTENCES = 2  # of a composed answer: a whole one is made to be read, and takes a minute to say
_END = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True)
class Saying:
    """16-bit little-endian mono at 48,000 samples a second, and its words."""

    pcm: bytes
    text: str


class Speech(Protocol):
    async def of(self, stage: str, text: str) -> Saying:
        """How the answer `text` of a stage is said. Raises DemoError."""


@dataclass(frozen=True)
class Recorded:
    """Files named STAGE-1-1, STAGE-1-2 … are said one after the other, whatever was composed."""

    folder: Path

    async def of(self, stage: str, text: str) -> Saying:
        try:
            texts = json.loads((self.folder / TRANSCRIPTS).read_text(encoding="utf-8"))
            names = sorted(name for name in texts if Path(name).stem.startswith(f"{stage}-1-"))
            if not names:
                raise DemoError(f"{self.folder} has no recording {stage}-1-1.", "record one for each stage")
            sounds = [_decoded(self.folder / name) for name in names]
        except (OSError, ValueError, av.FFmpegError) as error:
            raise DemoError(
                f"{self.folder} cannot be read: {error}.", f"name a folder with {TRANSCRIPTS} and audio"
            ) from error
        return Saying(_silence(PAUSE_S).join(sounds), " ".join(texts[name] for name in names))


@dataclass(frozen=True)
class Synthesised:
    """The mesh's text to speech says the first sentences of what was composed."""

    address: str
    token: str
    language: str

    async def of(self, stage: str, text: str) -> Saying:
        brief = " ".join(_END.split(text)[:SENTENCES])
        request = tts_pb2.SynthesizeRequest(text=brief, language=LANGUAGES[self.language])
        try:
            async with open_channel([self.address], token=self.token) as channel:
                call = tts_pb2_grpc.TtsServiceStub(channel).Synthesize(request, timeout=CALL_TIMEOUT_S)
                return Saying(await _joined(call), brief)
        except grpc.aio.AioRpcError as error:
            raise refused("saying an answer", error) from error


async def _joined(call: AsyncIterable[tts_pb2.SynthesizeResponse]) -> bytes:
    pcm, rate = b"", RATE_HZ
    async for piece in call:
        pcm, rate = pcm + piece.pcm, piece.sample_rate_hz
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
    frame.planes[0].update(pcm)
    frame.sample_rate = rate
    return _resampled([frame])


def _decoded(file: Path) -> bytes:
    with av.open(str(file)) as container:
        return _resampled(container.decode(audio=0))


def _resampled(frames: Iterable[av.AudioFrame]) -> bytes:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    pieces = [piece for frame in frames for piece in resampler.resample(frame)]
    pieces += resampler.resample(None)
    return b"".join(bytes(piece.planes[0])[: 2 * piece.samples] for piece in pieces)


def _silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE_HZ))
