import pytest

from services.media.engines.fake import FakeEngine
from tests.services.media.contract import EngineContract

pytestmark = pytest.mark.unit


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1)

    @pytest.fixture
    def offer(self) -> str:
        return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
