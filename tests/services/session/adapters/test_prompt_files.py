"""All prompts are loaded at start, in both languages, or the service does not start."""

import shutil
from pathlib import Path

import pytest

from services.session.adapters.prompt_files import SHIPPED, load_prompts
from services.session.domain.prompts import PromptError
from services.session.domain.scenario import Language

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "prompts"))


def test_every_prompt_ships_in_both_languages() -> None:
    prompts = load_prompts()
    for prompt_id in ("question", "evaluation", "digest", "compaction"):
        versions = {prompts.get(prompt_id, language).version for language in Language}
        assert len(versions) == 2


def test_a_missing_prompt_is_named(folder: Path) -> None:
    (folder / "digest.en.md").unlink()
    with pytest.raises(PromptError, match=r"digest\.en\.md is missing"):
        load_prompts(folder)


def test_a_prompt_under_anothers_name_is_refused(folder: Path) -> None:
    shutil.copy(folder / "digest.ko.md", folder / "digest.en.md")
    with pytest.raises(PromptError, match=r"digest\.en\.md: the front matter tells otherwise"):
        load_prompts(folder)


def test_another_encoding_is_named(folder: Path) -> None:
    (folder / "digest.ko.md").write_bytes("면접".encode("cp949"))
    with pytest.raises(PromptError, match="cannot be read as UTF-8"):
        load_prompts(folder)
