"""Reads the folder of prompts. Does not know what a prompt must hold; the domain says that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.session.domain.prompts import PromptError, PromptTemplate, parse_prompt
from services.session.domain.prompts.template import BLOCKS
from services.session.domain.scenario import Language

SHIPPED = Path(__file__).parent.parent / "prompts"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Every prompt in every language."""

    templates: Mapping[tuple[str, Language], PromptTemplate]

    def get(self, prompt_id: str, language: Language) -> PromptTemplate:
        """Raises KeyError for an id that no prompt has; every id has every language."""
        return self.templates[prompt_id, language]


def load_prompts(path: Path = SHIPPED) -> Prompts:
    """Every `<id>.<language>.md` of the folder. Raises PromptError when one is broken or missing."""
    found = {}
    for prompt_id in BLOCKS:
        for language in Language:
            file = path / f"{prompt_id}.{language}.md"
            template = _read(file)
            if (template.id, template.language) != (prompt_id, language):
                raise PromptError(
                    f"{file.name}: the front matter tells otherwise than the file's name; mend it"
                )
            found[prompt_id, language] = template
    return Prompts(found)


def _read(file: Path) -> PromptTemplate:
    try:
        return parse_prompt(file.read_text("utf-8"), file.name)
    except FileNotFoundError as error:
        raise PromptError(f"{file.name} is missing; restore it from the release") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{file.name} cannot be read as UTF-8 text: {error}; restore it") from error
