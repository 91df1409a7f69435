import array

import pytest

from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.engines.fake import FakeEngine
from tests.services.stt.contract import EngineContract

pytestmark = pytest.mark.unit


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
