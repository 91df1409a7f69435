import pytest

from services.media.conversation.ports import SAMPLE_RATE_HZ, Partial, Utterance
from services.media.conversation.turn_taking import TurnTaking, is_backchannel

pytestmark = pytest.mark.unit


def at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)


def heard(text: str, to_s: float) -> Partial:
    return Partial("", text, at(to_s))


def said(text: str, end_s: float = 1.0) -> Utterance:
    return Utterance(text, 0, at(end_s))


@pytest.fixture
def turn() -> TurnTaking:
    return TurnTaking()


@pytest.mark.parametrize("text", ["네", "네, 네.", "음...", "Yes", "mm, okay.", "", " ?"])
def test_sounds_of_listening_are_backchannels(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["네, 저는 백엔드 개발자입니다.", "잠시만요", "yes, I did"])
def test_words_are_no_backchannels(text: str) -> None:
    assert not is_backchannel(text)


def test_words_that_last_longer_than_300_ms_take_the_floor(turn: TurnTaking) -> None:
    turn.started(at(1.0))
    assert not turn.takes_floor(heard("저는", 1.3))
    assert turn.takes_floor(heard("저는", 1.31))


def test_a_backchannel_takes_no_floor_however_long(turn: TurnTaking) -> None:
    turn.started(at(1.0))
    assert not turn.takes_floor(heard("네", 3.0))
    assert turn.takes_floor(heard("네 그런데", 3.0))


def test_what_is_heard_without_a_start_takes_no_floor(turn: TurnTaking) -> None:
    assert not turn.takes_floor(heard("저는 개발자", 3.0))


def test_a_backchannel_to_the_interviewers_voice_is_no_part_of_the_answer(turn: TurnTaking) -> None:
    assert not turn.said(said("네."), voice_plays=True)
    assert turn.said(said("네."), voice_plays=False)
    assert turn.said(said("저는 개발자입니다."), voice_plays=True)


def test_an_utterance_in_which_nothing_was_understood_is_no_part_of_the_answer(turn: TurnTaking) -> None:
    assert not turn.said(said(""), voice_plays=False)
    assert not turn.may_end(voice_plays=False)


def test_a_turn_ends_by_silence_only_after_words_and_not_under_the_interviewers_voice(
    turn: TurnTaking,
) -> None:
    turn.said(said("음."), voice_plays=False)
    assert not turn.may_end(voice_plays=False)
    turn.said(said("저는 개발자입니다."), voice_plays=False)
    assert not turn.may_end(voice_plays=True)
    assert turn.may_end(voice_plays=False)


def test_what_was_said_to_another_process_counts() -> None:
    assert TurnTaking(answered=True).may_end(voice_plays=False)


def test_whoever_was_away_ends_the_turn_by_silence_only_after_words_again(turn: TurnTaking) -> None:
    turn.said(said("결제 서버를 맡았습니다."), voice_plays=False)
    turn.resumed()
    assert not turn.may_end(voice_plays=False)
    turn.said(said("그리고 고쳤습니다."), voice_plays=False)
    assert turn.may_end(voice_plays=False)
