"""A candidate speaks to a real mesh over WebRTC: what is said is what is kept. Its model is the fixture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import pytest
from viva.v1 import common_pb2, interview_pb2

from deploy.demo.answers import Written
from deploy.demo.interview import Plan, consent
from deploy.demo.over_rest import over_rest
from deploy.demo.person import Person
from deploy.demo.room import Told
from deploy.demo.speech import Recorded
from deploy.demo.spoken import Spoken
from deploy.local.environment import LocalMesh
from deploy.local.mesh import first_addresses
from tests.fixtures.whisper_ko.spoken import AUDIO, SpokenAnswers

pytestmark = pytest.mark.model

SAID_AS = "motivation"  # the stage whose recordings are said


class OneAnswer(Recorded):
    async def of(self, stage: str, text: str):
        return await super().of(SAID_AS, text)


@pytest.fixture
async def person(hearing_mesh: LocalMesh) -> AsyncIterator[Person]:
    async with over_rest(first_addresses(hearing_mesh)["edge"]) as register:
        yield await register("이서연", "ko")


async def practice(person: Person, room: Spoken) -> str:
    """The id of an interview of one question, which has begun."""
    request = interview_pb2.CreateInterviewRequest(
        request_id=uuid4().hex, scenario="practice", language=common_pb2.LANGUAGE_KO, practice=True
    )
    created = await person.call("creating", "InterviewService.CreateInterview", request)
    interview_id: str = created.interview.id
    await consent(person, interview_id, Plan(b"", "", "practice", "ko", lambda *_: Written({}), room))
    start = interview_pb2.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
    await person.call("starting", "InterviewService.StartInterview", start)
    return interview_id


async def events(person: Person, interview_id: str) -> AsyncIterator[interview_pb2.InterviewEvent]:
    async with aclosing(person.watch(interview_id, 0)) as news:
        async for each in news:
            if isinstance(each, interview_pb2.InterviewEvent):
                yield each


async def test_f17_what_is_said_arrives_once_and_word_for_word_and_the_question_is_heard(
    person: Person, spoken_answers: SpokenAnswers
) -> None:
    """Only over the connection: no file is uploaded beside it; the silence after it submits the answer."""
    room = Spoken(OneAnswer(AUDIO / "seoyeon"))
    interview_id = await practice(person, room)
    async with asyncio.timeout(90), room.enter(person, interview_id, Written({"warm_up": ""})) as answer:
        async for event in events(person, interview_id):
            if event.type == "question.asked":
                told = Told(event.turn)
                await answer(told)
            if event.type == "answer.accepted":
                stored = event.turn.answer
                break
    assert stored.text == told.meant == spoken_answers.of(SAID_AS).text
    assert stored.ended_by == interview_pb2.ANSWER_END_END_OF_TURN
    assert told.first_sound_at is not None
    assert told.captioned_at is not None
    assert told.captioned_at < told.spoke_until
