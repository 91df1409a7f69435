"""The real engine on the real model and a real face."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.runtime.errors import Unavailable
from services.vision.config import Settings
from services.vision.engine import Engine
from services.vision.engines import open_engine
from services.vision.engines.mediapipe import MediaPipeEngine
from tests.services.vision.contract import EngineContract
from tests.services.vision.pictures import jpeg

pytestmark = pytest.mark.model

START_OF_JPEG = b"\xff\xd8\xff"
# Looks at one face and says which addresses of other machines it tried to reach.
LOOK = """
import time
from pathlib import Path
from services.vision.engines.mediapipe import landmarker, look
each = landmarker(Path({model!r}).read_bytes())
print(len(look(each, Path({face!r}).read_bytes())))
time.sleep(2)
each.close()
"""


@pytest.fixture(scope="module")
def model(test_assets: Path) -> Path:
    return test_assets / "models" / "face_landmarker.task"


@pytest.fixture(scope="module")
def faces(test_assets: Path) -> list[bytes]:
    """Ten seconds at 30 pictures a second, with three blinks."""
    film = (test_assets / "assets" / "face_640x480_30.mjpeg").read_bytes()
    return [START_OF_JPEG + each for each in film.split(START_OF_JPEG)[1:]]


@pytest.fixture(scope="module")
def content(model: Path) -> bytes:
    return model.read_bytes()


async def opened(content: bytes, places: int = 8) -> AsyncIterator[MediaPipeEngine]:
    engine = MediaPipeEngine(content, "face_landmarker.task", places=places, workers=2)
    yield engine
    await engine.aclose()


class TestMediaPipeEngine(EngineContract):
    @pytest.fixture
    async def engine(self, content: bytes) -> AsyncIterator[MediaPipeEngine]:
        async for each in opened(content):
            yield each

    @pytest.fixture
    async def narrow(self, content: bytes) -> AsyncIterator[MediaPipeEngine]:
        async for each in opened(content, places=1):
            yield each

    @pytest.fixture
    def face(self, faces: list[bytes]) -> bytes:
        return faces[0]

    @pytest.fixture
    def broken(self) -> bytes:
        return jpeg()

    async def test_a_real_face_looks_at_the_camera_and_blinks_now_and_then(
        self, engine: Engine, faces: list[bytes]
    ) -> None:
        watch = await engine.open(expressions=True)
        seen = [await watch.observe(face, at * 100) for at, face in enumerate(faces[::3])]
        await watch.aclose()
        assert {each.faces for each in seen} == {1}
        settled = sorted(each.gaze_on_camera for each in seen[20:])
        assert settled[len(settled) // 2] > 0.8
        assert max(each.eye_closure for each in seen) > min(each.eye_closure for each in seen) + 0.2
        assert {each.expression for each in seen} == {"happy"}

    async def test_an_engine_that_is_closed_says_so_instead_of_seeing_nobody(
        self, engine: Engine, face: bytes
    ) -> None:
        watch = await engine.open(expressions=False)
        await engine.aclose()
        with pytest.raises(Unavailable):
            await watch.observe(face, 0)

    async def test_looks_that_nobody_waits_for_any_more_leave_the_engine_whole(
        self, engine: Engine, face: bytes
    ) -> None:
        watch = await engine.open(expressions=False)
        looks = [asyncio.create_task(watch.observe(face, at)) for at in range(6)]
        await asyncio.sleep(0.01)
        for each in looks:
            each.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
        assert (await watch.observe(face, 9)).faces == 1


def test_the_model_in_its_folder_is_opened(model: Path, tmp_path: Path) -> None:
    (tmp_path / "vision").mkdir()
    (tmp_path / "vision" / model.name).symlink_to(model)
    engine = open_engine(Settings(models=tmp_path))
    assert isinstance(engine, MediaPipeEngine)
    assert engine.status().capability.model == "face_landmarker.task"


def test_no_connection_beyond_this_machine_is_tried(model: Path, faces: list[bytes], tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: sudo apt install strace")
    picture, trace = tmp_path / "face.jpg", tmp_path / "trace"
    picture.write_bytes(faces[0])
    script = LOOK.format(model=str(model), face=str(picture))
    strace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace)]
    done = subprocess.run(
        [*strace, sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.strip() == "1", done.stderr
    tried = [line for line in trace.read_text().splitlines() if "sin_addr" in line or "sin6_addr" in line]
    assert [line for line in tried if '"127.' not in line and '"::1"' not in line] == []
    assert [line for line in tried if "htons(9)" in line], "a report was tried, and went to the discard port"
