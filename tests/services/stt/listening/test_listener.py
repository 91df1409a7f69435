"""What is decoded and told when, on audio time alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.stt.engine import Acknowledged, EndOfTurn, Final, Partial, SpeechEnded, SpeechStarted
from services.stt.listening.gate import WINDOW
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency, text_of
from services.stt.listening.listener import Tuning
from tests.services.stt.listening.script import OPTIONS, WINDOW_S, Speaker, counted, quiet, spoken, words

pytestmark = pytest.mark.unit

stretches = st.lists(st.tuples(st.booleans(), st.floats(0.05, 12)), max_size=4)


def played(parts: list[tuple[bool, float]]) -> bytes:
    return b"".join(spoken(seconds) if loud else quiet(seconds) for loud, seconds in parts)


def test_f18_silence_is_never_decoded_and_is_acknowledged() -> None:
    speaker = Speaker().say(quiet(20))
    assert speaker.tasks == []
    assert speaker.of(Acknowledged)[-1].processed_offset > 18 * 16_000


def test_the_final_is_decoded_at_a_fifth_of_a_second_of_silence_and_told_at_half() -> None:
    speaker = Speaker().say(spoken(3) + quiet(0.3))
    assert speaker.tasks[-1].urgency is Urgency.FINAL
    assert not speaker.of(Final)
    decoded = len(speaker.tasks)
    speaker.say(quiet(0.3))
    assert len(speaker.of(Final)) == 1
    assert len(speaker.tasks) == decoded


def test_a_whole_sentence_is_told_sooner_than_one_that_may_go_on() -> None:
    for text, ended in (("일했습니다", True), ("일했는데", False), ("사과", False)):
        speaker = Speaker(answer=lambda task, text=text: Hypothesis(words(text), -0.1))
        assert bool(speaker.say(spoken(2) + quiet(0.4)).of(Final)) is ended
        assert [final.text for final in speaker.say(quiet(0.2)).of(Final)] == [text]


def test_a_sentence_told_soon_ends_no_turn_and_is_no_prompt_for_what_follows() -> None:
    speaker = Speaker(answer=lambda task: Hypothesis(words("일했습니다"), -0.1))
    speaker.say(spoken(2) + quiet(0.45) + spoken(2) + quiet(1))
    assert len(speaker.of(Final)) == 2
    (end,) = speaker.of(EndOfTurn)
    assert end.speech_end_offset == speaker.of(Final)[-1].end_offset
    assert {task.prompt for task in speaker.tasks} == {""}


def test_while_nothing_is_said_no_caption_is_decoded_again() -> None:
    speaker = Speaker(tuning=Tuning(guess_after_s=2.0, utterance_silence_s=3.0)).say(spoken(2) + quiet(1.5))
    assert len([task for task in speaker.tasks if task.end > 2.1 * 16_000]) <= 1
    before = len(speaker.tasks)
    assert len(speaker.say(spoken(1)).tasks) > before


def test_no_caption_is_begun_in_a_silence_whose_final_would_have_to_wait_for_it() -> None:
    for length in range(25, 45):  # windows: some caption falls due in every part of the silence
        said = spoken(length * WINDOW_S)
        tasks = Speaker().say(said + quiet(0.3)).tasks
        ends = [task.end for task in tasks if task.urgency is Urgency.PARTIAL]
        assert max(ends) <= len(said) // 2 + 2 * WINDOW
        assert tasks[-1].urgency is Urgency.FINAL


def by_the_clock(task: Task) -> Hypothesis:
    """A word for each half second since the stream began, whatever part of it is decoded."""
    said = range(-(-task.start // 8000), task.end // 8000)
    return Hypothesis(words(" ".join(f"말{index}" for index in said)), -0.1)


def test_captions_of_a_long_utterance_begin_after_a_pause_and_its_final_at_its_beginning() -> None:
    speaker = Speaker(answer=by_the_clock).say(spoken(3) + quiet(0.3) + spoken(5) + quiet(1))
    captions = [task for task in speaker.tasks if task.urgency is Urgency.PARTIAL]
    assert captions[0].start == 0
    assert 3 * 16_000 < captions[-1].start < 3.3 * 16_000
    assert all(task.start == 0 or task.end - task.start >= 2 * 16_000 for task in captions)
    assert captions[-1].prompt == "말0 말1 말2 말3 말4 말5"
    assert captions[-1].prefix[0].text == "말6"
    final = speaker.tasks[-1]
    assert (final.start, final.prompt, final.prefix) == (0, "", ())
    (told,) = speaker.of(Final)
    assert told.text.startswith(speaker.of(Partial)[-1].committed)


def test_a_pause_whose_words_are_heard_otherwise_later_shortens_no_caption() -> None:
    def fickle(task: Task) -> Hypothesis:
        heard = by_the_clock(task)
        if task.urgency is Urgency.FINAL:
            return Hypothesis((*heard.words[:-1], *words("다른")), -0.1)
        return heard

    speaker = Speaker(answer=fickle).say(spoken(3) + quiet(0.3) + spoken(5))
    assert {task.start for task in speaker.tasks} == {0}


def test_voice_that_comes_back_undoes_the_guess() -> None:
    speaker = Speaker().say(spoken(2) + quiet(0.3) + spoken(2) + quiet(1))
    (final,) = speaker.of(Final)
    assert final.end_offset > 4 * 16_000


def test_an_endless_speech_is_cut_at_its_longest() -> None:
    speaker = Speaker().say(spoken(60))
    assert len(speaker.of(SpeechStarted)) == 1
    assert len(speaker.of(Final)) == 2
    assert max(len(task.samples) for task in speaker.tasks) <= 25.1 * 16_000


def test_after_ten_seconds_a_short_pause_is_enough_and_the_text_before_is_the_prompt() -> None:
    speaker = Speaker().say(spoken(11) + quiet(0.2) + spoken(2) + quiet(1) + spoken(2) + quiet(1))
    first, second, third = [task for task in speaker.tasks if task.urgency is Urgency.FINAL][-3:]
    assert (first.prompt, third.prompt) == ("", "")
    assert second.prompt == speaker.of(Final)[0].text


def test_a_turn_ends_after_the_patience_that_its_ending_asks_for() -> None:
    for text, waited_ms in (("일했습니다", 608), ("일했는데", 1280), ("잠시만요", 2400), ("사과", 800)):
        speaker = Speaker(answer=lambda task, text=text: Hypothesis(words(text), -0.1))
        speaker.say(spoken(2) + quiet(4))
        (end,) = speaker.of(EndOfTurn)
        assert end.waited_ms == waited_ms


def test_a_turn_that_another_stream_left_open_ends_by_its_text_and_silence_or_goes_on() -> None:
    options = replace(OPTIONS, start_offset=16_000, turn_text="서버를 만들었는데")
    (end,) = Speaker(options).say(quiet(4)).of(EndOfTurn)
    assert (end.speech_end_offset, end.waited_ms, end.rule) == (16_000, 1280, "connective")
    speaker = Speaker(options).say(quiet(0.5) + spoken(2) + quiet(4))
    (end,) = speaker.of(EndOfTurn)
    assert end.speech_end_offset > 16_000
    assert speaker.of(Acknowledged)[-1].processed_offset > 5 * 16_000


def test_a_final_that_contradicts_what_is_committed_is_asked_again_with_it() -> None:
    def fickle(task: Task) -> Hypothesis:
        if task.urgency is Urgency.FINAL and not task.prefix:
            return Hypothesis(words("다른 말"), -0.1)
        return Hypothesis(words("저는 갑니다"), -0.1)

    speaker = Speaker(answer=fickle).say(spoken(2) + quiet(1))
    assert speaker.text == "저는 갑니다"


def test_an_utterance_of_which_nothing_was_understood_ends_no_turn() -> None:
    speaker = Speaker(answer=lambda task: Hypothesis()).say(spoken(2) + quiet(4))
    assert speaker.text == ""
    assert len(speaker.of(SpeechEnded)) == 1
    assert not speaker.of(EndOfTurn)


@pytest.mark.parametrize("ending", ["", " 끝났습니다"])
@settings(max_examples=25, deadline=None)
@given(parts=stretches)
def test_every_sample_is_decoded_gated_or_pending(ending: str, parts: list[tuple[bool, float]]) -> None:
    speaker = Speaker(answer=lambda task: Hypothesis(words(f"{text_of(counted(task).words)}{ending}"), -0.1))
    pcm = played(parts)
    for at in range(0, len(pcm), 10_000):
        speaker.say(pcm[at : at + 10_000], piece=10_000)
        tally = speaker.listener.tally()
        assert tally.heard == tally.decoded + tally.gated + tally.pending == min(len(pcm), at + 10_000) // 2
    speaker.finish()
    tally = speaker.listener.tally()
    assert (tally.pending, tally.decoded + tally.gated) == (0, len(pcm) // 2)


@settings(max_examples=25, deadline=None)
@given(parts=stretches, seed=st.integers(0, 99))
def test_committed_text_never_changes_and_acks_only_rise(parts: list[tuple[bool, float]], seed: int) -> None:
    def wavering(task: Task) -> Hypothesis:
        said = [f"말{index}" for index in range(len(task.samples) // 8000)]
        if said and (task.end + seed) % 3:
            said[-1] = ("다른", "끝났습니다")[(task.end + seed) % 3 - 1]
        prefix = tuple(word.text for word in task.prefix)
        return Hypothesis(words(" ".join((*prefix, *said[len(prefix) :]))), -0.1)

    speaker = Speaker(answer=wavering).say(played(parts))
    committed, acked = "", 0
    for event in speaker.finish():
        if isinstance(event, Partial):
            assert event.committed.startswith(committed)
            committed = event.committed
        elif isinstance(event, Final):
            assert event.text.startswith(committed)
            committed = ""
        elif isinstance(event, Acknowledged):
            assert event.processed_offset >= acked
            acked = event.processed_offset
    assert acked == len(played(parts)) // 2
