import io
import json
import wave
from pathlib import Path

import pytest

from services.runtime.errors import InvalidArgument, NotFound
from services.stt.engine import Language, Speech
from services.stt.engines.fake import FakeEngine
from services.stt.evaluation.corpus import read_corpus
from services.stt.evaluation.evaluate import evaluate, table

pytestmark = pytest.mark.unit


def recording(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 16_000, 0, "NONE", ""))
        written.writeframes(b"\x00\x40" * int(16_000 * seconds))
    return file.getvalue()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name, seconds in (("long.wav", 2.0), ("short.wav", 1.0)):
        (tmp_path / name).write_bytes(recording(seconds))
    return tmp_path


def test_texts_are_read_from_one_list_or_beside_each_recording(corpus: Path) -> None:
    (corpus / "long.txt").write_text("긴 글\n")
    (corpus / "short.txt").write_text("짧은 글")
    beside = read_corpus(corpus)
    (corpus / "transcripts.json").write_text(json.dumps({"short.wav": "짧은 글", "long.wav": "긴 글"}))
    assert read_corpus(corpus) == beside
    assert [one.text for one in beside] == ["긴 글", "짧은 글"]


def test_a_folder_without_texts_says_what_to_put_there(corpus: Path) -> None:
    with pytest.raises(NotFound) as refused:
        read_corpus(corpus)
    assert "transcripts.json" in refused.value.remedy


@pytest.mark.parametrize("texts", ["{", "[]", '{"long.wav": 3}', '{"absent.wav": "글"}'])
def test_a_broken_list_is_refused_by_name(corpus: Path, texts: str) -> None:
    (corpus / "transcripts.json").write_text(texts)
    with pytest.raises(InvalidArgument, match=r"transcripts\.json"):
        read_corpus(corpus)


async def test_a_table_has_each_recording_and_all_of_them(corpus: Path) -> None:
    """The fake engine numbers the half seconds of sound."""
    (corpus / "transcripts.json").write_text(json.dumps({"long.wav": "1 2 3 4", "short.wav": "9 2"}))
    heard = [one async for one in evaluate(FakeEngine(), read_corpus(corpus), Speech(Language.KOREAN))]
    rows = [line.split()[:2] for line in table(heard)[1:]]
    assert rows == [["long.wav", "0.00"], ["short.wav", "50.00"], ["all", "16.67"]]
