"""How much context is encoded, when a decoding is tried again, and what of it is believed."""

import pytest

from services.stt.engine import Language, Speech
from services.stt.engines.ctranslate2.decoder import MAX_HOTWORD_TOKENS, WARMER, Context, Decoder
from services.stt.listening.hypothesis import Hypothesis, Task, Urgency
from tests.services.stt.engines.ctranslate2.script import ScriptedWhisper, generated, said, task

pytestmark = pytest.mark.unit

KOREAN = Speech(Language.KOREAN)
LOOP = generated("네 네 네 네 네 네")
UNLIKELY = generated("서버를 만들었습니다", avg_log_prob=-1.4)
FINAL = Urgency.FINAL


def decoded(whisper: ScriptedWhisper, asked: Task, speech: Speech = KOREAN, **other: object) -> Hypothesis:
    return Decoder(whisper, **other).decode(asked, speech)


def test_a_cut_context_is_the_speech_and_its_margin_and_a_full_one_is_thirty_seconds() -> None:
    whisper = ScriptedWhisper([generated("네")])
    for context in (Context(), Context(margin_s=None)):
        for urgency in (FINAL, Urgency.PARTIAL):
            decoded(whisper, task(3, urgency), context=context)
    assert whisper.encoded == [300 + 250, 300 + 100, 3000, 3000]


def test_a_caption_has_no_more_margin_than_a_final() -> None:
    whisper = ScriptedWhisper([generated("네")])
    decoded(whisper, task(3), context=Context(margin_s=0.5))
    assert whisper.encoded == [350]


def test_a_final_that_loops_with_little_context_is_tried_once_with_all_of_it() -> None:
    whisper = ScriptedWhisper([LOOP, generated("서버를 만들었습니다")])
    assert decoded(whisper, task(3, FINAL)).text == "서버를 만들었습니다"
    assert whisper.encoded == [550, 3000]


def test_a_caption_that_loops_says_what_came_before_the_loop_and_is_not_tried_again() -> None:
    whisper = ScriptedWhisper([LOOP])
    assert decoded(whisper, task(3)).text == "네"
    assert (whisper.temperatures, len(whisper.encoded)) == ([0.0], 1)


def test_only_finals_are_tried_warmer_and_the_likeliest_stands() -> None:
    better = generated("서버를 고쳤습니다", avg_log_prob=-1.2)
    whisper = ScriptedWhisper([UNLIKELY, better, generated("무엇을", avg_log_prob=-1.3)])
    assert decoded(whisper, task(3, FINAL)).text == "서버를 고쳤습니다"
    assert whisper.temperatures == [0.0, *WARMER]
    whisper = ScriptedWhisper([UNLIKELY])
    decoded(whisper, task(3))
    assert whisper.temperatures == [0.0]


def test_the_first_likely_guess_ends_the_trying_and_the_audio_is_encoded_once() -> None:
    whisper = ScriptedWhisper([UNLIKELY, generated("서버를 고쳤습니다", avg_log_prob=-0.3)])
    assert decoded(whisper, task(3, FINAL)).text == "서버를 고쳤습니다"
    assert (whisper.temperatures, whisper.encoded) == ([0.0, WARMER[0]], [550])


def test_a_guess_without_a_loop_stands_before_a_likelier_loop() -> None:
    whisper = ScriptedWhisper([LOOP, LOOP, generated("네 맞습니다", avg_log_prob=-1.3), LOOP])
    assert decoded(whisper, task(3, FINAL)).text == "네 맞습니다"


def test_unlikely_words_in_what_sounds_like_no_speech_are_not_guessed_at_and_not_believed() -> None:
    whisper = ScriptedWhisper([generated("무슨 말", avg_log_prob=-1.5, no_speech=0.9)])
    assert decoded(whisper, task(3, FINAL)).words == ()
    assert whisper.temperatures == [0.0]


def test_the_length_of_the_audio_caps_the_tokens_and_a_prefix_is_not_counted() -> None:
    whisper = ScriptedWhisper([generated("네")])
    decoded(whisper, task(2))
    decoded(whisper, task(2, prefix=said("저는 결제 서버를")))
    assert whisper.caps == [24, 27]


def test_the_language_is_the_speakers_then_the_streams_then_what_is_heard() -> None:
    whisper = ScriptedWhisper([generated("네")], detected=Language.KOREAN)
    decoded(whisper, task(), Speech(Language.ENGLISH))
    assert whisper.detections == 0
    assert decoded(whisper, task(language=Language.ENGLISH), Speech()).language is Language.ENGLISH
    assert whisper.detections == 0
    assert decoded(whisper, task(), Speech()).language is Language.KOREAN
    assert whisper.detections == 1
    assert [each["language"] for each in whisper.prompts] == [*[Language.ENGLISH] * 2, Language.KOREAN]


def test_hotwords_come_before_what_was_said_and_both_are_bounded() -> None:
    whisper = ScriptedWhisper([generated("네")])
    decoded(whisper, task(prompt="앞에서 한 말"), Speech(Language.KOREAN, ("카프카", "쿠버네티스")))
    decoded(whisper, task(prompt="말 " * 500), Speech(Language.KOREAN, ("용어",) * 500))
    first, second = (each["before"] for each in whisper.prompts)
    assert whisper.words(tuple(first)) == said("카프카 쿠버네티스 앞에서 한 말")
    assert len(second) == 2 * MAX_HOTWORD_TOKENS
    decoded(whisper, task())
    assert whisper.prompts[-1]["before"] == []


def test_words_of_a_final_have_their_times_in_the_answer_when_asked_for() -> None:
    whisper = ScriptedWhisper([generated("저는 갑니다")])
    timed = Speech(Language.KOREAN, word_timestamps=True)
    asked = Task(FINAL, 1, 32_000, 80_000, task(3).samples)
    words = decoded(whisper, asked, timed).times
    assert [(word.text, word.start_s, word.end_s) for word in words] == [
        ("저는", 2.0, 2.2),
        ("갑니다", 2.2, 2.4),
    ]
    assert all(word.probability == 0.5 for word in words)
    assert decoded(whisper, task(3), timed).times == ()
    assert decoded(whisper, asked).times == ()


def test_a_model_of_turns_hears_finals_only() -> None:
    class Turns:
        heard = 0

        def completeness(self, samples: object) -> float:
            self.heard += 1
            return 0.75

    turns, whisper = Turns(), ScriptedWhisper([generated("네")])
    assert decoded(whisper, task(), turns=turns).turn_complete is None
    assert decoded(whisper, task(urgency=FINAL), turns=turns).turn_complete == 0.75
    assert turns.heard == 1
