import asyncio
from collections.abc import AsyncIterator

import pytest

from services.media.conversation.conversation import Mesh
from services.media.conversation.conversations import InterviewConversations
from services.media.conversation.ports import Consent, Language, Phase, Standing, Terms, Turn
from services.runtime.errors import FailedPrecondition, NotFound, Unavailable
from tests.services.media.conversation.fakes import (
    FakeCaptions,
    FakeEyes,
    FakeHearing,
    FakeInterviews,
    FakeRecordings,
    FakeVoices,
    silence,
    speech,
)
from tests.services.media.fakes import FakePeer
from tests.services.rooms import until

pytestmark = pytest.mark.unit

HEARD = Terms(Language.KOREAN, frozenset({Consent.AUDIO}))
GONE = Unavailable("SESSION_GONE", "gone")


@pytest.fixture
async def interviews() -> FakeInterviews:
    return FakeInterviews(HEARD)


@pytest.fixture
async def conversations(interviews: FakeInterviews) -> AsyncIterator[InterviewConversations]:
    ports = FakeVoices(), FakeEyes(), FakeCaptions(), FakeRecordings()
    conversations = InterviewConversations(Mesh(FakeHearing(), interviews, *ports), kept_s=0.05)
    yield conversations
    await conversations.aclose()


async def test_an_interview_has_one_conversation_however_often_and_fast_it_is_opened(
    conversations: InterviewConversations,
) -> None:
    opened = await asyncio.gather(*(conversations.open("interview-1") for _ in range(5)))
    assert len({id(each) for each in opened}) == 1
    assert await conversations.open("interview-2") is not opened[0]


async def test_consent_is_asked_for_at_every_opening(
    conversations: InterviewConversations, interviews: FakeInterviews
) -> None:
    await conversations.open("interview-1")
    interviews.known = Terms(Language.KOREAN)
    with pytest.raises(FailedPrecondition) as refused:
        await conversations.open("interview-1")
    assert refused.value.reason == "AUDIO_CONSENT_MISSING"
    interviews.refuse("terms", NotFound("NOT_FOUND", "no"))
    with pytest.raises(NotFound):
        await conversations.open("interview-3")


async def test_a_conversation_is_kept_while_somebody_is_there_and_a_while_after(
    conversations: InterviewConversations,
) -> None:
    conversation, peer = await conversations.open("interview-1"), FakePeer()
    conversation.joined(peer)
    await asyncio.sleep(0.15)
    assert not conversation.is_over
    conversation.left(peer)
    assert await conversations.open("interview-1") is conversation
    await until(lambda: conversation.is_over)
    assert await conversations.open("interview-1") is not conversation


async def test_f25_whoever_left_is_kept_until_everything_said_is_stored(
    conversations: InterviewConversations, interviews: FakeInterviews
) -> None:
    conversation, peer = await conversations.open("interview-1"), FakePeer()
    conversation.joined(peer)
    interviews.show(Standing(Turn("turn-1", 1, Phase.ANSWERING, "질문")))
    await until(lambda: conversation.is_listening)
    interviews.refuse("append", GONE, GONE)
    pcm = speech(1.0) + silence(0.4)
    for at in range(0, len(pcm), 640):
        conversation.hear(pcm[at : at + 640])
    await until(lambda: conversation.has_unstored)
    conversation.left(peer)
    await asyncio.sleep(0.1)
    assert not conversation.is_over
    await until(lambda: conversation.is_over)
    assert [text for _, _, text in interviews.appended] == ["1 2"]


async def test_an_interview_that_is_over_is_forgotten(
    conversations: InterviewConversations, interviews: FakeInterviews
) -> None:
    conversation = await conversations.open("interview-1")
    interviews.show(Standing(over=True))
    await until(lambda: conversation.is_over)
    assert await conversations.open("interview-1") is not conversation


async def test_closing_ends_all_of_them(conversations: InterviewConversations) -> None:
    opened = [await conversations.open(f"interview-{number}") for number in range(3)]
    await conversations.aclose()
    assert all(each.is_over for each in opened)
