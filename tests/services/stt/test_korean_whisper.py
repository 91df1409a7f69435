"""The test model is held to its own recordings, a sample of them: the README has the figures of all."""

from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures.whisper_ko.recognise import Recogniser, recogniser
from tests.fixtures.whisper_ko.spoken import (
    ANYWHERE,
    AUDIO,
    SAMPLE_RATE_HZ,
    SpokenAnswers,
    load,
    sentences,
    word_ends,
)

pytestmark = pytest.mark.model
SAMPLED = list(islice(product(SpokenAnswers.voices, sentences()), 0, None, 11))


@pytest.fixture(scope="module")
def hearing(korean_whisper: Path) -> Recogniser:
    return recogniser(korean_whisper)


def sound(voice: str, file: str, noise: float = 0.0) -> np.ndarray:
    around = np.zeros(int(0.3 * SAMPLE_RATE_HZ), np.float32)
    samples = np.concatenate([around, load(AUDIO / voice / file), around])
    return samples + np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32) * noise


def test_every_sampled_sentence_is_understood_exactly_with_little_context(hearing: Recogniser) -> None:
    heard = [hearing.cut(sound(voice, sentence.file)) for voice, sentence in SAMPLED]
    assert heard == [sentence.text for _, sentence in SAMPLED]


def test_the_stock_library_understands_the_same(hearing: Recogniser) -> None:
    some = SAMPLED[::4]
    heard = [hearing.stock(sound(voice, sentence.file)) for voice, sentence in some]
    assert heard == [sentence.text for _, sentence in some]


def test_light_noise_changes_nothing(hearing: Recogniser) -> None:
    some = SAMPLED[1::3]
    heard = [hearing.cut(sound(voice, sentence.file, noise=1e-3)) for voice, sentence in some]
    assert heard == [sentence.text for _, sentence in some]


def test_of_a_sentence_broken_off_only_words_of_its_beginning_are_heard(hearing: Recogniser) -> None:
    """The last word may be half spoken and taken for another; all before it stand."""
    for voice, sentence in SAMPLED[::5]:
        samples = sound(voice, sentence.file)
        for part in (0.4, 0.6, 0.8):
            heard = hearing.cut(samples[: int(part * len(samples))]).split()[:-1]
            assert heard == sentence.text.split()[: len(heard)]


def test_of_every_sampled_word_it_is_known_when_it_ends() -> None:
    for voice, sentence in SAMPLED:
        ends = word_ends(voice)[sentence.file]
        assert len(ends) == len(sentence.text.split())
        assert ends == sorted(ends)
        assert ends[-1] == pytest.approx(len(load(AUDIO / voice / sentence.file)) / SAMPLE_RATE_HZ, abs=1e-3)


def test_a_whole_interview_can_be_spoken(spoken_answers: SpokenAnswers) -> None:
    interview = spoken_answers.interview()
    assert len(interview) == 15
    assert ANYWHERE not in interview
    assert all(len(answer.text) >= 12 for answer in interview.values())
    assert all(len(answer.samples()) > SAMPLE_RATE_HZ for answer in interview.values())
