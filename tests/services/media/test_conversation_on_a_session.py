"""Voice and pictures of an interview on a real session; those who speak, listen and look are fakes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from viva.v1 import interview_pb2 as pb

from services.stt.config import Settings as SttSettings
from services.stt.engines.fake import FakeEngine as FakeStt
from services.stt.server import build as build_stt
from services.tts.config import Settings as TtsSettings
from services.tts.engines.fake import FakeEngine as FakeTts
from services.tts.server import build as build_tts
from services.vision.config import Settings as VisionSettings
from services.vision.engines.fake import FakeEngine as FakeVision
from services.vision.server import build as build_vision
from tests.services.media.conversation.fakes import silence, speech
from tests.services.media.spoken import Room, room
from tests.services.rooms import listening
from tests.services.session.spine import Spine, until
from tests.services.vision.pictures import jpeg

pytestmark = pytest.mark.integration

TALK = speech(1.0) + silence(5)


@dataclass
class Studio:
    room: Room
    stt: FakeStt
    tts: FakeTts
    vision: FakeVision


@pytest.fixture
async def studio(spine: Spine, tmp_path: Path) -> AsyncIterator[Studio]:
    stt, tts, vision = FakeStt(), FakeTts(), FakeVision()
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        spoken = await opened(
            room(
                spine,
                stt_addresses=(await opened(listening(build_stt, stt, SttSettings)),),
                tts_addresses=(await opened(listening(build_tts, tts, TtsSettings)),),
                vision_addresses=(await opened(listening(build_vision, vision, VisionSettings)),),
                recordings=tmp_path / "recordings",
            )
        )
        yield Studio(spoken, stt, tts, vision)


async def test_a_question_is_spoken_and_its_answer_leads_to_the_next_one(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    for number in (1, 2):
        await studio.room.candidate.asked(interview_id, number)
        await browser.hears_the_question()
        await browser.says(TALK)
        assert (await studio.room.answered(interview_id, number)).answer.text == "1 2"
    assert studio.tts.made >= 2
    assert studio.vision.seen == []


async def test_speech_over_the_question_stops_it_and_is_the_answer(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    await until(lambda: browser.peer.playing and browser.conversation.is_listening)
    await browser.says(TALK)
    assert browser.peer.stops == 1
    assert (await studio.room.answered(interview_id, 1)).answer.text == "1 2"


async def test_what_is_seen_is_kept_with_its_turn(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio", "video")
    browser = await studio.room.joined(interview_id)
    turn = await studio.room.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    for _ in range(5):
        browser.conversation.see(jpeg(), 0)
        await asyncio.sleep(0.25)
    await browser.says(TALK)
    await studio.room.answered(interview_id, 1)
    row = await studio.room.pool.fetchrow("select turn_id, samples from observation")
    assert str(row["turn_id"]) == turn.id
    samples = json.loads(row["samples"])
    assert 3 <= len(samples) <= len(studio.vision.seen)


async def test_how_it_was_spoken_is_stored_with_what_was_said(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    await browser.says(TALK)
    await studio.room.answered(interview_id, 1)
    metrics = json.loads(await studio.room.pool.fetchval("select metrics from answer_segment"))
    assert metrics["loudness_dbfs"] == -20.0


async def test_what_is_recorded_is_in_a_file_once_the_interview_is_over(
    studio: Studio, tmp_path: Path
) -> None:
    interview_id = await studio.room.interview("audio", "recording")
    browser = await studio.room.joined(interview_id)
    await until(lambda: browser.peer.recording is not None)
    for _ in range(50):
        browser.peer.recording.heard(speech(0.02))  # type: ignore[union-attr]
    await studio.room.candidate.call("EndInterview", interview_id)
    folder = tmp_path / "recordings" / interview_id
    (file,) = await until(lambda: list(folder.glob("*.flac")))
    assert file.stat().st_size > 0
    assert list(folder.iterdir()) == [file]


async def test_a_typed_answer_ends_listening_and_the_next_turn_is_heard_again(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    turn = await studio.room.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    browser.conversation.told({"type": "muted", "muted": True})
    await browser.says(speech(0.5))
    await studio.room.candidate.submit(interview_id, turn.id, "글로 씁니다.")
    browser.conversation.told({"type": "muted", "muted": False})
    await studio.room.candidate.asked(interview_id, 2)
    await until(lambda: browser.conversation.is_listening)
    await browser.hears_the_question()
    await browser.says(TALK)
    assert (await studio.room.answered(interview_id, 1)).answer.text == "글로 씁니다."
    assert (await studio.room.answered(interview_id, 2)).answer.text == "1 2"


async def test_f17_the_audio_of_an_answer_reaches_stt_once(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    await browser.says(TALK)
    await studio.room.answered(interview_id, 1)
    (stream, *_) = studio.stt.streams
    assert stream.pushed == TALK[: len(stream.pushed)]
    assert len(stream.pushed) >= len(speech(1.0))
    assert all(each.options.start_offset == 0 or not each.pushed for each in studio.stt.streams[1:])


async def test_an_interview_that_ends_ends_its_conversation(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    await studio.room.candidate.call("EndInterview", interview_id)
    await until(lambda: browser.conversation.is_over)
    assert browser.told("listening")[-1] == {
        "type": "listening",
        "state": "off",
        "reason": "INTERVIEW_OVER",
    }


async def test_a_pause_hears_nothing_and_the_answer_goes_on_after_it(studio: Studio) -> None:
    interview_id = await studio.room.interview("audio")
    browser = await studio.room.joined(interview_id)
    for number in range(1, 15):
        turn = await studio.room.candidate.asked(interview_id, number)
        if turn.pause_allowed:
            break
        await studio.room.candidate.submit(interview_id, turn.id)
    await until(lambda: browser.conversation.is_listening)
    await browser.hears_the_question()
    await browser.says(speech(1.0))
    await studio.room.candidate.call("PauseInterview", interview_id)
    await until(lambda: browser.conversation.is_paused)
    await browser.says(speech(2.0))
    await studio.room.candidate.call("ResumeInterview", interview_id)
    await until(lambda: not browser.conversation.is_paused)
    await browser.says(TALK)
    answered = await studio.room.answered(interview_id, turn.number, text="1 2 1 2")
    assert answered.answer.ended_by == pb.ANSWER_END_END_OF_TURN
