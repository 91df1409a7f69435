"""A mesh that understands the fixture's Korean, and a Chromium whose microphone plays a recording of it."""

import shutil
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.local.environment import LocalMesh
from tests.browser.candidate.person import Candidate
from tests.browser.conftest import Launch, real_mesh
from tests.e2e.conftest import new_home
from tests.fixtures.whisper_ko.spoken import SAMPLE_RATE_HZ, Answer, to_pcm

BEFORE_S = 15.0  # from opening the microphone to the first word: by then the question stands
BETWEEN_S = 12.0  # from one answer to the next: by then it is submitted and the next question stands
_CLOCK = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await open(wish);
  window.openedAt = performance.now();
  return stream;
};
"""


@dataclass(frozen=True)
class Recording:
    """Answers on one tape. `ends` are the seconds since its start at which each is over."""

    file: Path
    answers: tuple[Answer, ...]
    ends: tuple[float, ...]


def recorded(answers: tuple[Answer, ...], file: Path, between_s: float = BETWEEN_S) -> Recording:
    pieces, ends, at = [], [], 0.0
    for number, answer in enumerate(answers):
        silence = between_s if number else BEFORE_S
        said = answer.samples()
        pieces += [np.zeros(int(silence * SAMPLE_RATE_HZ), np.float32), said]
        at += silence + len(said) / SAMPLE_RATE_HZ
        ends.append(at)
    with wave.open(str(file), "wb") as tape:
        tape.setnchannels(1)
        tape.setsampwidth(2)
        tape.setframerate(SAMPLE_RATE_HZ)
        tape.writeframes(to_pcm(np.concatenate(pieces)))
    return Recording(file, answers, tuple(ends))


@pytest.fixture(scope="package")
def mesh(korean_whisper: Path, face_model: Path | None) -> Iterator[LocalMesh]:
    home = new_home()
    (home / "models" / "stt").mkdir()
    shutil.copytree(korean_whisper, home / "models" / "stt" / "whisper-ko")
    if face_model is not None:
        (home / "models" / "vision").mkdir()
        shutil.copy(face_model, home / "models" / "vision")
    with real_mesh(home) as mesh:
        yield mesh


@pytest.fixture(scope="package")
def face_model(request: pytest.FixtureRequest) -> Path | None:
    """The face model of the test assets, where there are any: voices need none."""
    try:
        folder: Path = request.getfixturevalue("test_assets")
    except pytest.skip.Exception:
        return None
    return folder / "models" / "face_landmarker.task"


@pytest.fixture(scope="package")
def base(mesh: LocalMesh) -> str:
    return f"http://{mesh.environment()['VIVA_EDGE_LISTEN']}"


@pytest.fixture
def speaking(launch: Launch, base: str) -> Iterator[Callable[..., Candidate]]:
    """`speaking(recording)`: somebody in the room whose microphone plays the recording once.

    With a `film` their camera shows it again and again. `at` is where the page is, and `how` how Chromium
    is launched, where both are not as usual.
    """
    browsers = []

    def arrived(
        recording: Recording, film: Path | None = None, at: str = base, flags: Sequence[str] = (), **how: Any
    ) -> Candidate:
        seen = [f"--use-file-for-fake-video-capture={film}"] if film else []
        heard = f"--use-file-for-fake-audio-capture={recording.file}%noloop"
        browser = launch(heard, *seen, *flags, **how)
        browsers.append(browser)
        context = browser.new_context(permissions=["microphone", "camera"], reduced_motion="reduce")
        context.set_default_timeout(30_000)
        context.add_init_script(f"localStorage['viva.language'] = 'ko'; {_CLOCK}")
        me = Candidate(context.new_page(), at)
        me.register()
        me.page.goto(f"{at}/interviews/new")
        me.consent("audio", *(["video"] if film else []))
        me.button("candidate.setup.start").click()
        me.page.wait_for_url("**/room")
        return me

    yield arrived
    for browser in browsers:
        browser.close()
