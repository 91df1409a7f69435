"""`Hearing` by the stt service. Knows no conversation."""

import asyncio
import io
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from viva.v1 import common_pb2, stt_pb2_grpc
from viva.v1 import stt_pb2 as pb

from services.media.adapters.calls import end
from services.media.adapters.errors import translated, unknown
from services.media.conversation.ports import (
    SAMPLE_RATE_HZ,
    EndOfTurn,
    Heard,
    Language,
    Manner,
    Metrics,
    Partial,
    Settled,
    SpeechStarted,
    Utterance,
    Word,
)
from services.runtime.errors import Unavailable

ENDLESS = frozenset({"/viva.v1.SttService/StreamingRecognize"})
TAKEN_WITHIN_S = 5.0
SENT_WITHIN_S = 10.0  # of one piece: a server that takes none hangs
RECORDING_S = 60.0
PIECE_BYTES = 1 << 20
LANGUAGES = {Language.KOREAN: common_pb2.LANGUAGE_KO, Language.ENGLISH: common_pb2.LANGUAGE_EN}
_METRICS = ("loudness_dbfs", "syllables_per_s", "pauses", "pause_total_s", "fillers", "speaking_ratio")


class GrpcHearing:
    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._stub: Any = stt_pb2_grpc.SttServiceStub(channel) if channel else None

    @asynccontextmanager
    async def listen(self, manner: Manner, start: int, said: str) -> AsyncIterator["_Stream"]:
        if self._stub is None:
            raise unknown("stt")
        call = self._stub.StreamingRecognize()
        try:
            with translated():
                await _taken(call, _config(manner, start, said))
            yield _Stream(call)
        finally:
            await end(call)

    async def recognise(self, manner: Manner, pcm: bytes) -> Sequence[Utterance]:
        if self._stub is None:
            raise unknown("stt")
        found: list[Utterance] = []
        with translated():
            call = self._stub.Recognize(_recording(manner, pcm), timeout=RECORDING_S)
            async for answer in call:
                found += map(_utterance, answer.result.utterances)
        return found


class _Stream:
    def __init__(self, call: Any) -> None:
        self._call = call

    async def send(self, offset: int, pcm: bytes) -> None:
        await self._write(pb.StreamingRecognizeRequest(audio=pb.AudioChunk(offset=offset, pcm=pcm)))

    async def finish(self) -> None:
        await self._write(pb.StreamingRecognizeRequest(finish=pb.Finish()))

    async def heard(self) -> AsyncGenerator[Heard, None]:
        with translated():
            while (answer := await self._call.read()) is not grpc.aio.EOF:
                if (heard := _heard(answer)) is not None:
                    yield heard

    async def _write(self, request: pb.StreamingRecognizeRequest) -> None:
        try:
            with translated():
                async with asyncio.timeout(SENT_WITHIN_S):
                    await self._call.write(request)
        except TimeoutError:
            self._call.cancel()
            raise Unavailable("STT_HANGS", f"stt took no audio for {SENT_WITHIN_S:g} seconds.") from None


async def _taken(call: Any, config: pb.StreamingRecognizeRequest) -> None:
    """Waits for the response's headers: audio that is written before may cost the status of a refusal."""
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await call.write(config)
            await call.initial_metadata()
            if call.done():
                await call.read()
    except TimeoutError:
        raise Unavailable("STT_HANGS", f"stt took no stream within {TAKEN_WITHIN_S:g} seconds.") from None


def _config(manner: Manner, start: int, said: str) -> pb.StreamingRecognizeRequest:
    config = pb.StreamingConfig(
        language=LANGUAGES[manner.language],
        sample_rate_hz=SAMPLE_RATE_HZ,
        hotwords=manner.hotwords,
        patience_ms=min(max(manner.patience_ms, 200), 10_000),
        word_timestamps=True,
        interview_id=manner.interview_id,
        start_offset=start,
        turn_text=said,
    )
    return pb.StreamingRecognizeRequest(config=config)


def _recording(manner: Manner, pcm: bytes) -> Iterator[pb.RecognizeRequest]:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(SAMPLE_RATE_HZ)
        written.writeframes(pcm)
    data = file.getvalue()
    language = LANGUAGES[manner.language]
    yield pb.RecognizeRequest(
        config=pb.RecognizeConfig(language=language, hotwords=manner.hotwords, word_timestamps=True)
    )
    for at in range(0, len(data), PIECE_BYTES):
        yield pb.RecognizeRequest(data=data[at : at + PIECE_BYTES])


def _heard(answer: pb.StreamingRecognizeResponse) -> Heard | None:
    match answer.WhichOneof("event"):
        case "partial":
            partial = answer.partial
            return Partial(partial.committed, partial.unstable, partial.decoded_offset)
        case "final":
            return _utterance(answer.final)
        case "speech_started":
            return SpeechStarted(answer.speech_started.offset)
        case "end_of_turn":
            return EndOfTurn(answer.end_of_turn.speech_end_offset)
        case "ack":
            return Settled(answer.ack.processed_offset)
        case _:
            return None


def _utterance(final: pb.FinalHypothesis) -> Utterance:
    metrics = Metrics(**{name: getattr(final.metrics, name) for name in _METRICS})
    return Utterance(final.text, final.start_offset, final.end_offset, _words(final.words), metrics)


def _words(words: Iterable[pb.Word]) -> tuple[Word, ...]:
    return tuple(Word(each.text, each.start_s, each.end_s, each.probability) for each in words)
