"""What a company looks for: talent profiles and jobs. Knows neither storage nor who interviews how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.companies import Invited
from services.session.app.pages import Listed, Page, Position
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records, Requests
from services.session.app.scenarios import Scenarios
from services.session.domain.scenario import Language

VALUES_LIMIT, VALUE_LENGTH = 12, 80
WEIGHTS_LIMIT, HIGHEST_WEIGHT = 32, 10
TITLE_LIMIT, DESCRIPTION_LIMIT = 200, 8000


@dataclass(frozen=True, slots=True)
class TalentProfile:
    """`weights` of rubric dimensions by id, 0 to 10; unnamed ones weigh 1."""

    id: UUID
    company_id: UUID
    name: str
    values: tuple[str, ...]
    weights: Mapping[str, float]
    created_at: datetime

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class Job:
    id: UUID
    company_id: UUID
    title: str
    description: str
    talent_profile_id: UUID | None
    scenario: str
    language: Language
    open: bool
    created_at: datetime

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class ProfileText:
    """A talent profile as a caller gives it; `id` None makes a new one."""

    id: UUID | None
    company_id: UUID
    name: str
    values: tuple[str, ...]
    weights: Mapping[str, float]

    def checked(self) -> "ProfileText":
        """Raises InvalidArgument."""
        at = "talent_profile"
        checks.count(f"{at}.values", self.values, 0, VALUES_LIMIT)
        checks.count(f"{at}.weights", self.weights, 0, WEIGHTS_LIMIT)
        for dimension, weight in self.weights.items():
            checks.text(f"{at}.weights", dimension, least=1, most=checks.NAME_LIMIT)
            checks.within(f"{at}.weights", weight, 0, HIGHEST_WEIGHT)
        values = [checks.text(f"{at}.values", each, least=1, most=VALUE_LENGTH) for each in self.values]
        name = checks.text(f"{at}.name", self.name, least=1, most=checks.NAME_LIMIT)
        return replace(self, name=name, values=tuple(values))

    def profile(self, profile_id: UUID, created_at: datetime) -> TalentProfile:
        return TalentProfile(
            profile_id, self.company_id, self.name, self.values, dict(self.weights), created_at
        )


@dataclass(frozen=True, slots=True)
class JobText:
    """A job as a caller gives it; `id` None makes a new one, an empty scenario means "standard"."""

    id: UUID | None
    company_id: UUID
    title: str
    description: str
    talent_profile_id: UUID | None
    scenario: str
    language: Language
    open: bool

    def checked(self) -> "JobText":
        """Raises InvalidArgument."""
        title = checks.text("job.title", self.title, least=1, most=TITLE_LIMIT)
        text = checks.text("job.description", self.description, most=DESCRIPTION_LIMIT, lines=True)
        scenario = checks.text("job.scenario", self.scenario, most=checks.NAME_LIMIT) or "standard"
        return replace(self, title=title, description=text, scenario=scenario)

    def job(self, job_id: UUID, created_at: datetime) -> Job:
        return Job(
            id=job_id,
            company_id=self.company_id,
            title=self.title,
            description=self.description,
            talent_profile_id=self.talent_profile_id,
            scenario=self.scenario,
            language=self.language,
            open=self.open,
            created_at=created_at,
        )


class JobStore(Protocol):
    async def put(self, job: Job) -> bool:
        """Adds or replaces; False, and nothing changed, when its company does not exist or differs."""

    async def get(self, job_id: UUID) -> Job | None: ...

    async def page(self, company_id: UUID, only: frozenset[UUID] | None, page: Page) -> list[Job]:
        """Newest first; None takes every job of the company."""


class ProfileStore(Protocol):
    async def put(self, profile: TalentProfile) -> bool:
        """Adds or replaces; False, and nothing changed, when its company does not exist or differs."""

    async def get(self, profile_id: UUID) -> TalentProfile | None: ...

    async def page(self, company_id: UUID, page: Page) -> list[TalentProfile]: ...


class Unit(Protocol):
    @property
    def jobs(self) -> JobStore: ...
    @property
    def profiles(self) -> ProfileStore: ...
    @property
    def invited(self) -> Invited: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Jobs:
    """Talent profiles and jobs of companies."""

    def __init__(self, records: Records[Unit], scenarios: Scenarios, clock: Clock, new_id: NewId) -> None:
        self._records = records
        self._scenarios = scenarios
        self._clock = clock
        self._new_id = new_id

    async def save_profile(self, caller: Caller, request_id: str, given: ProfileText) -> TalentProfile:
        """Raises NotFound for a profile of another company."""
        access.require_company(caller, Hiring.CHANGE, given.company_id)
        key, profile_id = checks.request_id(request_id), given.id or self._new_id()
        profile = given.checked().profile(profile_id, self._clock.now())
        async with self._records.transaction() as unit:
            made = await unit.requests.remember(caller.actor, "SaveTalentProfile", key, profile_id)
            if made is None:
                if not await unit.profiles.put(profile):
                    raise refusals.not_found("talent profile")
                await unit.audit.record(AuditEntry(caller.actor, "talent_profile.saved", str(profile_id)))
        found = await self._records.reading.profiles.get(made or profile_id)
        if found is None:
            raise refusals.not_found("talent profile")
        return found

    async def list_profiles(self, caller: Caller, company_id: UUID, page: Page) -> Listed[TalentProfile]:
        access.require_company(caller, Hiring.READ_INTERNAL, company_id)
        found = await self._records.reading.profiles.page(company_id, page)
        return pages.cut(found, page, lambda profile: profile.position)

    async def save_job(self, caller: Caller, request_id: str, given: JobText) -> Job:
        """Raises NotFound for a job of another company, InvalidArgument for an unknown scenario."""
        access.require_company(caller, Hiring.CHANGE, given.company_id)
        key, job_id = checks.request_id(request_id), given.id or self._new_id()
        checked = given.checked()
        await self._check_references(checked)
        async with self._records.transaction() as unit:
            made = await unit.requests.remember(caller.actor, "SaveJob", key, job_id)
            if made is None:
                if not await unit.jobs.put(checked.job(job_id, self._clock.now())):
                    raise refusals.not_found("job")
                await unit.audit.record(AuditEntry(caller.actor, "job.saved", str(job_id)))
        return await self._job(made or job_id)

    async def get_job(self, caller: Caller, job_id: UUID) -> Job:
        """Raises NotFound, also for a job that is not the caller's."""
        access.require_signed_in(caller)
        job = await self._job(job_id)
        invited = job_id in await self._invited(caller)
        access.require_company(caller, Hiring.READ, job.company_id, invited=invited, what="job")
        return job

    async def list_jobs(self, caller: Caller, company_id: UUID, page: Page) -> Listed[Job]:
        """A candidate sees the jobs that it may begin an interview for, which may be none."""
        access.require_signed_in(caller)
        if caller.role is not Role.CANDIDATE:
            access.require_company(caller, Hiring.READ, company_id)
        standing = self._clock.now()
        mine = await self._invited(caller, standing) if caller.role is Role.CANDIDATE else None
        found = await self._records.reading.jobs.page(company_id, mine, page)
        return pages.cut(found, page, lambda job: job.position)

    async def _check_references(self, job: JobText) -> None:
        if not await self._scenarios.exists(job.scenario, job.language, job.company_id):
            raise refusals.invalid(
                "job.scenario", f"there is no scenario {job.scenario!r} in {job.language}; see ListScenarios"
            )
        if job.talent_profile_id is None:
            return
        profile = await self._records.reading.profiles.get(job.talent_profile_id)
        if profile is None or profile.company_id != job.company_id:
            raise refusals.invalid("job.talent_profile_id", "is not a talent profile of this company")

    async def _invited(self, caller: Caller, standing_at: datetime | None = None) -> frozenset[UUID]:
        if caller.role is not Role.CANDIDATE or caller.id is None:
            return frozenset()
        return await self._records.reading.invited.jobs_of(caller.id, standing_at)

    async def _job(self, job_id: UUID) -> Job:
        job = await self._records.reading.jobs.get(job_id)
        if job is None:
            raise refusals.not_found("job")
        return job
