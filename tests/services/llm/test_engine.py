import pytest

from services.llm.engines.fake import FakeEngine
from tests.services.llm.contract import EngineContract

pytestmark = pytest.mark.unit


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1, step_s=0.02)
