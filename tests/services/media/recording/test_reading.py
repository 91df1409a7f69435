"""Recordings are found and read by their own names alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.media.recording.naming import name_of
from services.media.recording.reading import Piece, read, recordings_of
from services.runtime.errors import InvalidArgument, NotFound

pytestmark = pytest.mark.unit

FIRST, SECOND = "20270101T000000000Z-0123abcd.flac", "20270101T001500250Z-00000000.flac.part"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "i1").mkdir()
    for name in (SECOND, FIRST, "notes.txt"):
        (tmp_path / "i1" / name).write_bytes(b"0123456789")
    return tmp_path


def test_recordings_are_told_oldest_first_with_their_begin_and_other_files_are_not(folder: Path) -> None:
    found = recordings_of(folder, "i1")
    assert [(each.name, each.size) for each in found] == [(FIRST, 10), (SECOND, 10)]
    assert found[1].begun_at == datetime(2027, 1, 1, 0, 15, 0, 250_000, tzinfo=UTC)


def test_a_new_name_tells_its_begin_to_the_millisecond(folder: Path) -> None:
    begun_at = datetime(2027, 1, 2, 3, 4, 5, 67_000, tzinfo=UTC)
    (folder / "i1" / name_of(begun_at)).touch()
    assert recordings_of(folder, "i1")[-1].begun_at == begun_at


def test_a_part_is_read_with_the_length_of_the_whole(folder: Path) -> None:
    assert read(folder, "i1", FIRST, 2, 3) == Piece(b"234", 10)
    assert read(folder, "i1", FIRST, 8, 9) == Piece(b"89", 10)
    assert read(folder, "i1", FIRST, 10, 9) == Piece(b"", 10)


@pytest.mark.parametrize(
    "name", ["notes.txt", f"../i1/{FIRST}", "", FIRST.replace("a", "b"), FIRST.replace("0101", "1301")]
)
def test_nothing_else_is_read(folder: Path, name: str) -> None:
    with pytest.raises(NotFound):
        read(folder, "i1", name, 0, 1)


@pytest.mark.parametrize("interview", ["", "..", "i1/../i1"])
def test_an_id_is_no_path(folder: Path, interview: str) -> None:
    with pytest.raises(InvalidArgument):
        recordings_of(folder, interview)
    with pytest.raises(InvalidArgument):
        read(folder, interview, FIRST, 0, 1)


def test_an_interview_without_recordings_is_not_found(folder: Path) -> None:
    with pytest.raises(NotFound):
        recordings_of(folder, "i2")
