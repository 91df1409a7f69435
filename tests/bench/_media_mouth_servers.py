"""The two processes of the part mouth: media with one interview, and stt. Each keeps when what happened.

    python -m tests.bench._media_mouth_servers media ADDRESS-OF-STT | stt

A line on standard input is answered with one of JSON. Moments are of the machine's monotonic clock.
"""

import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from services.media.adapters.captions import NoCaptions
from services.media.adapters.eyes import GrpcEyes
from services.media.adapters.hearing import ENDLESS, GrpcHearing
from services.media.adapters.recordings import FolderRecordings
from services.media.adapters.voices import GrpcVoices
from services.media.conversation.conversation import Mesh
from services.media.conversation.conversations import InterviewConversations
from services.media.conversation.ports import (
    Consent,
    Ending,
    Heard,
    HearingStream,
    Language,
    Manner,
    Observation,
    Partial,
    Phase,
    Piece,
    Standing,
    Terms,
    Turn,
    Utterance,
)
from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop
from services.runtime.channel import open_channel
from services.stt.config import Settings
from services.stt.engine import Speech
from services.stt.engines.ctranslate2.engine import WhisperEngine
from services.stt.engines.ctranslate2.whisper import ModelOptions
from services.stt.listening.hypothesis import Hypothesis, Task
from services.stt.server import build
from tests.bench._media_endpoint import ROOT
from tests.fixtures.whisper_ko.spoken import MODEL
from tests.services.rooms import TOKEN

PATIENCE_MS = 10_000  # no pause of a script ends the answer


async def lines() -> AsyncIterator[dict[str, Any]]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


def told(answer: object) -> None:
    print(json.dumps(answer), flush=True)


# Media


class OneAnswer:
    """`Interviews` of which one answer is awaited for ever, and nothing is kept."""

    async def terms(self, interview_id: str) -> Terms:
        return Terms(Language.KOREAN, frozenset({Consent.AUDIO}))

    async def follow(self, interview_id: str) -> AsyncGenerator[Standing | Piece, None]:
        yield Standing(turn=Turn("t1", 1, Phase.ANSWERING, patience_ms=PATIENCE_MS))
        await asyncio.Event().wait()

    async def append(self, interview_id: str, turn_id: str, number: int, said: Utterance) -> None: ...

    async def submit(self, interview_id: str, turn_id: str, ending: Ending) -> None: ...

    async def observe(
        self, interview_id: str, turn_id: str, number: int, seen: Sequence[Observation]
    ) -> None: ...


@dataclass
class Trace:
    """`sent`: when, and up to which sample; `heard`: when, and whether it is an utterance's last word."""

    pcm: bytearray = field(default_factory=bytearray)
    sent: list[tuple[float, int]] = field(default_factory=list)
    heard: list[tuple[float, bool]] = field(default_factory=list)


class TracedHearing(GrpcHearing):
    def __init__(self, channel: Any, trace: Trace) -> None:
        super().__init__(channel)
        self._trace = trace

    @asynccontextmanager
    async def listen(self, manner: Manner, start: int, said: str) -> AsyncIterator[Any]:
        async with super().listen(manner, start, said) as stream:
            yield TracedStream(stream, self._trace)


class TracedStream:
    def __init__(self, stream: HearingStream, trace: Trace) -> None:
        self._stream, self._trace = stream, trace

    async def send(self, offset: int, pcm: bytes) -> None:
        self._trace.pcm += pcm
        self._trace.sent.append((time.monotonic(), offset + len(pcm) // 2))
        await self._stream.send(offset, pcm)

    async def finish(self) -> None:
        await self._stream.finish()

    async def heard(self) -> AsyncGenerator[Heard, None]:
        async for each in self._stream.heard():
            if isinstance(each, Partial | Utterance):
                self._trace.heard.append((time.monotonic(), isinstance(each, Utterance)))
            yield each


async def serve_media(address: str) -> None:
    trace = Trace()
    async with open_channel([address], token=TOKEN, endless=ENDLESS) as channel:
        mesh = Mesh(
            TracedHearing(channel, trace), OneAnswer(), GrpcVoices(None), GrpcEyes(None), NoCaptions(),
            FolderRecordings(ROOT),
        )  # fmt: skip
        conversations = InterviewConversations(mesh)
        engine = WebRtcEngine(conversations, places=1)
        async for asked in lines():
            if "offer" in asked:
                told((await engine.negotiate("i", asked["offer"])).sdp)
            else:
                pcm = base64.b64encode(trace.pcm).decode()
                told({"pcm": pcm, "sent": trace.sent, "heard": trace.heard})


# Stt


class TracedWhisper(WhisperEngine):
    """`decoded`: when each decoding began and ended, and up to which sample of the stream it heard."""

    decoded: list[tuple[float, float, int]]

    def _decode(self, task: Task, speech: Speech) -> Hypothesis:
        began = time.monotonic()
        try:
            return super()._decode(task, speech)
        finally:
            self.decoded.append((began, time.monotonic(), task.end))


async def serve_stt() -> None:
    # Prompts are no part of what the fixture was trained for.
    engine = TracedWhisper(ModelOptions(MODEL, device="cpu", prompted=False))
    engine.decoded = []
    server = build(engine, Settings(listen="127.0.0.1:0", mesh_token=TOKEN, log_level="error", drain_s=0.0))
    await server.start()
    async for asked in lines():
        told({"decoded": engine.decoded} if "trace" in asked else {"port": server.port})


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(0))) as runner:
        runner.run(serve_media(sys.argv[2]) if sys.argv[1] == "media" else serve_stt())
