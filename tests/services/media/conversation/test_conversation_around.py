"""What goes on beside an answer: looking, recording, who comes and who goes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.media.conversation.ports import (
    Consent,
    Ending,
    Language,
    Phase,
    Policy,
    Terms,
)
from services.runtime.errors import NotFound, Unavailable
from tests.services.media.conversation.fakes import (
    SECOND,
    silence,
    speech,
)
from tests.services.media.conversation.harness import (
    SEES,
    TURN,
    Interview,
    turn,
)
from tests.services.media.fakes import FakePeer
from tests.services.rooms import until

pytestmark = pytest.mark.unit


# Looking


async def test_what_is_seen_during_an_answer_is_kept_before_it_is_submitted(interview: Interview) -> None:
    await interview.asked()
    interview.conversation.see(b"jpeg", 1)
    await asyncio.sleep(0.01)
    await interview.hears(speech(1.0))
    interview.tell("answer_done", turn_id=TURN)
    await interview.has_submitted((TURN, Ending.BUTTON))
    assert [(turn_id, number) for turn_id, number, _ in interview.interviews.observed] == [(TURN, 0)]


@pytest.mark.parametrize(
    "terms",
    [
        Terms(Language.KOREAN, frozenset({Consent.AUDIO}), Policy.SCORED),
        Terms(Language.KOREAN, frozenset({Consent.AUDIO, Consent.VIDEO}), Policy.OFF),
        Terms(Language.KOREAN, frozenset({Consent.AUDIO, Consent.VIDEO}), Policy.OBSERVE, no_camera=True),
    ],
    ids=["no consent", "policy off", "no camera"],
)
async def test_nobody_is_looked_at_without_consent_or_against_the_policy(terms: Terms) -> None:
    interview = Interview(terms)
    interview.conversation.joined(interview.peer)
    await interview.asked()
    interview.conversation.see(b"jpeg", 1)
    await asyncio.sleep(0.01)
    assert interview.eyes.looks == 0
    await interview.conversation.aclose()


async def test_consent_to_video_that_is_taken_back_holds_from_the_next_turn(interview: Interview) -> None:
    await interview.asked()
    await until(lambda: interview.eyes.looks == 1)
    interview.interviews.known = Terms(Language.KOREAN, frozenset({Consent.AUDIO}), Policy.OBSERVE)
    await interview.asked(turn(2))
    interview.conversation.see(b"jpeg", 1)
    await asyncio.sleep(0.01)
    await interview.conversation.aclose()
    assert interview.interviews.observed == []


# Recording

RECORDED = replace(SEES, granted=SEES.granted | {Consent.RECORDING})


@pytest.fixture
async def recorded() -> AsyncIterator[Interview]:
    interview = Interview(RECORDED)
    interview.conversation.joined(interview.peer)
    await until(lambda: interview.peer.recording is not None)
    yield interview
    await interview.conversation.aclose()


async def test_both_voices_are_recorded_where_that_is_agreed_to(recorded: Interview) -> None:
    (recording,) = recorded.recordings.opened
    recorded.conversation.left(recorded.peer)
    another = FakePeer()
    recorded.conversation.joined(another)
    await until(lambda: another.recording is recording)
    await recorded.conversation.aclose()
    assert recording.is_closed


async def test_without_consent_to_it_nothing_is_recorded(interview: Interview) -> None:
    await interview.asked()
    assert interview.peer.recording is None
    assert interview.recordings.opened == []


async def test_a_pause_is_not_recorded(recorded: Interview) -> None:
    recorded.show(turn(), paused=True)
    await until(lambda: recorded.peer.recording is None)
    recorded.show(turn())
    await until(lambda: recorded.peer.recording is recorded.recordings.opened[0])


async def test_consent_to_recording_that_is_taken_back_ends_it_at_the_next_turn(recorded: Interview) -> None:
    recorded.interviews.known = SEES
    recorded.show(turn())
    await until(lambda: recorded.peer.recording is None)
    assert recorded.recordings.opened[0].is_closed


async def test_an_interview_goes_on_without_a_recording_that_cannot_be_written() -> None:
    interview = Interview(RECORDED)
    interview.recordings.refusal = Unavailable("MEDIA_RECORDING_UNWRITABLE", "full")
    interview.conversation.joined(interview.peer)
    await interview.asked()
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1 2")
    await interview.conversation.aclose()


# Coming and going


async def test_whoever_leaves_in_mid_sentence_loses_none_of_it_and_may_come_back(
    interview: Interview,
) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.conversation.left(interview.peer)
    await interview.has_stored("1 2")
    assert interview.conversation.is_alone
    await asyncio.sleep(0.5)
    interview.conversation.joined(interview.peer)
    await interview.hears(speech(0.5) + silence(1.1))
    await interview.has_submitted((TURN, Ending.END_OF_TURN))
    assert [text for _, _, text in interview.interviews.appended] == ["1 2", "1"]
    assert interview.interviews.starts_s[1] >= 1.5, "what was said keeps its time"


async def test_whoever_comes_back_is_told_what_may_be_missing_and_ends_nothing_by_silence(
    interview: Interview,
) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    assert interview.told("lost") == []
    interview.conversation.left(interview.peer)
    await interview.has_stored("1 2")
    interview.conversation.joined(interview.peer)
    await interview.hears(silence(3))
    await interview.has_told("lost", turn_id=TURN)
    assert interview.interviews.submitted == []
    await interview.hears(speech(0.5) + silence(1.1))
    await interview.has_submitted((TURN, Ending.END_OF_TURN))


async def test_sound_that_is_missed_is_told_while_somebody_is_listened_to(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.tell("muted", muted=True)
    interview.conversation.missed(SECOND)
    assert interview.told("lost") == []
    interview.tell("muted", muted=False)
    interview.conversation.missed(SECOND)
    await interview.has_told("lost", turn_id=TURN)
    await interview.hears(speech(0.5) + silence(1.1))
    await interview.has_stored("1 2", "1")
    assert interview.interviews.starts_s[1] == pytest.approx(interview.interviews.starts_s[0] + 3.0, abs=0.05)


async def test_a_former_browser_that_leaves_late_changes_nothing(interview: Interview) -> None:
    interview.conversation.joined(FakePeer())
    interview.conversation.left(interview.peer)
    assert not interview.conversation.is_alone


async def test_withdrawn_consent_ends_everything_and_stores_nothing_more(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.show(withdrawn=True, over=True)
    await until(lambda: interview.ends == 1)
    await interview.hears(speech(1.0) + silence(1.1))
    assert interview.interviews.appended == []
    assert interview.hearing.engine.open_streams == 0
    await interview.has_told("listening", state="off", reason="INTERVIEW_WITHDRAWN")


async def test_the_end_of_the_interview_waits_for_the_last_words(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.show(turn(phase=Phase.CLOSED), over=True)
    await until(lambda: interview.ends == 1)
    assert interview.interviews.appended == [(TURN, 0, "1 2")]


@pytest.mark.parametrize(
    "taken_back", [Terms(Language.KOREAN), None], ids=["consent to audio", "the interview itself"]
)
async def test_what_is_gone_at_the_next_turn_ends_the_conversation(
    interview: Interview, taken_back: Terms | None
) -> None:
    await interview.asked()
    if taken_back:
        interview.interviews.known = taken_back
    else:
        interview.interviews.refuse("terms", NotFound("NOT_FOUND", "no"))
    interview.show(turn(2))
    await until(lambda: interview.ends == 1)


async def test_an_interview_that_cannot_be_followed_ends_the_conversation(interview: Interview) -> None:
    interview.interviews.show(NotFound("NOT_FOUND", "no"))
    await until(lambda: interview.ends == 1)


async def test_a_process_that_stops_stores_what_is_being_said(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    await interview.conversation.aclose()
    assert interview.interviews.appended == [(TURN, 0, "1 2")]
    await interview.conversation.aclose()
    assert interview.ends == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
FIELDS = st.dictionaries(
    st.sampled_from(["turn_id", "muted", "speaking", "index", "x"]), ANYTHING | st.just(TURN), max_size=4
)
TYPES = st.sampled_from(["answer_done", "repeat", "muted", "speaking", "heartbeat", "caption", ""]) | ANYTHING


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(type_=TYPES, fields=FIELDS)
async def test_whatever_a_page_says_the_conversation_goes_on(
    type_: object, fields: dict[str, object]
) -> None:
    interview = Interview()
    interview.conversation.joined(interview.peer)
    interview.show(turn(segments=1))
    await asyncio.sleep(0)
    interview.conversation.told({**fields, "type": type_})
    await asyncio.sleep(0)
    assert not interview.conversation.is_over
    await interview.conversation.aclose()
