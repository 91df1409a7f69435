"""Reads a folder of scenario files. Does not know what a scenario must look like; the domain says that."""

from dataclasses import dataclass
from pathlib import Path

from services.session.domain.guard import GuardPolicy
from services.session.domain.scenario import Catalogue, Problem, Scenario, ScenarioError, parse_scenario
from services.session.domain.scenario.nodes import MAX_BYTES

SHIPPED = Path(__file__).parent.parent / "scenarios"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario and the text it was read from."""

    scenario: Scenario
    source: str


def load_directory(path: Path = SHIPPED, policy: GuardPolicy | None = None) -> Catalogue:
    """Every `<name>.<language>.yaml` of the folder; raises as `load_files` does."""
    return Catalogue(tuple(file.scenario for file in load_files(path, policy)))


def load_files(path: Path = SHIPPED, policy: GuardPolicy | None = None) -> tuple[ScenarioFile, ...]:
    """The same with their sources, in the order of the files' names.

    Raises:
        ScenarioError: with all problems of all files; nothing is loaded where one file is broken.
    """
    problems: list[Problem] = []
    loaded: list[ScenarioFile] = []
    for file in sorted(path.glob("*.y*ml")):
        try:
            loaded.append(_load(file, policy))
        except ScenarioError as error:
            problems += error.problems
    if not loaded and not problems:
        problems.append(
            Problem(str(path), 1, 1, "", "no scenario file is there", "add <name>.<language>.yaml")
        )
    if problems:
        raise ScenarioError(tuple(problems))
    return tuple(loaded)


def _load(file: Path, policy: GuardPolicy | None) -> ScenarioFile:
    source = _read(file)
    scenario = parse_scenario(source, file.name, policy)
    expected = f"{scenario.name}.{scenario.language}.yaml"
    if file.name != expected:
        raise _refusal(
            file, "name", "the file's name tells otherwise than its content", f"call it {expected}"
        )
    return ScenarioFile(scenario, source)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _refusal(file, "", f"larger than {MAX_BYTES // 1024} KiB", "shorten it")
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal(file, "", "not written in UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise _refusal(file, "", f"cannot be read: {error.strerror}", "mend its permissions") from error


def _refusal(file: Path, path: str, reason: str, remedy: str) -> ScenarioError:
    return ScenarioError((Problem(file.name, 1, 1, path, reason, remedy),))
