import pytest

from services.vision.engines.fake import UNREADABLE, FakeEngine
from tests.services.vision.contract import EngineContract
from tests.services.vision.pictures import jpeg

pytestmark = pytest.mark.unit


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> FakeEngine:
        return FakeEngine()

    @pytest.fixture
    def narrow(self) -> FakeEngine:
        return FakeEngine(places=1)

    @pytest.fixture
    def face(self) -> bytes:
        return jpeg()

    @pytest.fixture
    def broken(self) -> bytes:
        return jpeg(tail=UNREADABLE)
