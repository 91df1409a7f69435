"""Companies and the recruiters who work for them. Knows neither jobs nor storage."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Hiring, Role
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.logins import Forget
from services.session.app.pages import Listed, Page, Position
from services.session.app.people import AccountStore
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records, Requests, is_first
from services.session.domain.interview import USUAL_RETENTION_DAYS

PROFILE_LIMIT = 4000  # characters
RETENTION_DAYS = (1, 3650)


class BehaviourPolicy(StrEnum):
    """What becomes of observations of a candidate's face and voice."""

    OFF = "off"
    OBSERVE = "observe"
    SCORED = "scored"


@dataclass(frozen=True, slots=True)
class Company:
    id: UUID
    name: str
    profile: str
    behaviour_policy: BehaviourPolicy
    emotion: bool
    blind: bool
    retention_days: int
    created_at: datetime

    @property
    def position(self) -> Position:
        return Position(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class CompanyText:
    """A company as a caller describes it; `retention_days` 0 means 180."""

    name: str
    profile: str
    behaviour_policy: BehaviourPolicy
    emotion: bool
    blind: bool
    retention_days: int

    def checked(self) -> "CompanyText":
        """Raises InvalidArgument."""
        days = self.retention_days or USUAL_RETENTION_DAYS
        checks.within("company.retention_days", days, *RETENTION_DAYS)
        name = checks.text("company.name", self.name, least=1, most=checks.NAME_LIMIT)
        profile = checks.text("company.profile", self.profile, most=PROFILE_LIMIT, lines=True)
        return replace(self, name=name, profile=profile, retention_days=days)

    def company(self, company_id: UUID, created_at: datetime) -> Company:
        return Company(
            id=company_id,
            name=self.name,
            profile=self.profile,
            behaviour_policy=self.behaviour_policy,
            emotion=self.emotion,
            blind=self.blind,
            retention_days=self.retention_days,
            created_at=created_at,
        )


class CompanyStore(Protocol):
    async def add(self, company: Company) -> None: ...

    async def get(self, company_id: UUID) -> Company | None: ...

    async def page(self, only: frozenset[UUID] | None, page: Page) -> list[Company]:
        """Newest first; None takes every company."""

    async def update(self, company: Company) -> bool:
        """False when there is none; `created_at` stays."""

    async def add_member(self, company_id: UUID, account_id: UUID) -> None:
        """A second time changes nothing."""

    async def remove_member(self, company_id: UUID, account_id: UUID) -> None: ...


class Invited(Protocol):
    """What a candidate's accepted invitations name."""

    async def companies_of(self, candidate_id: UUID) -> frozenset[UUID]: ...

    async def jobs_of(self, candidate_id: UUID, standing_at: datetime | None = None) -> frozenset[UUID]:
        """With a moment: only where an interview may still be begun then, neither late nor taken back."""


class Unit(Protocol):
    @property
    def companies(self) -> CompanyStore: ...
    @property
    def accounts(self) -> AccountStore: ...
    @property
    def invited(self) -> Invited: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Companies:
    """`forget` is told whose companies have changed, after the commit."""

    def __init__(self, records: Records[Unit], clock: Clock, new_id: NewId, forget: Forget) -> None:
        self._records = records
        self._clock = clock
        self._new_id = new_id
        self._forget = forget

    async def create(self, caller: Caller, request_id: str, described: CompanyText) -> Company:
        """A recruiter works for the company from then on."""
        access.require_role(caller, Role.RECRUITER, Role.ADMIN)
        key = checks.request_id(request_id)
        company = described.checked().company(self._new_id(), self._clock.now())
        async with self._records.transaction() as unit:
            made = await unit.requests.remember(caller.actor, "CreateCompany", key, company.id)
            if made is None:
                await self._found(unit, caller, company)
        if made is not None:
            return await self._get(made)
        if caller.id is not None:
            self._forget(caller.id)
        return company

    async def get(self, caller: Caller, company_id: UUID) -> Company:
        """Raises NotFound, also for a company that is not the caller's."""
        invited = company_id in await self._invited(caller)
        access.require_company(caller, Hiring.READ, company_id, invited=invited)
        return await self._get(company_id)

    async def list_(self, caller: Caller, page: Page) -> Listed[Company]:
        """The caller's own; a candidate's are those that invited it."""
        access.require_signed_in(caller)
        everything = caller.role is Role.MESH or caller.acts_for(None)
        mine = caller.company_ids | await self._invited(caller)
        found = await self._records.reading.companies.page(None if everything else mine, page)
        return pages.cut(found, page, lambda company: company.position)

    async def update(
        self, caller: Caller, request_id: str, company_id: UUID, described: CompanyText
    ) -> Company:
        """Replaces everything but `created_at`; a repeat changes nothing."""
        access.require_company(caller, Hiring.CHANGE, company_id)
        key = checks.request_id(request_id)
        company = described.checked().company(company_id, self._clock.now())
        async with self._records.transaction() as unit:
            if await is_first(unit.requests, caller.actor, "UpdateCompany", key, company_id):
                if not await unit.companies.update(company):
                    raise refusals.not_found("company")
                await unit.audit.record(AuditEntry(caller.actor, "company.updated", str(company_id)))
        return await self._get(company_id)

    async def add_member(self, caller: Caller, request_id: str, company_id: UUID, user_id: UUID) -> None:
        """Raises FailedPrecondition (NOT_A_RECRUITER) for a user of another role."""
        access.require_company(caller, Hiring.CHANGE_MEMBERS, company_id)
        key, pair = checks.request_id(request_id), uuid5(company_id, str(user_id))
        async with self._records.transaction() as unit:
            if not await is_first(unit.requests, caller.actor, "AddCompanyMember", key, pair):
                return
            await self._check_member(unit, company_id, user_id)
            await unit.companies.add_member(company_id, user_id)
            entry = AuditEntry(caller.actor, "company.member_added", str(company_id), str(user_id))
            await unit.audit.record(entry)
        self._forget(user_id)

    async def remove_member(self, caller: Caller, request_id: str, company_id: UUID, user_id: UUID) -> None:
        """Someone who is no member is no error."""
        access.require_company(caller, Hiring.CHANGE_MEMBERS, company_id)
        key, pair = checks.request_id(request_id), uuid5(company_id, str(user_id))
        async with self._records.transaction() as unit:
            if not await is_first(unit.requests, caller.actor, "RemoveCompanyMember", key, pair):
                return
            await unit.companies.remove_member(company_id, user_id)
            entry = AuditEntry(caller.actor, "company.member_removed", str(company_id), str(user_id))
            await unit.audit.record(entry)
        self._forget(user_id)

    async def _found(self, unit: Unit, caller: Caller, company: Company) -> None:
        await unit.companies.add(company)
        if caller.role is Role.RECRUITER and caller.id is not None:
            await unit.companies.add_member(company.id, caller.id)
        await unit.audit.record(AuditEntry(caller.actor, "company.created", str(company.id)))

    async def _check_member(self, unit: Unit, company_id: UUID, user_id: UUID) -> None:
        if await unit.companies.get(company_id) is None:
            raise refusals.not_found("company")
        account = await unit.accounts.get(user_id, lock=True)
        if account is None:
            raise refusals.not_found("user")
        if account.role is not Role.RECRUITER:
            raise refusals.not_a_recruiter()

    async def _invited(self, caller: Caller) -> frozenset[UUID]:
        if caller.role is not Role.CANDIDATE or caller.id is None:
            return frozenset()
        return await self._records.reading.invited.companies_of(caller.id)

    async def _get(self, company_id: UUID) -> Company:
        company = await self._records.reading.companies.get(company_id)
        if company is None:
            raise refusals.not_found("company")
        return company
