"""An interview with voice and video, as its browser and the mesh see it."""

import asyncio

import pytest

from services.media.conversation.ports import (
    Ending,
    Phase,
)
from tests.services.media.conversation.fakes import (
    MISSING,
    silence,
    speech,
)
from tests.services.media.conversation.harness import (
    EMPTY,
    GONE,
    QUESTION,
    TURN,
    Interview,
    turn,
)
from tests.services.media.fakes import FakePeer
from tests.services.rooms import until

pytestmark = pytest.mark.unit


# Listening


async def test_what_is_said_is_stored_at_once_and_ends_the_turn(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0) + silence(0.4) + speech(0.5) + silence(0.4))
    await interview.has_stored("1 2", "1")
    assert interview.interviews.submitted == []
    await interview.hears(silence(0.7))
    await interview.has_submitted((TURN, Ending.END_OF_TURN))
    assert interview.told("segment") == [
        {"type": "segment", "turn_id": TURN, "segment_seq": 0},
        {"type": "segment", "turn_id": TURN, "segment_seq": 1},
    ]
    await interview.has_told("submitted", turn_id=TURN)


async def test_captions_go_both_ways_with_rising_numbers_and_hold_one_utterance(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0) + silence(0.4) + speech(1.0) + silence(0.4))
    await interview.has_stored("1 2", "1 2")
    captions = interview.told("caption")
    assert interview.captions.published == [("interview-1", each) for each in captions]
    assert [each["index"] for each in captions] == sorted({each["index"] for each in captions})
    shown = [(each["committed"], each["unstable"]) for each in captions]
    assert shown == [("", "1"), ("1", "2"), ("1 2", "")] * 2


async def test_a_turn_that_was_begun_elsewhere_goes_on_where_it_was(interview: Interview) -> None:
    interview.show(turn(answering_s=10.0, segments=3))
    await until(lambda: interview.interviews.followers == 1)
    await asyncio.sleep(0.01)
    await interview.hears(speech(0.5) + silence(1.1))
    await interview.has_submitted((TURN, Ending.END_OF_TURN))
    assert interview.interviews.appended == [(TURN, 3, "1")]
    assert interview.hearing.starts == [160_000]
    assert interview.voices.spoken == []


async def test_before_the_question_is_asked_nothing_is_heard(interview: Interview) -> None:
    interview.show(turn(phase=Phase.ASKING))
    await interview.hears(speech(1.0))
    await interview.asked()
    await interview.hears(speech(0.5) + silence(0.4))
    await interview.has_stored("1")
    assert interview.hearing.starts == [0]


@pytest.mark.parametrize("what", [{"muted": True}, {"speaking": True}], ids=str)
async def test_whoever_is_muted_or_read_to_is_not_heard(interview: Interview, what: dict[str, bool]) -> None:
    await interview.asked()
    await interview.hears(speech(0.5))
    (type_,) = what
    interview.tell(type_, **what)
    await interview.has_stored("1")
    await interview.hears(speech(2.0))
    interview.tell(type_, **{type_: False})
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1", "1 2")
    first_s, second_s = interview.interviews.starts_s
    assert second_s - first_s == pytest.approx(2.5, abs=0.05)


async def test_a_pause_makes_what_was_said_final_and_hears_nothing(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(0.5))
    interview.show(turn(), paused=True)
    await interview.has_stored("1")
    await interview.hears(speech(2.0) + silence(0.4))
    interview.show(turn())
    await asyncio.sleep(0.01)
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1", "1 2")


async def test_the_page_is_told_when_recognition_is_lost_and_found(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(0.5))
    interview.hearing.break_off(GONE)
    await interview.has_told("listening", state="recovering", reason="STT_GONE")
    interview.hearing.refusal = None
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1 2 3")
    assert [each["state"] for each in interview.told("listening")] == ["ok", "recovering", "ok"]


async def test_without_recognition_the_page_is_told_so_and_whoever_joins_later_too(
    interview: Interview,
) -> None:
    interview.hearing.refusal = MISSING
    await interview.asked()
    await interview.hears(speech(0.5))
    await interview.has_told("listening", state="off", reason="STT_MODEL_MISSING")
    another = FakePeer()
    interview.conversation.joined(another)
    assert {"type": "listening", "state": "off", "reason": "STT_MODEL_MISSING"} in another.messages


