"""`Voices` by the tts service. Knows no question."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
from viva.v1 import tts_pb2 as pb
from viva.v1 import tts_pb2_grpc

from services.media.adapters.errors import translated, unknown
from services.media.adapters.hearing import LANGUAGES
from services.media.conversation.ports import Language, Sound
from services.runtime.errors import Unavailable

PIECE_S = 5.0  # a person waits for a voice no longer than that: the page reads aloud instead


class GrpcVoices:
    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._stub: Any = tts_pb2_grpc.TtsServiceStub(channel) if channel else None

    async def speak(self, text: str, language: Language) -> AsyncGenerator[Sound, None]:
        if self._stub is None:
            raise unknown("tts")
        call = self._stub.Synthesize(pb.SynthesizeRequest(text=text, language=LANGUAGES[language]))
        try:
            while (answer := await _next(call)) is not grpc.aio.EOF:
                yield Sound(answer.pcm, answer.sample_rate_hz)
        finally:
            call.cancel()


async def _next(call: Any) -> Any:
    try:
        with translated():
            async with asyncio.timeout(PIECE_S):
                return await call.read()
    except TimeoutError:
        raise Unavailable("TTS_HANGS", f"tts made no sound within {PIECE_S:g} seconds.") from None
