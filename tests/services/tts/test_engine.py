import pytest

from services.tts.engines.fake import FakeEngine
from tests.services.tts.contract import EngineContract

pytestmark = pytest.mark.unit


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1)
