"""Models for the tests of recognition."""

from pathlib import Path

import pytest

from tests.services.stt import random_whisper
from tests.services.stt.sound import Sentence, sentences


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper whose words mean nothing."""
    return random_whisper.write(tmp_path_factory.mktemp("stt") / "random")


@pytest.fixture(scope="session")
def spoken() -> list[Sentence]:
    """What `korean_whisper` understands, in one voice."""
    return sentences()
