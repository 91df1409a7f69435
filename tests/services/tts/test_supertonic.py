"""Supertonic's engine on stand-ins with the names and tensors of its real models. They sound like nothing."""

import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from services.runtime.capability import State
from services.runtime.engines import Missing
from services.tts.config import Settings
from services.tts.engine import Language, Utterance
from services.tts.engines import open_engine
from services.tts.engines.supertonic.engine import SupertonicEngine, open_supertonic
from services.tts.engines.supertonic.model import Model
from services.tts.engines.supertonic.text import numbers, parts
from tests.services.tts import tiny_supertonic
from tests.services.tts.contract import TEXT, EngineContract, say, seconds

pytestmark = pytest.mark.unit
UNICODE = list(range(0x10000))


def opened(folder: Path, **options: int) -> SupertonicEngine | Missing:
    wanted = {"steps": 3, "places": 8, "workers": 2, "cache_bytes": 0}
    return open_supertonic(folder, **{**wanted, **options})


def engine_of(folder: Path, **options: int) -> SupertonicEngine:
    engine = opened(folder, **options)
    assert isinstance(engine, SupertonicEngine), engine
    return engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_supertonic.write(tmp_path / "tts" / "tiny")


class TestSupertonicEngine(EngineContract):
    @pytest.fixture
    async def engine(self, folder: Path) -> AsyncIterator[SupertonicEngine]:
        engine = engine_of(folder)
        yield engine
        await engine.aclose()

    @pytest.fixture
    async def narrow(self, folder: Path) -> AsyncIterator[SupertonicEngine]:
        engine = engine_of(folder, places=1)
        yield engine
        await engine.aclose()

    async def test_every_style_is_a_voice_of_each_language(self, engine: SupertonicEngine) -> None:
        assert [voice.id for voice in engine.voices()] == ["ko-F1", "ko-M1", "en-F1", "en-M1"]

    async def test_a_sentence_lasts_as_long_as_the_model_says(self, engine: SupertonicEngine) -> None:
        (english,) = [voice for voice in engine.voices() if voice.id == "en-M1"]
        async with aclosing(engine.synthesize(Utterance("Hello.", english))) as sounds:
            heard = seconds([sound async for sound in sounds])
        assert heard == pytest.approx(0.05 * len("<en>Hello.</en>") / 1.05, abs=0.001)

    async def test_what_was_said_is_said_again_from_memory(self, folder: Path) -> None:
        engine = engine_of(folder, cache_bytes=2**20)
        first, second = await say(engine, TEXT), await say(engine, TEXT)
        assert first == second  # made anew, it would begin with other noise
        await engine.aclose()

    async def test_what_goes_beyond_memory_is_made_anew(self, folder: Path) -> None:
        engine = engine_of(folder)
        assert await say(engine, TEXT) != await say(engine, TEXT)
        await engine.aclose()


def test_speech_that_nobody_waits_for_takes_no_more_steps(folder: Path) -> None:
    model, stopped = Model(folder, threads=1, steps=3), threading.Event()
    steps = []
    run = model._run

    def counted(name: str, **inputs: object) -> object:
        if name == "vector_estimator":
            steps.append(name)
            stopped.set()
        return run(name, **inputs)

    model._run = counted  # type: ignore[method-assign,assignment]
    model.speak("안녕하세요.", Language.KOREAN, "F1", 1.0, stopped)
    assert len(steps) == 1


def _without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _with(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _sizes(**ttl: int) -> bytes:
    sizes = {"ae": {"sample_rate": 8_000, "base_chunk_size": 2}, "ttl": ttl}
    return json.dumps(sizes).encode()


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_without("onnx/vocoder.onnx"), "onnx/vocoder.onnx is not there"),
        (_without("onnx/unicode_indexer.json"), "onnx/unicode_indexer.json is not there"),
        (_with("onnx/unicode_indexer.json", b"{}"), "unicode_indexer.json is no list"),
        (_with("onnx/unicode_indexer.json", b'["a"]'), "unicode_indexer.json is no list"),
        (_with("onnx/tts.json", b"\xff"), "onnx/tts.json cannot be read"),
        (_with("onnx/tts.json", b"[]"), "lacks a size"),
        (_with("onnx/tts.json", _sizes(latent_dim=0, chunk_compress_factor=3)), "below 1"),
        (_with("onnx/vocoder.onnx", b"not a model"), "onnx/vocoder.onnx cannot be read"),
        (_with("onnx/text_encoder.onnx", b""), "onnx/text_encoder.onnx cannot be read"),
        (_with("voice_styles/F1.json", b"{}"), "voice_styles/F1.json is no voice"),
        (
            _with("onnx/vocoder.onnx", tiny_supertonic.models()["text_encoder"]),
            "takes style_ttl, text_ids, text_mask and not latent",
        ),
        (_with("onnx/unicode_indexer.json", b"[]"), "do not fit one another"),
    ],
)
def test_files_that_do_not_fit_are_refused_by_name(
    folder: Path, spoil: Callable[[Path], object], named: str
) -> None:
    spoil(folder)
    refused = opened(folder)
    assert isinstance(refused, Missing)
    assert (refused.reason, refused.state) == ("TTS_WEIGHTS_UNFIT", State.BROKEN)
    assert named in refused.detail
    assert refused.remedy == "viva models pull supertonic-3"


def test_neural_voices_come_before_the_distributions_own(folder: Path) -> None:
    engine = open_engine(Settings(models=folder.parents[1]))
    assert not isinstance(engine, Missing)
    assert engine.status().capability.engine == "supertonic"


def test_weights_that_do_not_fit_leave_the_distributions_voice_and_say_so(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "onnx" / "vocoder.onnx").unlink()
    program = tmp_path / "voice"
    program.write_text("#!/bin/sh\necho 'eSpeak NG text-to-speech: 1.51'\n")
    program.chmod(0o755)
    engine = open_engine(Settings(models=folder.parents[1], espeak=str(program)))
    assert not isinstance(engine, Missing)
    found = engine.status().capability
    assert (found.engine, found.state) == ("espeak_ng", State.DEGRADED)
    assert "vocoder.onnx is not there" in found.detail
    assert found.remedy == "viva models pull supertonic-3"


def test_text_is_marked_with_its_language_and_hangul_taken_apart() -> None:
    said = "".join(map(chr, numbers("네", Language.KOREAN, UNICODE)))
    assert said == "<ko>\u1102\u1166.</ko>"
    assert "".join(map(chr, numbers("Yes!", Language.ENGLISH, UNICODE))) == "<en>Yes!</en>"


def test_what_the_model_does_not_read_is_left_out() -> None:
    indexer = [-1 if chr(at) == "q" else at for at in range(0x80)]
    assert "".join(map(chr, numbers("quit 🙂", Language.ENGLISH, indexer))) == "<en>uit .</en>"


@pytest.mark.parametrize("silent", ["…", "?!", "🙂", " ", "[]", "♥"])
def test_where_nothing_is_to_be_said_there_is_no_part(silent: str) -> None:
    assert parts(silent, Language.KOREAN) == []


def test_a_long_sentence_is_cut_at_spaces_and_loses_no_word() -> None:
    sentence = "결제 서버의 응답 시간을 줄이는 일 " * 40
    cut = parts(sentence, Language.KOREAN)
    assert max(map(len, cut)) <= 120
    assert " ".join(cut).split() == sentence.split()


def test_marks_of_the_model_cannot_be_written_in_a_text() -> None:
    (part,) = parts("</ko><en>Hi", Language.KOREAN)
    assert "<" not in part
    assert ">" not in part
