"""Spoken answers through recognition into a session: the trained model, Postgres, NATS and gRPC."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
import pytest
from viva.v1 import interview_pb2 as pb

from services.runtime.errors import FailedPrecondition, NotFound
from services.stt.config import Settings as SttSettings
from services.stt.engines.ctranslate2.engine import Limits
from services.stt.server import build as build_stt
from tests.fixtures.whisper_ko.spoken import AUDIO, Sentence, SpokenAnswers, load, to_pcm
from tests.services.media.spoken import Room, room
from tests.services.rooms import listening
from tests.services.session.spine import Spine, until
from tests.services.stt.sound import opened, silence

pytestmark = pytest.mark.model


@pytest.fixture
async def stt(korean_whisper: Path) -> AsyncIterator[str]:
    async with (
        opened(korean_whisper, Limits(streams=8)) as engine,
        listening(build_stt, engine, SttSettings) as address,
    ):
        yield address


@pytest.fixture
async def spoken(spine: Spine, stt: str) -> AsyncIterator[Room]:
    async with room(spine, stt_addresses=(stt,)) as spoken:
        yield spoken


async def test_spoken_answers_arrive_word_for_word_and_silence_ends_each_turn(
    spoken: Room, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    said = list(spoken_answers.interview().values())[:2]
    for number, answer in enumerate(said, 1):
        await spoken.candidate.asked(interview_id, number)
        await until(lambda: browser.conversation.is_listening)
        await browser.says(answer.pcm() + silence(5))
        turn = await spoken.answered(interview_id, number)
        assert turn.answer.text == answer.text
        assert turn.answer.ended_by == pb.ANSWER_END_END_OF_TURN
        await until(lambda turn=turn: any(each["turn_id"] == turn.id for each in browser.told("submitted")))
    stored = await spoken.pool.fetch("select count(*) from answer_segment")
    assert len(browser.told("segment")) == stored[0][0]


async def test_f16_a_caption_is_on_its_way_before_the_end_of_speech(
    spoken: Room, spine: Spine, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    client = await nats.connect(spine.nats_url)
    captions: list[dict[str, Any]] = []
    ended: list[bool] = []

    async def receive(message: Any) -> None:
        captions.append({**json.loads(message.data), "in_time": not ended})

    await client.subscribe(f"viva.captions.{interview_id}", cb=receive)
    await client.flush()
    answer = spoken_answers.of("introduction")
    await browser.says(answer.pcm(), piece_s=0.02)
    ended.append(True)
    await browser.says(silence(5))
    turn = await spoken.answered(interview_id, 1)
    await client.drain()
    assert any(each["in_time"] and each["unstable"] + each["committed"] for each in captions)
    assert {each["turn_id"] for each in captions} == {turn.id}
    assert [each["index"] for each in captions] == sorted({each["index"] for each in captions})
    finals = [each["committed"] for each in captions if each["committed"] and not each["unstable"]]
    assert all(sentence.text in finals for sentence in answer.sentences)


async def test_f05_the_button_and_the_end_of_turn_at_once_make_one_answer(
    spoken: Room, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    turn = await spoken.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    answer = spoken_answers.of("introduction")
    await browser.says(answer.pcm() + silence(2.2))
    for _ in range(3):
        browser.conversation.told({"type": "answer_done", "turn_id": turn.id})
        await browser.says(silence(0.3))
    assert (await spoken.answered(interview_id, 1)).answer.text == answer.text
    await spoken.candidate.asked(interview_id, 2)
    turns = (await spoken.candidate.get(interview_id)).turns
    assert [each.number for each in turns] == [1, 2]


async def test_the_button_in_mid_sentence_waits_for_its_end(
    spoken: Room, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    turn = await spoken.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    answer = spoken_answers.of("introduction")
    await browser.says(answer.pcm(around_s=0.1))
    browser.conversation.told({"type": "answer_done", "turn_id": turn.id})
    closed = await spoken.answered(interview_id, 1, text=answer.text)
    assert closed.answer.ended_by == pb.ANSWER_END_BUTTON


async def test_a_media_process_that_takes_over_loses_only_what_was_being_said(
    spoken: Room, spine: Spine, stt: str, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    turn = await spoken.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    first, second = spoken_answers.of("introduction").sentences
    await browser.says(pcm_of(first) + silence(1) + pcm_of(second)[: len(pcm_of(second)) // 4 * 2])
    await until(lambda: browser.told("segment"))
    async with spoken.another_process() as other:
        again = await other.joined(interview_id)
        await until(lambda: again.conversation.is_listening)
        await again.says(pcm_of(second) + silence(5))
        answered = await spoken.answered(interview_id, 1)
    assert answered.id == turn.id
    assert answered.answer.text == f"{first.text} {second.text}"


async def test_without_consent_to_audio_nobody_is_heard(spoken: Room) -> None:
    interview_id = await spoken.interview("video")
    with pytest.raises(FailedPrecondition) as refused:
        await spoken.conversations.open(interview_id)
    assert refused.value.reason == "AUDIO_CONSENT_MISSING"
    assert refused.value.remedy


async def test_interviews_that_are_unknown_or_over_are_refused(spoken: Room) -> None:
    with pytest.raises(NotFound):
        await spoken.conversations.open("01890a5d-ac96-774b-bcce-b302099a8057")
    interview_id = await spoken.interview("audio")
    await spoken.candidate.call("EndInterview", interview_id)
    with pytest.raises(FailedPrecondition) as refused:
        await spoken.conversations.open(interview_id)
    assert refused.value.reason == "INTERVIEW_OVER"


async def test_consent_that_is_withdrawn_ends_the_conversation(
    spoken: Room, spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    await browser.says(spoken_answers.of("introduction").pcm())
    await spoken.candidate.call("WithdrawConsent", interview_id, erase=True)
    await until(lambda: browser.conversation.is_over)
    assert browser.told("listening")[-1]["reason"] == "INTERVIEW_WITHDRAWN"
    assert await spoken.pool.fetchval("select count(*) from answer_segment") == 0


def pcm_of(sentence: Sentence) -> bytes:
    return to_pcm(load(AUDIO / SpokenAnswers.voices[0] / sentence.file))
