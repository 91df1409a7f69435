from pathlib import Path

import pytest

from services.runtime.engines import Missing
from services.vision.config import Settings
from services.vision.engines import open_engine
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


def test_a_model_that_this_release_was_not_tried_with_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "vision").mkdir()
    (tmp_path / "vision" / "face.task").write_bytes(b"something else")
    found = open_engine(Settings(models=tmp_path))
    assert isinstance(found, Missing)
    assert (found.reason, found.remedy) == ("VISION_MODEL_UNKNOWN", "viva models pull face_landmarker")
