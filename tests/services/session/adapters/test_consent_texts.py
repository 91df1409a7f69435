"""Consent texts: every purpose in both languages, and another version for another word."""

from pathlib import Path

import pytest

from services.session.adapters.consent_texts import TEXTS, ConsentTextsError, load_consent_texts
from services.session.app.consents import Purpose
from services.session.domain.scenario import Language

pytestmark = pytest.mark.unit


def test_every_purpose_has_a_text_in_every_language() -> None:
    texts = load_consent_texts()
    for language in Language:
        assert [each.purpose for each in texts[language]] == list(Purpose)
        assert all(each.title and len(each.text) > 50 for each in texts[language])
    versions = [each.version for some in texts.values() for each in some]
    assert len(set(versions)) == len(versions) == 8


def copied(folder: Path, old: str, new: str) -> Path:
    for file in TEXTS.glob("consents.*.md"):
        (folder / file.name).write_text(file.read_text().replace(old, new))
    return folder


def test_another_word_is_another_version(tmp_path: Path) -> None:
    before = load_consent_texts()[Language.EN]
    after = load_consent_texts(copied(tmp_path, "pace, loudness", "pace, volume"))[Language.EN]
    changed = [one.purpose for one, other in zip(before, after, strict=True) if one.version != other.version]
    assert changed == [Purpose.AUDIO]


@pytest.mark.parametrize(
    ("old", "new"), [("# audio:", "audio:"), ("# audio:", "# video:"), ("# audio:", "# sound:")]
)
def test_a_file_that_lacks_a_purpose_is_refused_by_name(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(ConsentTextsError, match=r"consents\.ko\.md"):
        load_consent_texts(copied(tmp_path, old, new))
