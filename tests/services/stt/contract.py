"""What every recogniser must do. A subclass gives an engine and speech; nothing here knows which it is."""

import asyncio
import io
import wave
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest

from services.runtime.errors import InvalidArgument, ResourceExhausted
from services.stt.engine import (
    SAMPLE_RATE_HZ,
    Acknowledged,
    EndOfTurn,
    Engine,
    Final,
    Language,
    Partial,
    Progress,
    Speech,
    SpeechEnded,
    SpeechStarted,
    Stream,
    StreamEvent,
    StreamOptions,
    Transcript,
)

OPTIONS = StreamOptions(Speech(Language.KOREAN), patience_ms=600)
PIECE_BYTES = 640
SILENCE = bytes(2 * SAMPLE_RATE_HZ)


async def listen(
    engine: Engine, pcm: bytes, piece: int = PIECE_BYTES, start: int = 0, speed: float = 0
) -> list[StreamEvent]:
    """All events; `speed` times as fast as it is spoken, 0 = as fast as the engine takes it."""
    options = StreamOptions(OPTIONS.speech, OPTIONS.patience_ms, start_offset=start)
    stream = await engine.open_stream(options)
    async with aclosing(stream):
        reading = asyncio.create_task(read(stream))
        for at in range(0, len(pcm), piece):
            await stream.push(pcm[at : at + piece])
            if speed:
                await asyncio.sleep(piece / 2 / SAMPLE_RATE_HZ / speed)
        await stream.finish()
        return await asyncio.wait_for(reading, 30)


async def read(stream: Stream) -> list[StreamEvent]:
    return [event async for event in stream.events()]


def text_of(events: list[StreamEvent]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Final))


