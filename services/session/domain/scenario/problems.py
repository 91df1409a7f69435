"""What is wrong with scenario files, all of it at once, each with its place and its remedy.

ScenarioError       problems: every one of them, in the order of the files
UnknownScenario     no such name and language is loaded
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `line` and `column` count from 1; `path` is such as "stages[2].patience_s"."""

    file: str
    line: int
    column: int
    path: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path + ': ' if self.path else ''}{self.reason}; {self.remedy}"


class ScenarioError(ValueError):
    """One or more scenario files cannot be used."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class UnknownScenario(LookupError):
    """Nothing is loaded under that name and language; the message lists what is."""
