"""CompanyService: translates, calls, translates."""

from collections.abc import Mapping
from typing import Any

from viva.v1 import company_pb2 as pb
from viva.v1 import company_pb2_grpc, vision_pb2
from viva.v1.common_pb2 import PageRequest

from services.runtime.auth import current_principal
from services.session.app import pages, refusals
from services.session.app.access import Caller
from services.session.app.companies import BehaviourPolicy, Companies, Company, CompanyText
from services.session.app.jobs import Job, Jobs, JobText, ProfileText, TalentProfile
from services.session.app.scenarios import Scenarios, ScenarioText
from services.session.domain.scenario import Language
from services.session.servicers import convert
from services.session.servicers.convert import optional_id, timestamp, to_id

Context = Any

_POLICIES: Mapping[int, BehaviourPolicy] = {
    vision_pb2.BEHAVIOUR_POLICY_UNSPECIFIED: BehaviourPolicy.OBSERVE,
    vision_pb2.BEHAVIOUR_POLICY_OFF: BehaviourPolicy.OFF,
    vision_pb2.BEHAVIOUR_POLICY_OBSERVE: BehaviourPolicy.OBSERVE,
    vision_pb2.BEHAVIOUR_POLICY_SCORED: BehaviourPolicy.SCORED,
}


class CompanyServicer(company_pb2_grpc.CompanyServiceServicer):
    def __init__(self, companies: Companies, jobs: Jobs, scenarios: Scenarios) -> None:
        self._companies = companies
        self._jobs = jobs
        self._scenarios = scenarios

    async def CreateCompany(
        self, request: pb.CreateCompanyRequest, context: Context
    ) -> pb.CreateCompanyResponse:
        made = await self._companies.create(_caller(), request.request_id, _described(request.company))
        return pb.CreateCompanyResponse(company=_company(made))

    async def GetCompany(self, request: pb.GetCompanyRequest, context: Context) -> pb.GetCompanyResponse:
        found = await self._companies.get(_caller(), to_id("company_id", request.company_id))
        return pb.GetCompanyResponse(company=_company(found))

    async def ListCompanies(
        self, request: pb.ListCompaniesRequest, context: Context
    ) -> pb.ListCompaniesResponse:
        listed = await self._companies.list_(_caller(), _page(request.page))
        return pb.ListCompaniesResponse(
            companies=map(_company, listed.rows), next_page_token=listed.next_token
        )

    async def UpdateCompany(
        self, request: pb.UpdateCompanyRequest, context: Context
    ) -> pb.UpdateCompanyResponse:
        company_id = to_id("company.id", request.company.id)
        changed = await self._companies.update(
            _caller(), request.request_id, company_id, _described(request.company)
        )
        return pb.UpdateCompanyResponse(company=_company(changed))

    async def AddCompanyMember(
        self, request: pb.AddCompanyMemberRequest, context: Context
    ) -> pb.AddCompanyMemberResponse:
        pair = to_id("company_id", request.company_id), to_id("user_id", request.user_id)
        await self._companies.add_member(_caller(), request.request_id, *pair)
        return pb.AddCompanyMemberResponse()

    async def RemoveCompanyMember(
        self, request: pb.RemoveCompanyMemberRequest, context: Context
    ) -> pb.RemoveCompanyMemberResponse:
        pair = to_id("company_id", request.company_id), to_id("user_id", request.user_id)
        await self._companies.remove_member(_caller(), request.request_id, *pair)
        return pb.RemoveCompanyMemberResponse()

    async def SaveTalentProfile(
        self, request: pb.SaveTalentProfileRequest, context: Context
    ) -> pb.SaveTalentProfileResponse:
        given = request.talent_profile
        text = ProfileText(
            optional_id("talent_profile.id", given.id),
            to_id("talent_profile.company_id", given.company_id),
            given.name,
            tuple(given.values),
            dict(given.weights),
        )
        saved = await self._jobs.save_profile(_caller(), request.request_id, text)
        return pb.SaveTalentProfileResponse(talent_profile=_profile(saved))

    async def ListTalentProfiles(
        self, request: pb.ListTalentProfilesRequest, context: Context
    ) -> pb.ListTalentProfilesResponse:
        company_id = to_id("company_id", request.company_id)
        listed = await self._jobs.list_profiles(_caller(), company_id, _page(request.page))
        found = [_profile(each) for each in listed.rows]
        return pb.ListTalentProfilesResponse(talent_profiles=found, next_page_token=listed.next_token)

    async def SaveJob(self, request: pb.SaveJobRequest, context: Context) -> pb.SaveJobResponse:
        given = request.job
        text = JobText(
            id=optional_id("job.id", given.id),
            company_id=to_id("job.company_id", given.company_id),
            title=given.title,
            description=given.description,
            talent_profile_id=optional_id("job.talent_profile_id", given.talent_profile_id),
            scenario=given.scenario,
            language=convert.language(given.language, "job.language") or Language.KO,
            open=given.open,
        )
        return pb.SaveJobResponse(job=_job(await self._jobs.save_job(_caller(), request.request_id, text)))

    async def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.GetJobResponse:
        found = await self._jobs.get_job(_caller(), to_id("job_id", request.job_id))
        return pb.GetJobResponse(job=_job(found))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        company_id = to_id("company_id", request.company_id)
        listed = await self._jobs.list_jobs(_caller(), company_id, _page(request.page))
        return pb.ListJobsResponse(jobs=map(_job, listed.rows), next_page_token=listed.next_token)

    async def ListScenarios(
        self, request: pb.ListScenariosRequest, context: Context
    ) -> pb.ListScenariosResponse:
        found = await self._scenarios.list_(_caller(), optional_id("company_id", request.company_id))
        return pb.ListScenariosResponse(scenarios=map(_scenario, found))

    async def GetScenario(self, request: pb.GetScenarioRequest, context: Context) -> pb.GetScenarioResponse:
        found = await self._scenarios.get(
            _caller(),
            request.name,
            convert.language(request.language) or Language.KO,
            optional_id("company_id", request.company_id),
            request.version,
        )
        return pb.GetScenarioResponse(scenario=_scenario(found))

    async def ValidateScenario(
        self, request: pb.ValidateScenarioRequest, context: Context
    ) -> pb.ValidateScenarioResponse:
        problems = await self._scenarios.validate(_caller(), request.source)
        return pb.ValidateScenarioResponse(
            problems=[
                pb.ScenarioProblem(
                    line=each.line,
                    column=each.column,
                    path=each.path,
                    reason=each.reason,
                    remedy=each.remedy,
                )
                for each in problems
            ]
        )

    async def SaveScenario(
        self, request: pb.SaveScenarioRequest, context: Context
    ) -> pb.SaveScenarioResponse:
        company_id = to_id("company_id", request.company_id)
        saved = await self._scenarios.save(_caller(), request.request_id, company_id, request.source)
        return pb.SaveScenarioResponse(scenario=_scenario(saved))


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


