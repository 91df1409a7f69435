"""The scenarios a process can run, by name, language and version. Does not know how they were loaded."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.session.domain.scenario.model import Language, Scenario
from services.session.domain.scenario.problems import UnknownScenario


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Of two versions with the same name and language, the later one in the tuple is the newer."""

    scenarios: tuple[Scenario, ...]

    def find(self, name: str, language: Language, version: str = "") -> Scenario:
        """The version asked for; without one, or where it is gone, the newest.

        An interview goes on by the newest version when its own was edited away: `resolve_stage` finds its
        place again.

        Raises:
            UnknownScenario: nothing has that name in that language.
        """
        versions = [s for s in self.scenarios if (s.name, s.language) == (name, language)]
        if not versions:
            known = ", ".join(f"{s.name}.{s.language}" for s in self.newest())
            raise UnknownScenario(f"no scenario {name}.{language}; there are: {known}")
        return next((s for s in versions if s.version == version), versions[-1])

    def newest(self) -> tuple[Scenario, ...]:
        """One scenario per name and language, in the order they were loaded first."""
        return tuple({(s.name, s.language): s for s in self.scenarios}.values())

    def including(self, scenarios: Iterable[Scenario]) -> "Catalogue":
        """A catalogue in which these are newer than what is there."""
        added = tuple(scenarios)
        kept = tuple(s for s in self.scenarios if s not in added)
        return Catalogue(kept + added)
