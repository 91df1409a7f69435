"""Companies, jobs, scenarios, invitations and consents in memory. Knows no rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.session.adapters.memory.state import State, newest_first
from services.session.app.companies import Company
from services.session.app.consents import Consent, ConsentingTo, Purpose
from services.session.app.invitations import Invitation
from services.session.app.jobs import Job, TalentProfile
from services.session.app.pages import Page
from services.session.app.scenarios import ScenarioText
from services.session.domain.scenario import Language

Owned = TypeVar("Owned", Job, TalentProfile)


class MemoryCompanies:
    """`CompanyStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, company: Company) -> None:
        self._state.companies[company.id] = company

    async def get(self, company_id: UUID) -> Company | None:
        return self._state.companies.get(company_id)

    async def page(self, only: frozenset[UUID] | None, page: Page) -> list[Company]:
        rows = [each for each in self._state.companies.values() if only is None or each.id in only]
        return newest_first(rows, page)

    async def update(self, company: Company) -> bool:
        current = self._state.companies.get(company.id)
        if current is None:
            return False
        self._state.companies[company.id] = replace(company, created_at=current.created_at)
        return True

    async def add_member(self, company_id: UUID, account_id: UUID) -> None:
        self._state.members.add((company_id, account_id))

    async def remove_member(self, company_id: UUID, account_id: UUID) -> None:
        self._state.members.discard((company_id, account_id))


class MemoryInvited:
    """`Invited`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def companies_of(self, candidate_id: UUID) -> frozenset[UUID]:
        return frozenset(self._state.jobs[each].company_id for each in await self.jobs_of(candidate_id))

    async def jobs_of(self, candidate_id: UUID, standing_at: datetime | None = None) -> frozenset[UUID]:
        taken = [each for each in self._state.invitations.values() if each.candidate_id == candidate_id]
        if standing_at:
            taken = [each for each in taken if each.expires_at > standing_at and each.revoked_at is None]
        return frozenset(each.job_id for each in taken)


class MemoryJobs:
    """`JobStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def put(self, job: Job) -> bool:
        return _put(self._state, self._state.jobs, job)

    async def get(self, job_id: UUID) -> Job | None:
        return self._state.jobs.get(job_id)

    async def page(self, company_id: UUID, only: frozenset[UUID] | None, page: Page) -> list[Job]:
        rows = [each for each in self._state.jobs.values() if each.company_id == company_id]
        return newest_first([each for each in rows if only is None or each.id in only], page)


class MemoryProfiles:
    """`ProfileStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def put(self, profile: TalentProfile) -> bool:
        return _put(self._state, self._state.profiles, profile)

    async def get(self, profile_id: UUID) -> TalentProfile | None:
        return self._state.profiles.get(profile_id)

    async def page(self, company_id: UUID, page: Page) -> list[TalentProfile]:
        rows = [each for each in self._state.profiles.values() if each.company_id == company_id]
        return newest_first(rows, page)


class MemoryScenarios:
    """`ScenarioStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, scenario: ScenarioText, at: datetime) -> bool:
        if scenario.company_id not in self._state.companies:
            return False
        self._state.scenarios = [each for each in self._state.scenarios if each != scenario] + [scenario]
        return True

    async def newest(self, company_id: UUID | None) -> list[ScenarioText]:
        shipped = [each for each in self._state.scenarios if each.company_id is None]
        own = [each for each in self._state.scenarios if company_id and each.company_id == company_id]
        found = {(each.name, each.language): replace(each, source="") for each in [*shipped, *own]}
        return [found[key] for key in sorted(found)]

    async def find(
        self, company_id: UUID | None, name: str, language: Language, version: str
    ) -> ScenarioText | None:
        for owner in (company_id, None) if company_id else (None,):
            for each in reversed(self._state.scenarios):
                named = (each.company_id, each.name, each.language) == (owner, name, language)
                if named and version in ("", each.version):
                    return each
        return None

    async def count(self, company_id: UUID) -> int:
        return sum(each.company_id == company_id for each in self._state.scenarios)


class MemoryInvitations:
    """`InvitationStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, invitations: Sequence[Invitation]) -> None:
        self._state.invitations.update({each.id: each for each in invitations})

    async def batch(self, batch_id: UUID) -> list[Invitation]:
        rows = [each for each in self._state.invitations.values() if each.batch_id == batch_id]
        return sorted(rows, key=lambda invitation: invitation.id)

    async def get(self, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
        return self._state.invitations.get(invitation_id)

    async def by_hash(self, token_hash: bytes, *, lock: bool = False) -> Invitation | None:
        known = self._state.invitations.values()
        return next((each for each in known if each.token_hash == token_hash), None)

    async def page(self, job_id: UUID, page: Page) -> list[Invitation]:
        return newest_first(
            [each for each in self._state.invitations.values() if each.job_id == job_id], page
        )

    async def update(self, invitation: Invitation) -> None:
        self._state.invitations[invitation.id] = invitation


class MemoryConsents:
    """`ConsentStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def interview(self, interview_id: UUID, *, lock: bool = False) -> ConsentingTo | None:
        return self._state.interviews.get(interview_id)

    async def put(self, interview_id: UUID, consents: Sequence[Consent]) -> None:
        self._state.consents.update({(interview_id, each.purpose): each for each in consents})

    async def of(self, interview_id: UUID) -> list[Consent]:
        kept = self._state.consents
        return [kept[interview_id, each] for each in Purpose if (interview_id, each) in kept]

    async def granted(self, interview_id: UUID) -> frozenset[Purpose]:
        standing = [each for each in await self.of(interview_id) if each.granted and not each.withdrawn_at]
        return frozenset(each.purpose for each in standing)

    async def forget(self, interview_id: UUID, purpose: Purpose) -> None:
        """Nothing that was measured is kept here."""


def _put(state: State, table: dict[UUID, Owned], row: Owned) -> bool:
    current = table.get(row.id)
    if row.company_id not in state.companies or (current and current.company_id != row.company_id):
        return False
    table[row.id] = replace(row, created_at=current.created_at) if current else row
    return True
