"""The models that can be pulled by name, from the text of a YAML file. Pure: reads and fetches nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from deploy.weights.errors import CatalogueError

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}")


def safe_path(text: str) -> str:
    """A relative path that stays below its folder on any system; raises ValueError."""
    if not all(_PART.fullmatch(part) for part in text.split("/")):
        raise ValueError(f"{text!r} is no plain relative path")
    return text


def web_folder(text: str) -> str:
    """An address without its last slash; raises ValueError."""
    if not re.fullmatch(r"https?://[^\s?#]+", text):
        raise ValueError(f"{text!r} is no http(s) address of a folder")
    return text.rstrip("/")


SafePath = Annotated[str, AfterValidator(safe_path)]
WebFolder = Annotated[str, AfterValidator(web_folder)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ModelFile(_Entry):
    """`sha256` (hex) and `size` (bytes) are None while nobody has seen the file."""

    path: SafePath
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    size: int | None = Field(None, ge=1)
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


class Licence(_Entry):
    name: str
    link: str
    commercial: bool
    note: str = ""


class Model(_Entry):
    """`serves` is the service that runs it; `folder` is where that looks, below the models folder."""

    serves: str
    what: str
    repository: SafePath = ""
    origin: WebFolder = ""
    revision: SafePath
    folder: SafePath
    licence: str
    suggested: bool = False
    files: list[ModelFile] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> "Model":
        if bool(self.repository) == bool(self.origin):
            raise ValueError("give either a repository or an origin")
        return self


class _File(_Entry):
    hub: WebFolder
    licences: dict[str, Licence]
    models: dict[SafePath, Model]

    @model_validator(mode="after")
    def _known_licences(self) -> "_File":
        unknown = {model.licence for model in self.models.values()} - self.licences.keys()
        if unknown:
            raise ValueError(f"no licence is called {', '.join(sorted(unknown))}")
        return self


@dataclass(frozen=True)
class Catalogue:
    hub: str
    licences: Mapping[str, Licence]
    models: Mapping[str, Model] = field(default_factory=dict)

    def model(self, name: str) -> Model:
        """Raises CatalogueError with the names that exist."""
        if name not in self.models:
            raise CatalogueError(f"No model is called {name!r}.", f"choose one of: {', '.join(self.models)}")
        return self.models[name]

    def licence_of(self, name: str) -> Licence:
        return self.licences[self.model(name).licence]

    def suggested(self) -> list[str]:
        return [name for name, model in self.models.items() if model.suggested]

    def address(self, model: Model, path: str, revision: str) -> str:
        if model.origin:
            return f"{model.origin}/{path}"
        return f"{self.hub}/{model.repository}/resolve/{revision}/{path}"


def parse(text: str, name: str) -> Catalogue:
    """The catalogue in `text`; raises CatalogueError with every problem, calling the file `name`."""
    try:
        read = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CatalogueError(f"{name} is no YAML: {error}", f"mend {name}") from error
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise CatalogueError(f"{name} is refused. {'; '.join(found)}", f"mend {name}") from error
    return Catalogue(read.hub, read.licences, read.models)
