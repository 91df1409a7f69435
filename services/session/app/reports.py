"""Makes a report when an interview is over and its answers are evaluated. Computes no score itself."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.session.app.companies import BehaviourPolicy
from services.session.app.interviews import Announcer
from services.session.app.ports import Claim, Clock, InterviewStore, StaleClaim, TurnRecord, Unit, WorkQueue
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain import interview as machine
from services.session.domain.behaviour import Observed
from services.session.domain.interview import Decision, Interview, WorkKind
from services.session.domain.scenario import Scenario

WAIT_S = 1.0  # between looks at evaluations that are still under way


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    version: int
    engine: str
    model: str
    prompt_hash: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredReport:
    version: int
    body: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReportMaterial:
    """All that a report is made of. Accommodations are not among it."""

    interview: Interview
    scenario: Scenario
    turns: tuple[TurnRecord, ...]
    evaluations: Mapping[UUID, StoredEvaluation]
    context: Mapping[str, Any]  # "company", "job", "profile", "weights", "display_name", "behaviour_policy"
    version: int
    made_at: datetime
    observed: Mapping[UUID, Observed] = field(default_factory=dict)

    @property
    def policy(self) -> BehaviourPolicy:
        return policy_of(self.context)


def policy_of(context: Mapping[str, Any]) -> BehaviourPolicy:
    """What the company does with behaviour; without a company it is for the candidate alone."""
    return BehaviourPolicy(context.get("behaviour_policy") or BehaviourPolicy.OBSERVE)


MakeReport = Callable[[ReportMaterial], dict[str, Any]]
"""The stored JSON form of a report."""


class ReportStore(Protocol):
    """What reports are made of, and the reports; every version stays."""

    async def newest(self, interview_id: UUID) -> dict[UUID, StoredEvaluation]:
        """The newest evaluation of each turn."""

    async def waiting(self, interview_id: UUID) -> bool:
        """Whether an evaluation is still to come."""

    async def context(self, interview_id: UUID) -> dict[str, Any]: ...

    async def observed(self, interview_id: UUID) -> dict[UUID, Observed]:
        """How the candidate looked and spoke, by turn; turns without any of it are left out."""

    async def put_report(self, unit: Unit, body: dict[str, Any]) -> int:
        """Stores it in the unit's transaction; its version, from 1."""

    async def report(self, interview_id: UUID, version: int) -> StoredReport | None:
        """The version asked for; 0 takes the newest."""


class WriteReport:
    """Handler of report work."""

    def __init__(
        self,
        store: InterviewStore,
        reports: ReportStore,
        queue: WorkQueue,
        scenarios: ScenarioVersions,
        make: MakeReport,
        announce: Announcer,
        clock: Clock,
    ) -> None:
        self._store = store
        self._reports = reports
        self._queue = queue
        self._scenarios = scenarios
        self._make = make
        self._announce = announce
        self._clock = clock

    async def __call__(self, claim: Claim) -> None:
        if await self._reports.waiting(claim.subject_id):
            await self._queue.postpone(claim, WAIT_S, "")
            return
        material = await self._material(claim.subject_id)
        if material.interview.sealed:
            await self._queue.finish(claim)
            return
        body = await asyncio.to_thread(self._make, material)
        async with self._store.locked(claim.subject_id, claim) as unit:
            if unit.interview.sealed:
                raise StaleClaim("consent was withdrawn, or the words erased")
            version = await self._reports.put_report(unit, body)
            noted = machine.note(unit.interview, "report.ready", self._clock.now(), version=version)
            dropped = ((WorkKind.REPORT, claim.subject_id),)
            decision = Decision(noted.interview, events=noted.events, dropped=dropped)
            await unit.save(decision)
        await self._announce(decision)

    async def _material(self, interview_id: UUID) -> ReportMaterial:
        summary = await self._store.summary(interview_id)
        return ReportMaterial(
            interview=summary.interview,
            scenario=await self._scenarios.of(summary.interview),
            turns=tuple(await self._store.turns(interview_id)),
            evaluations=await self._reports.newest(interview_id),
            context=await self._reports.context(interview_id),
            version=summary.report_version + 1,
            made_at=self._clock.now(),
            observed=await self._reports.observed(interview_id),
        )
