"""Scenarios: what they hold and how their files are read. Knows no folder and no database."""

from services.session.domain.scenario.model import Dimension, Language, Scenario, Stage, resolve_stage

__all__ = ["Dimension", "Language", "Scenario", "Stage", "resolve_stage"]
