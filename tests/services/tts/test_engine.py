import asyncio
import shutil
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from services.runtime.engines import Missing
from services.runtime.errors import Unavailable
from services.tts.config import Settings
from services.tts.engine import Utterance
from services.tts.engines import open_engine
from services.tts.engines.espeak_ng import EspeakEngine, read_wav, version_of
from services.tts.engines.fake import FakeEngine
from tests.services.tts.contract import TEXT, EngineContract, say, seconds


def espeak(*, places: int = 8, cache_bytes: int = 0, program: str = "espeak-ng") -> EspeakEngine:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: sudo apt install espeak-ng")
    return EspeakEngine(program, version_of("espeak-ng") or "", places=places, cache_bytes=cache_bytes)


def program(folder: Path, script: str) -> str:
    path = folder / "voice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.unit
class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1)


@pytest.mark.model
class TestEspeakEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> EspeakEngine:
        return espeak()

    @pytest.fixture
    def narrow(self) -> EspeakEngine:
        return espeak(places=1)

    async def test_korean_and_english_are_spoken_at_the_pace_of_speech(self, engine: EspeakEngine) -> None:
        korean, english = engine.voices()
        for voice, text in ((korean, "결제 시스템을 만들었습니다."), (english, "I built a payment system.")):
            async with aclosing(engine.synthesize(Utterance(text, voice))) as sounds:
                assert 1.0 < seconds([sound async for sound in sounds]) < 5.0

    async def test_words_that_look_like_options_are_only_words(self, engine: EspeakEngine) -> None:
        assert await say(engine, "--version")
        assert await say(engine, "-f /etc/passwd")

    async def test_what_was_said_is_said_again_without_a_process(self, tmp_path: Path) -> None:
        said = tmp_path / "said"
        engine = espeak(program=program(tmp_path, f'echo >> {said}; exec espeak-ng "$@"'), cache_bytes=2**24)
        first, second = await say(engine, TEXT), await say(engine, TEXT)
        assert first == second
        assert len(said.read_text()) == 3

    async def test_a_memory_that_is_full_forgets_what_was_used_last_long_ago(self, tmp_path: Path) -> None:
        said = tmp_path / "said"
        voice = program(tmp_path, f'echo >> {said}; exec espeak-ng "$@"')
        engine = espeak(program=voice, cache_bytes=100_000)
        for text in ("하나입니다.", "둘입니다.", "셋입니다.", "하나입니다."):
            await say(engine, text)
        assert len(said.read_text()) == 4

    async def test_a_program_that_fails_is_an_error_that_may_be_tried_again(self, tmp_path: Path) -> None:
        engine = espeak(program=program(tmp_path, "cat > /dev/null; exit 3"))
        with pytest.raises(Unavailable):
            await say(engine, TEXT)
        assert engine.status().capability.state.serves

    async def test_a_caller_who_leaves_takes_the_process_along(self, tmp_path: Path) -> None:
        alive = tmp_path / "alive"
        slow = program(tmp_path, f"echo $$ > {alive}; exec sleep 60")
        sounds = espeak(program=slow).synthesize(Utterance(TEXT, espeak().voices()[0]))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(sounds)
        await sounds.aclose()
        assert ended(int(alive.read_text()))


def ended(pid: int) -> bool:
    """Whether the process is gone within a moment."""
    until = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.unit
def test_a_file_without_samples_is_silence() -> None:
    assert read_wav(b"") == (b"", 0)
    assert read_wav(b"RIFF....WAVEfmt ") == (b"", 0)


@pytest.mark.unit
def test_half_a_sample_at_the_end_is_left_out() -> None:
    header = bytes(24) + (22050).to_bytes(4, "little") + bytes(8) + b"data" + bytes(4)
    assert read_wav(header + b"\1\2\3") == (b"\1\2", 22050)


@pytest.mark.unit
def test_without_a_program_the_voice_is_missing_and_the_command_named(tmp_path: Path) -> None:
    found = open_engine(Settings(models=tmp_path, espeak="no-such-voice"))
    assert isinstance(found, Missing)
    assert (found.reason, found.remedy) == ("TTS_VOICE_MISSING", "sudo apt install espeak-ng")
    assert "no-such-voice" in found.detail


@pytest.mark.unit
def test_weights_that_no_engine_reads_are_said_to_be_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "tts" / "somebody").mkdir(parents=True)
    found = open_engine(Settings(models=tmp_path, espeak=""))
    assert isinstance(found, Missing)
    assert found.reason == "TTS_WEIGHTS_UNFIT"
    assert "somebody" in found.detail