def wav(pcm: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes(pcm)
    file.seek(0)
    return file


class EngineContract:
    """Subclasses define fixtures `engine`; `narrow`, which follows one stream; and `speech`: PCM of at least
    two seconds of one utterance that the engine understands."""

    async def test_speech_becomes_a_final_between_its_start_and_its_end(
        self, engine: Engine, speech: bytes
    ) -> None:
        events = await listen(engine, SILENCE + speech + SILENCE)
        kinds = [type(event) for event in events if not isinstance(event, Partial | Acknowledged)]
        assert kinds.index(SpeechStarted) < kinds.index(SpeechEnded) < kinds.index(Final)
        assert text_of(events)

    async def test_silence_says_nothing(self, engine: Engine) -> None:
        events = await listen(engine, SILENCE * 3)
        assert not [event for event in events if not isinstance(event, Acknowledged)]

    async def test_a_stream_without_audio_ends(self, engine: Engine) -> None:
        assert text_of(await listen(engine, b"")) == ""

    async def test_committed_words_never_change(self, engine: Engine, speech: bytes) -> None:
        committed, seen = "", 0
        for event in await listen(engine, speech + SILENCE, speed=8):
            if isinstance(event, Partial):
                assert event.committed.startswith(committed)
                committed, seen = event.committed, seen + 1
            if isinstance(event, Final):
                assert event.text.startswith(committed)
                committed = ""
        assert seen

    async def test_silence_after_speech_ends_the_turn(self, engine: Engine, speech: bytes) -> None:
        events = await listen(engine, speech + SILENCE * 3)
        (end,) = [event for event in events if isinstance(event, EndOfTurn)]
        assert end.rule
        assert end.speech_end_offset <= len(speech + SILENCE) // 2

    async def test_silence_ends_a_turn_that_a_broken_stream_left_open(self, engine: Engine) -> None:
        options = replace(OPTIONS, start_offset=3 * SAMPLE_RATE_HZ, turn_text="결제 서버를 만들었습니다")
        stream = await engine.open_stream(options)
        async with aclosing(stream), asyncio.timeout(30):
            await stream.push(SILENCE * 3)
            await stream.finish()
            events = await read(stream)
        (end,) = [event for event in events if isinstance(event, EndOfTurn)]
        assert end.speech_end_offset == options.start_offset
        assert not text_of(events)

    async def test_acknowledged_offsets_rise_to_the_end_of_the_audio(
        self, engine: Engine, speech: bytes
    ) -> None:
        pcm = speech + SILENCE
        acks = [each.processed_offset for each in await listen(engine, pcm) if isinstance(each, Acknowledged)]
        assert acks == sorted(acks)
        assert acks[-1] == len(pcm) // 2

    async def test_offsets_count_from_the_start_that_was_given(self, engine: Engine, speech: bytes) -> None:
        start = 5 * SAMPLE_RATE_HZ
        events = await listen(engine, speech + SILENCE, start=start)
        finals = [event for event in events if isinstance(event, Final)]
        for each in finals:
            assert start <= each.start_offset < each.end_offset <= start + len(speech + SILENCE) // 2
        assert finals

    async def test_the_size_of_pieces_changes_nothing(self, engine: Engine, speech: bytes) -> None:
        pcm = speech + SILENCE
        assert text_of(await listen(engine, pcm, piece=640)) == text_of(await listen(engine, pcm, piece=6400))

    async def test_a_flush_ends_the_utterance_while_the_stream_goes_on(
        self, engine: Engine, speech: bytes
    ) -> None:
        stream = await engine.open_stream(OPTIONS)
        async with aclosing(stream), asyncio.timeout(30):
            await stream.push(speech)
            await stream.flush()
            async for event in stream.events():
                if isinstance(event, Final):
                    break
            await stream.push(SILENCE)

    async def test_streams_side_by_side_do_not_mix(self, engine: Engine, speech: bytes) -> None:
        half = speech[: len(speech) // 4 * 2]
        alone = [text_of(await listen(engine, pcm + SILENCE)) for pcm in (speech, half)]
        together = await asyncio.gather(*(listen(engine, pcm + SILENCE) for pcm in (speech, half)))
        assert [text_of(events) for events in together] == alone

    async def test_a_stream_beyond_capacity_is_refused_until_one_closes(self, narrow: Engine) -> None:
        stream = await narrow.open_stream(OPTIONS)
        with pytest.raises(ResourceExhausted) as refusal:
            await narrow.open_stream(OPTIONS)
        assert refusal.value.retry_after_s > 0
        await stream.aclose()
        assert narrow.status().open_streams == 0
        await (await narrow.open_stream(OPTIONS)).aclose()

    async def test_f20_closing_a_stream_ends_its_events_and_drops_late_results(
        self, engine: Engine, speech: bytes
    ) -> None:
        stream = await engine.open_stream(OPTIONS)
        reading = asyncio.create_task(read(stream))
        await stream.push(speech)
        await stream.aclose()
        before = len(await asyncio.wait_for(reading, 5))
        with suppress(InvalidArgument):
            await stream.push(speech)
        await stream.aclose()
        assert len(reading.result()) == before
        assert engine.status().open_streams == 0

    async def test_a_recording_becomes_one_transcript_after_rising_progress(
        self, engine: Engine, speech: bytes
    ) -> None:
        events = [e async for e in engine.transcribe(wav(speech + SILENCE), OPTIONS.speech)]
        *progress, transcript = events
        done = [each.done for each in progress if isinstance(each, Progress)]
        assert len(done) == len(progress)
        assert done == sorted(done)
        assert all(0 <= share <= 1 for share in done)
        assert isinstance(transcript, Transcript)
        assert transcript.text
        assert transcript.duration_s == pytest.approx(len(speech + SILENCE) / 2 / SAMPLE_RATE_HZ, abs=0.05)

    async def test_bytes_that_hold_no_audio_are_refused(self, engine: Engine) -> None:
        with pytest.raises(InvalidArgument):
            await anext(engine.transcribe(io.BytesIO(b"no audio at all" * 99), OPTIONS.speech))

    async def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        await engine.aclose()
        await engine.aclose()