def _page(page: PageRequest) -> pages.Page:
    return pages.requested(page.page_size, page.page_token)


def _described(company: pb.Company) -> CompanyText:
    if company.behaviour_policy not in _POLICIES:
        raise refusals.invalid("company.behaviour_policy", "is OFF, OBSERVE or SCORED")
    return CompanyText(
        name=company.name,
        profile=company.profile,
        behaviour_policy=_POLICIES[company.behaviour_policy],
        emotion=company.emotion,
        blind=company.blind,
        retention_days=company.retention_days,
    )


def _company(company: Company) -> pb.Company:
    return pb.Company(
        id=str(company.id),
        name=company.name,
        profile=company.profile,
        behaviour_policy=vision_pb2.BehaviourPolicy.Value(
            f"BEHAVIOUR_POLICY_{company.behaviour_policy.name}"
        ),
        emotion=company.emotion,
        blind=company.blind,
        retention_days=company.retention_days,
        created_at=timestamp(company.created_at),
    )


def _profile(profile: TalentProfile) -> pb.TalentProfile:
    return pb.TalentProfile(
        id=str(profile.id),
        company_id=str(profile.company_id),
        name=profile.name,
        values=profile.values,
        weights=profile.weights,
    )


def _job(job: Job) -> pb.Job:
    return pb.Job(
        id=str(job.id),
        company_id=str(job.company_id),
        title=job.title,
        description=job.description,
        talent_profile_id=str(job.talent_profile_id or ""),
        scenario=job.scenario,
        language=convert.language_pb(job.language),
        open=job.open,
    )


def _scenario(scenario: ScenarioText) -> pb.Scenario:
    return pb.Scenario(
        name=scenario.name,
        language=convert.language_pb(scenario.language),
        version=scenario.version,
        title=scenario.title,
        company_id=str(scenario.company_id or ""),
        source=scenario.source,
        stages=scenario.stages,
    )
