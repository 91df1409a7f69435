"""The calls of one real model library: lengths that it must not be given, and what a prompt looks like."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.stt.engine import Language
from services.stt.engines.ctranslate2.whisper import ModelBroken, ModelOptions, Whisper
from tests.services.stt import random_whisper

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def whisper(random_folder: Path) -> Whisper:
    return Whisper(ModelOptions(random_folder, device="cpu", threads=1))


@pytest.fixture(scope="module")
def many_mels(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    shape = replace(random_whisper.TINY, mels=128)
    folder = random_whisper.write(tmp_path_factory.mktemp("stt") / "mels", shape)
    return Whisper(ModelOptions(folder, device="cpu", threads=1))


def rows_of(whisper: Whisper, mels: int, frames: int) -> int:
    """Of the encoder's output: half as many as it was given frames."""
    return np.asarray(whisper.encode(np.zeros((mels, 20), np.float32), frames)).shape[1]


def test_as_many_output_rows_as_mels_would_be_encoded_again_and_are_never_asked_for(
    whisper: Whisper, many_mels: Whisper
) -> None:
    for frames in range(100, 320, 10):
        assert rows_of(whisper, 80, frames) != 80
        assert rows_of(many_mels, 128, frames) != 128


def test_no_more_is_encoded_than_asked_for_but_for_a_step(whisper: Whisper) -> None:
    assert rows_of(whisper, 80, 300) == 150
    assert rows_of(whisper, 80, 301) == 175
    assert rows_of(whisper, 80, 9_999) == 1500


def test_what_was_said_before_stands_before_the_one_start_and_the_answers_beginning_after_it(
    whisper: Whisper,
) -> None:
    earlier, prefix = whisper.tokens("w1 w2"), whisper.tokens("w3")
    start, korean = whisper.head(Language.KOREAN)[:2]
    prompt = whisper.prompt(Language.KOREAN, prefix, earlier)
    assert prompt.count(start) == 1
    assert prompt[1 : 1 + len(earlier)] == tuple(earlier)
    assert prompt[prompt.index(start) + 1] == korean
    assert prompt[-len(prefix) :] == tuple(prefix)
    assert whisper.prompt(Language.KOREAN, (), ())[0] == start


def test_a_model_that_is_not_prompted_is_told_nothing_of_before(random_folder: Path) -> None:
    whisper = Whisper(ModelOptions(random_folder, device="cpu", threads=1, prompted=False))
    without = whisper.prompt(Language.KOREAN, (), ())
    assert whisper.prompt(Language.KOREAN, (), whisper.tokens("w1 w2")) == without


def test_as_many_tokens_as_the_cap_allows_can_be_said(whisper: Whisper) -> None:
    encoded = whisper.encode(np.zeros((80, 100), np.float32), 300)
    for before in ((), whisper.tokens("w1") * 60):
        said = whisper.generate(encoded, whisper.prompt(Language.KOREAN, (), before), cap=40)
        assert 0 < len(said.tokens) <= 40


def test_a_hangul_syllable_whose_last_byte_is_missing_is_left_out(whisper: Whisper) -> None:
    tokens = whisper.tokens("서버")
    assert [word.text for word in whisper.words(tokens)] == ["서버"]
    assert [word.text for word in whisper.words(tokens[:-1])] == ["서"]


def test_a_model_of_one_language_is_asked_for_no_other(tmp_path: Path) -> None:
    folder = random_whisper.write(tmp_path / "english", languages=("en",))
    english = Whisper(ModelOptions(folder, device="cpu", threads=1))
    assert english.languages == {Language.ENGLISH}
    assert english.detect(english.encode(np.zeros((80, 100), np.float32), 300)) is Language.ENGLISH


def test_a_folder_without_a_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match=r"tokenizer\.json"):
        Whisper(ModelOptions(tmp_path, device="cpu"))


def test_a_compute_type_that_this_device_lacks_is_refused_with_what_it_has(random_folder: Path) -> None:
    with pytest.raises(ModelBroken, match="computes only") as broken:
        Whisper(ModelOptions(random_folder, device="cpu", compute_type="float64"))
    assert "VIVA_STT_COMPUTE_TYPE=auto" in broken.value.remedy
