"""Recordings as files: two voices, killed processes, erasure."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from services.media.recording.erasing import erase
from services.media.recording.files import FlacRecording, Recordings
from services.media.recording.lanes import RATE_HZ
from services.media.recording.naming import name_of
from services.runtime.errors import InvalidArgument, Unavailable
from tests.services.rooms import until

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[4]
SPEAK = """
import asyncio, sys
from pathlib import Path
from services.media.recording.files import Recordings
now = [0.0]
async def speak():
    recording = await Recordings(Path(sys.argv[1]), lambda: now[0]).open("i1")
    for number in range(500):
        now[0] += 0.02
        recording.heard(b"\\0\\x20" * 320)
        await asyncio.sleep(0)
    await asyncio.sleep(0.5)
    print("spoken", flush=True)
    await asyncio.sleep(60)
asyncio.run(speak())
"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def recordings(tmp_path: Path, clock: Clock) -> AsyncIterator[Recordings]:
    recordings = Recordings(tmp_path, clock)
    yield recordings
    await recordings.aclose()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.flac*"))


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
    return np.concatenate(frames)


async def talk(recording: FlacRecording, clock: Clock, seconds: float) -> None:
    """The candidate at one loudness, the interviewer at another."""
    for _ in range(round(seconds * 50)):
        clock.now += 0.02
        recording.heard(np.full(320, 3_000, "<i2").tobytes())
        recording.said(np.full(960, -5_000, "<i2").tobytes())
        await asyncio.sleep(0)


async def test_the_candidate_is_on_the_left_and_the_interviewer_on_the_right(
    recordings: Recordings, tmp_path: Path, clock: Clock
) -> None:
    recording = await recordings.open("i1")
    await talk(recording, clock, 5)
    await until(lambda: files(tmp_path / "i1") != [])
    (part,) = files(tmp_path / "i1")
    assert part.endswith(".flac.part")
    await recording.aclose()
    await recording.aclose()
    (path,) = (tmp_path / "i1").iterdir()
    assert path.name == part.removesuffix(".part")
    both = decoded(path)
    assert len(both) == pytest.approx(5 * RATE_HZ, abs=RATE_HZ // 50)
    middle = both[RATE_HZ : 4 * RATE_HZ]
    assert (middle[:, 0] == 3_000).all()
    assert np.abs(middle[:, 1] + 5_000).max() <= 1


async def test_a_recording_goes_on_over_a_lost_connection(
    recordings: Recordings, tmp_path: Path, clock: Clock
) -> None:
    recording = await recordings.open("i1")
    await talk(recording, clock, 1)
    clock.now += 20
    await talk(recording, clock, 3)
    await recording.aclose()
    (path,) = (tmp_path / "i1").iterdir()
    assert len(decoded(path)) == pytest.approx(24 * RATE_HZ, abs=RATE_HZ // 10)


def test_a_killed_process_leaves_all_but_the_last_seconds_as_a_part_that_plays(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SPEAK, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ
    ) as speaker:
        assert speaker.stdout
        assert speaker.stdout.readline() == b"spoken\n"
        speaker.send_signal(signal.SIGKILL)
    (path,) = (tmp_path / "i1").iterdir()
    assert path.name.endswith(".part")
    kept = decoded(path)
    assert 7 * RATE_HZ < len(kept) <= 10 * RATE_HZ
    assert (kept[RATE_HZ:, 0] == 0x2000).all()


async def test_erasing_while_it_is_recorded_takes_that_too_and_leaves_no_file_of_that_interview(
    recordings: Recordings, tmp_path: Path, clock: Clock
) -> None:
    kept, gone = await recordings.open("kept"), await recordings.open("gone")
    await talk(kept, clock, 4)
    await talk(gone, clock, 4)
    await until(lambda: len(files(tmp_path)) == 2)
    assert erase(tmp_path, "gone") == 1
    await talk(gone, clock, 1)
    assert not (tmp_path / "gone").exists()
    assert len(files(tmp_path)) == 1
    await gone.aclose()
    assert not (tmp_path / "gone").exists()
    assert erase(tmp_path, "gone") == 0


def test_what_began_later_is_kept_and_what_says_no_begin_is_not(tmp_path: Path) -> None:
    begun = datetime(2027, 1, 1, tzinfo=UTC)
    earlier, at_once, later = (name_of(begun + timedelta(milliseconds=ms)) for ms in (-1, 0, 1))
    (tmp_path / "i1").mkdir()
    for name in (earlier, f"{earlier}.part", at_once, later, "notes.flac"):
        (tmp_path / "i1" / name).touch()
    assert erase(tmp_path, "i1", begun) == 3
    assert {each.name for each in (tmp_path / "i1").iterdir()} == {at_once, later}
    assert erase(tmp_path, "i1", begun + timedelta(seconds=1)) == 2
    assert not (tmp_path / "i1").exists()


@pytest.mark.parametrize("interview", ["", "../x", "a/b", ".", "..", "x" * 129, "a\n"])
async def test_an_id_that_is_a_path_is_refused(
    recordings: Recordings, tmp_path: Path, interview: str
) -> None:
    with pytest.raises(InvalidArgument):
        await recordings.open(interview)
    with pytest.raises(InvalidArgument):
        erase(tmp_path, interview)
    assert not files(tmp_path)


async def test_a_folder_that_cannot_be_written_to_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recordings = Recordings(tmp_path / "file")
    with pytest.raises(Unavailable) as refused:
        await recordings.open("i1")
    assert "VIVA_MEDIA_RECORDINGS" in refused.value.remedy
    await recordings.aclose()


async def test_a_disc_that_fails_ends_the_recording_and_nothing_else(
    recordings: Recordings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await recordings.open("i1")
    monkeypatch.setattr(recording, "_file", Full())
    await talk(recording, clock, 4)
    await until(lambda: recording._ended)
    await talk(recording, clock, 1)
    await recording.aclose()


class Full:
    def write(self, both: bytes) -> None:
        raise OSError(28, "no space left on device")
