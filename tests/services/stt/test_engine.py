"""Every engine keeps the contract: the fake, and Whisper with random and with trained weights."""

import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.engines.ctranslate2.engine import Limits, WhisperEngine
from services.stt.engines.fake import FakeEngine
from services.stt.listening.listener import Tuning
from tests.services.stt.contract import EngineContract
from tests.services.stt.sound import Sentence, opened


@pytest.mark.unit
class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1)

    @pytest.fixture
    def speech(self) -> bytes:
        return array.array("h", [4000, -4000] * SAMPLE_RATE_HZ).tobytes()


class WhisperContract(EngineContract):
    """Subclasses define `folder`; the speech is real, because only real speech opens the gate."""

    tuning = Tuning()

    @pytest.fixture
    async def engine(self, folder: Path) -> AsyncIterator[WhisperEngine]:
        async with opened(folder, Limits(streams=8), self.tuning) as engine:
            yield engine

    @pytest.fixture
    async def narrow(self, folder: Path) -> AsyncIterator[WhisperEngine]:
        async with opened(folder, Limits(streams=1), self.tuning) as engine:
            yield engine

    @pytest.fixture
    def speech(self, spoken: list[Sentence]) -> bytes:
        return next(each.pcm for each in spoken if each.seconds > 2.5)


@pytest.mark.model
class TestWhisperWithRandomWeights(WhisperContract):
    # Seldom a partial on the way: words that mean nothing would be committed by chance of timing.
    tuning = Tuning(partial_every_s=2.0)

    @pytest.fixture
    def folder(self, random_folder: Path) -> Path:
        return random_folder


@pytest.mark.model
class TestWhisperWithTrainedWeights(WhisperContract):
    @pytest.fixture
    def folder(self, korean_whisper: Path) -> Path:
        return korean_whisper
