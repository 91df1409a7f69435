"""Which scenario an interview runs by: the version it began with, whatever became of the file since."""

from typing import Protocol
from uuid import UUID

import structlog

from services.runtime.errors import NotFound
from services.session.domain.interview import Interview
from services.session.domain.scenario import Language, Scenario, ScenarioError, parse_scenario

log = structlog.get_logger()

KEPT = 256  # parsed sources


class ScenarioSources(Protocol):
    """Scenario texts by version."""

    async def get(self, name: str, language: Language, version: str) -> str | None: ...

    async def newest(self, name: str, language: Language, company_id: UUID | None) -> str | None:
        """A company's own comes before the one that ships with the product."""


class ScenarioVersions:
    """Parsed scenarios; a version never changes, so it is read once."""

    def __init__(self, sources: ScenarioSources) -> None:
        self._sources = sources
        self._parsed: dict[tuple[str, str, str], Scenario] = {}
        self._newest: dict[str | None, Scenario] = {}  # by source text

    async def of(self, interview: Interview) -> Scenario:
        """The version an interview began with, else the newest of that name, else the standard one."""
        key = (interview.scenario, interview.language.value, interview.scenario_version)
        if known := self._parsed.get(key):
            return known
        text = await self._sources.get(interview.scenario, interview.language, interview.scenario_version)
        scenario = _parse(text, interview.scenario)
        if scenario is None:
            log.warning("scenario.version_missing", scenario=interview.scenario, version=key[2])
            return await self._substitute(interview)
        self._parsed[key] = scenario
        return scenario

    async def newest(self, name: str, language: Language, company_id: UUID | None) -> Scenario:
        """Raises NotFound."""
        text = await self._sources.newest(name, language, company_id)
        if text in self._newest:
            return self._newest[text]
        scenario = _parse(text, name)
        if text is None or scenario is None:
            raise NotFound(
                "SCENARIO_NOT_FOUND",
                "There is no scenario of this name in this language.",
                remedy="call CompanyService.ListScenarios",
            )
        if len(self._newest) >= KEPT:
            self._newest.clear()
        self._newest[text] = scenario
        return scenario

    async def _substitute(self, interview: Interview) -> Scenario:
        for name in (interview.scenario, "standard"):
            text = await self._sources.newest(name, interview.language, interview.company_id)
            if scenario := _parse(text, name):
                return scenario
        raise NotFound("SCENARIO_NOT_FOUND", "Not even the standard scenario is installed.")


def _parse(text: str | None, name: str) -> Scenario | None:
    if text is None:
        return None
    try:
        return parse_scenario(text, name)
    except ScenarioError as error:
        log.error("scenario.broken", scenario=name, problems=len(error.problems))
        return None