async def test_what_was_lost_is_said_to_be_lost(interview: Interview) -> None:
    interview.hearing.refusal = interview.hearing.recording_refusal = GONE
    await interview.asked()
    await interview.hears(speech(0.5))
    interview.show(turn(phase=Phase.CLOSED))
    await interview.has_told("lost", turn_id=TURN)


# The end of a turn


async def test_the_button_waits_for_the_last_words_and_then_submits(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.tell("answer_done", turn_id=TURN)
    await interview.has_submitted((TURN, Ending.BUTTON))
    assert interview.interviews.appended == [(TURN, 0, "1 2")]


async def test_button_and_end_of_turn_at_once_submit_once(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0) + silence(1.1))
    for _ in range(3):
        interview.tell("answer_done", turn_id=TURN)
    await interview.has_told("submitted", turn_id=TURN)
    await asyncio.sleep(0.05)
    assert len(interview.interviews.submitted) == 1


async def test_a_button_of_another_turn_does_nothing(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.tell("answer_done", turn_id="turn-0")
    await asyncio.sleep(0.01)
    assert interview.interviews.submitted == []


async def test_an_answer_that_is_refused_as_empty_goes_on(interview: Interview) -> None:
    interview.interviews.refuse("submit", EMPTY, EMPTY)
    await interview.asked()
    interview.tell("answer_done", turn_id=TURN)
    await until(lambda: not interview.interviews.refusals["submit"])
    await asyncio.sleep(0.01)
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1 2")
    interview.tell("answer_done", turn_id=TURN)
    await interview.has_submitted((TURN, Ending.BUTTON))


async def test_f25_a_submit_while_the_session_is_away_is_repeated_until_it_is_there(
    interview: Interview,
) -> None:
    await interview.asked()
    interview.interviews.refuse("append", GONE, GONE)
    interview.interviews.refuse("submit", GONE)
    await interview.hears(speech(1.0))
    interview.tell("answer_done", turn_id=TURN)
    await interview.has_submitted((TURN, Ending.BUTTON))
    assert interview.interviews.appended == [(TURN, 0, "1 2")]


async def test_a_turn_closed_elsewhere_still_stores_what_was_being_said(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0))
    interview.show(turn(phase=Phase.CLOSED))
    await interview.has_stored("1 2")
    await interview.hears(speech(1.0) + silence(1.1))
    assert interview.interviews.submitted == []
    assert interview.hearing.engine.open_streams == 0


async def test_the_next_turn_has_its_own_answer(interview: Interview) -> None:
    await interview.asked()
    await interview.hears(speech(1.0) + silence(0.4))
    await interview.has_stored("1 2")
    interview.show(turn(phase=Phase.CLOSED))
    interview.show(turn(2, Phase.ASKING))
    await interview.asked(turn(2))
    interview.show(turn(1, Phase.CLOSED))
    await interview.hears(speech(0.5) + silence(1.1))
    await interview.has_submitted(("turn-2", Ending.END_OF_TURN))
    assert interview.interviews.appended[1:] == [("turn-2", 0, "1")]


# Speaking


async def test_words_stop_the_interviewers_voice(interview: Interview) -> None:
    interview.show(turn())
    await until(lambda: interview.peer.playing)
    await interview.hears(speech(1.0))
    await until(lambda: not interview.peer.playing)
    assert interview.peer.stops == 1


async def test_a_repeat_is_spoken_for_the_open_turn_only(interview: Interview) -> None:
    await interview.asked()
    interview.tell("repeat", turn_id="turn-0")
    interview.tell("repeat", turn_id=TURN)
    await until(lambda: interview.voices.spoken == [QUESTION, QUESTION])


async def test_a_typed_answer_ends_the_question_too(interview: Interview) -> None:
    interview.show(turn())
    await until(lambda: interview.peer.playing)
    interview.show(turn(phase=Phase.CLOSED))
    await until(lambda: not interview.peer.playing)
