"""Scenarios: what they hold and how their files are read. Knows no folder and no database."""

from services.session.domain.scenario.catalogue import Catalogue
from services.session.domain.scenario.model import Dimension, Language, Scenario, Stage, resolve_stage
from services.session.domain.scenario.parser import parse_scenario
from services.session.domain.scenario.problems import Problem, ScenarioError, UnknownScenario

__all__ = [
    "Catalogue",
    "Dimension",
    "Language",
    "Problem",
    "Scenario",
    "ScenarioError",
    "Stage",
    "UnknownScenario",
    "parse_scenario",
    "resolve_stage",
]
