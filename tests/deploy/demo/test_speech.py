"""What a candidate says: recordings of a folder, or what the mesh's own voice makes of a text."""

import json
from pathlib import Path

import pytest

from deploy.demo.errors import DemoError
from deploy.demo.speech import RATE_HZ, Recorded, Synthesised
from services.tts.config import Settings
from services.tts.engines.fake import FakeEngine
from services.tts.server import build
from tests.fixtures.whisper_ko.spoken import AUDIO, SpokenAnswers
from tests.services.rooms import TOKEN, listening

LONG = "저는 결제 서버를 만들었습니다. 지연을 절반으로 줄였습니다. 셋째 문장은 말하지 않습니다."


@pytest.mark.unit
async def test_recordings_of_a_stage_are_said_one_after_the_other() -> None:
    saying = await Recorded(AUDIO / "minjun").of("motivation", "composed and not said")
    answer = SpokenAnswers().of("motivation", "minjun")
    assert saying.text == answer.text
    length_s = len(answer.samples(around_s=0)) / 16_000
    assert len(saying.pcm) / 2 / RATE_HZ == pytest.approx(length_s, abs=0.1)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("transcripts", "problem"),
    [
        (None, "cannot be read"),
        ("no json", "cannot be read"),
        ("{}", "no recording"),
        ('{"closing-1-1.ogg": "네"}', "read"),
    ],
    ids=["no list", "a broken list", "no such stage", "no such file"],
)
async def test_a_folder_that_lacks_something_says_what(
    tmp_path: Path, transcripts: str | None, problem: str
) -> None:
    if transcripts is not None:
        (tmp_path / "transcripts.json").write_text(transcripts)
    with pytest.raises(DemoError, match=problem) as error:
        await Recorded(tmp_path).of("closing", "")
    assert error.value.remedy


@pytest.mark.unit
async def test_a_file_that_is_no_audio_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "transcripts.json").write_text(json.dumps({"closing-1-1.ogg": "네"}))
    (tmp_path / "closing-1-1.ogg").write_bytes(b"no audio")
    with pytest.raises(DemoError, match="cannot be read"):
        await Recorded(tmp_path).of("closing", "")


@pytest.mark.integration
async def test_the_meshs_voice_says_the_first_sentences() -> None:
    async with listening(build, FakeEngine(), Settings) as address:
        saying = await Synthesised(address, TOKEN, "ko").of("motivation", LONG)
    assert saying.text == "저는 결제 서버를 만들었습니다. 지연을 절반으로 줄였습니다."
    assert any(saying.pcm)
