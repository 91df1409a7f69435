"""The README against the code."""

from pathlib import Path

import pytest

from services.embed.config import Settings

pytestmark = pytest.mark.unit
README = Path(__file__).parents[3] / "services" / "embed" / "README.md"


@pytest.mark.parametrize(
    "name", [name for name, field in Settings.model_fields.items() if not field.validation_alias]
)
def test_the_readme_describes_every_setting_as_the_code_does(name):
    field = Settings.model_fields[name]
    row = f"| `VIVA_EMBED_{name.upper()}` | `{field.default}` | {field.description} |"
    assert row in README.read_text("utf-8")
