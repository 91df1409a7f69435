"""A valid request of every rpc about what an owner has. Sends nothing."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from viva.v1 import account_pb2 as ac
from viva.v1 import admin_pb2 as ad
from viva.v1 import company_pb2 as co
from viva.v1 import consent_pb2 as cs
from viva.v1 import interview_pb2 as iv
from viva.v1 import resume_pb2 as re
from viva.v1 import vision_pb2 as vi

from tests.e2e.people import RESUME, Owner, World, in_a_day


def request_id() -> str:
    return uuid4().hex


def _of_interview(name: str, **more: Any) -> Callable[[World, Owner], Message]:
    """A request that names the owner's interview and, where it can, its open turn."""
    kind = getattr(iv, f"{name}Request")

    def make(world: World, owner: Owner) -> Message:
        fields = {"interview_id": owner.interview_id, "turn_id": owner.turn_id, "answer_id": owner.answer_id}
        fields |= {"request_id": request_id()}
        known = {key: value for key, value in fields.items() if key in kind.DESCRIPTOR.fields_by_name}
        message: Message = kind(**known, **more)
        return message

    return make


def _upload(world: World, owner: Owner) -> list[Message]:
    meta = re.ResumeMeta(request_id=request_id(), file_name="cv.txt", candidate_id=owner.id)
    return [re.UploadResumeRequest(meta=meta), re.UploadResumeRequest(data=RESUME.encode())]


def _company(w: World) -> co.Company:
    return co.Company(id=w.company.id, name="우리 회사")


def _job(w: World) -> co.Job:
    return co.Job(
        id=w.company.job_id, company_id=w.company.id, title="새 이름", scenario="standard", open=True
    )


def _scenario(w: World) -> str:
    return w.scenario_source("practice").replace("name: practice", "name: own_practice")


SECTION = re.ResumeSection(kind="experience", heading="경력", text="바꾼 경력입니다.")
REQUESTS: dict[str, Callable[[World, Owner], Message | list[Message]]] = {
    "InterviewService.CreateInterview": lambda w, o: iv.CreateInterviewRequest(
        request_id=request_id(),
        job_id=w.company.job_id,
        invitation_id=o.invitation_id,
        candidate_id=o.id,
        resume_id=o.resume_id,
    ),
    "InterviewService.StartInterview": _of_interview("StartInterview"),
    "InterviewService.AppendAnswerSegment": _of_interview("AppendAnswerSegment", text="덧붙인 말"),
    "InterviewService.UpdateAnswerDraft": _of_interview("UpdateAnswerDraft", text="적던 말"),
    "InterviewService.SubmitAnswer": _of_interview("SubmitAnswer", text="보낸 말"),
    "InterviewService.RepeatQuestion": _of_interview("RepeatQuestion"),
    "InterviewService.PauseInterview": _of_interview("PauseInterview"),
    "InterviewService.ResumeInterview": _of_interview("ResumeInterview"),
    "InterviewService.EndInterview": _of_interview("EndInterview"),
    "InterviewService.WithdrawConsent": _of_interview("WithdrawConsent", erase=True),
    "InterviewService.CorrectTranscript": _of_interview("CorrectTranscript", text="고친 말"),
    "InterviewService.RequestReview": _of_interview("RequestReview", reason="다시 보아 주세요"),
    "InterviewService.WatchInterview": _of_interview("WatchInterview"),
    "InterviewService.GetInterview": _of_interview("GetInterview", include_turns=True),
    "InterviewService.ListInterviews": lambda w, o: iv.ListInterviewsRequest(candidate_id=o.id),
    "InterviewService.GetReport": _of_interview("GetReport"),
    "InterviewService.ListenToRecording": _of_interview("ListenToRecording"),
    "InterviewService.RescoreInterview": _of_interview("RescoreInterview"),
    "InterviewService.RecordDecision": _of_interview(
        "RecordDecision", decision=iv.DECISION_ADVANCE, reason="좋은 답"
    ),
    "InterviewService.GetMediaTerms": _of_interview("GetMediaTerms"),
    "InterviewService.RecordObservations": _of_interview(
        "RecordObservations", samples=[vi.Observation(timestamp_ms=200, face_present=True, faces=1)]
    ),
    "InterviewService.GetInfo": lambda w, o: iv.InterviewServiceGetInfoRequest(),
    "ConsentService.GetConsentTexts": lambda w, o: cs.GetConsentTextsRequest(),
    "ConsentService.RecordConsent": lambda w, o: w.consent(o),
    "ConsentService.ListConsents": lambda w, o: cs.ListConsentsRequest(interview_id=o.interview_id),
    "ResumeService.UploadResume": _upload,
    "ResumeService.GetResume": lambda w, o: re.GetResumeRequest(resume_id=o.resume_id),
    "ResumeService.ListResumes": lambda w, o: re.ListResumesRequest(candidate_id=o.id),
    "ResumeService.UpdateResume": lambda w, o: re.UpdateResumeRequest(
        resume_id=o.resume_id, request_id=request_id(), sections=[SECTION]
    ),
    "ResumeService.DeleteResume": lambda w, o: re.DeleteResumeRequest(
        resume_id=o.resume_id, request_id=request_id()
    ),
    "ResumeService.WatchResume": lambda w, o: re.WatchResumeRequest(resume_id=o.resume_id),
    "ResumeService.SearchResumes": lambda w, o: re.SearchResumesRequest(
        query="정산 배치", company_id=w.company.id
    ),
    "CompanyService.CreateCompany": lambda w, o: co.CreateCompanyRequest(
        request_id=request_id(), company=co.Company(name="또 하나")
    ),
    "CompanyService.GetCompany": lambda w, o: co.GetCompanyRequest(company_id=w.company.id),
    "CompanyService.ListCompanies": lambda w, o: co.ListCompaniesRequest(),
    "CompanyService.UpdateCompany": lambda w, o: co.UpdateCompanyRequest(
        request_id=request_id(), company=_company(w)
    ),
    "CompanyService.AddCompanyMember": lambda w, o: co.AddCompanyMemberRequest(
        request_id=request_id(), company_id=w.company.id, user_id=w.company.recruiter_id
    ),
    "CompanyService.RemoveCompanyMember": lambda w, o: co.RemoveCompanyMemberRequest(
        request_id=request_id(), company_id=w.company.id, user_id=w.other_company.recruiter_id
    ),
    "CompanyService.SaveTalentProfile": lambda w, o: co.SaveTalentProfileRequest(
        request_id=request_id(),
        talent_profile=co.TalentProfile(id=w.company.profile_id, company_id=w.company.id, name="새 인재상"),
    ),
    "CompanyService.ListTalentProfiles": lambda w, o: co.ListTalentProfilesRequest(company_id=w.company.id),
    "CompanyService.SaveJob": lambda w, o: co.SaveJobRequest(request_id=request_id(), job=_job(w)),
    "CompanyService.GetJob": lambda w, o: co.GetJobRequest(job_id=w.company.job_id),
    "CompanyService.ListJobs": lambda w, o: co.ListJobsRequest(company_id=w.company.id),
    "CompanyService.ListScenarios": lambda w, o: co.ListScenariosRequest(company_id=w.company.id),
    "CompanyService.GetScenario": lambda w, o: co.GetScenarioRequest(
        name="standard", company_id=w.company.id
    ),
    "CompanyService.ValidateScenario": lambda w, o: co.ValidateScenarioRequest(source="name: x"),
    "CompanyService.SaveScenario": lambda w, o: co.SaveScenarioRequest(
        request_id=request_id(), company_id=w.company.id, source=_scenario(w)
    ),
    "AccountService.Register": lambda w, o: ac.RegisterRequest(
        email=f"{uuid4().hex}@example.org", password=uuid4().hex
    ),
    "AccountService.LogIn": lambda w, o: ac.LogInRequest(email=o.email, password=o.password),
    "AccountService.RefreshTokens": lambda w, o: ac.RefreshTokensRequest(refresh_token=o.refresh_token),
    "AccountService.GetInvitation": lambda w, o: ac.GetInvitationRequest(token=o.link),
    "AccountService.AcceptInvitation": lambda w, o: ac.AcceptInvitationRequest(
        token=o.link, password=uuid4().hex
    ),
    "AccountService.LogOut": lambda w, o: ac.LogOutRequest(refresh_token=o.refresh_token),
    "AccountService.GetMe": lambda w, o: ac.GetMeRequest(),
    "AccountService.ChangePassword": lambda w, o: ac.ChangePasswordRequest(
        old_password=o.password, new_password=uuid4().hex
    ),
    "AccountService.ExportMyData": lambda w, o: ac.ExportMyDataRequest(),
    "AccountService.EraseMyData": lambda w, o: ac.EraseMyDataRequest(
        request_id=request_id(), password=o.password
    ),
    "AccountService.CreateInvitations": lambda w, o: ac.CreateInvitationsRequest(
        request_id=request_id(), job_id=w.company.job_id, emails=["a@example.org"], expires_at=in_a_day()
    ),
    "AccountService.ListInvitations": lambda w, o: ac.ListInvitationsRequest(job_id=w.company.job_id),
    "AccountService.RevokeInvitation": lambda w, o: ac.RevokeInvitationRequest(
        request_id=request_id(), invitation_id=o.link_id
    ),
    "AccountService.CreateUser": lambda w, o: ac.CreateUserRequest(
        request_id=request_id(),
        email=f"{uuid4().hex}@example.org",
        password=uuid4().hex,
        role=ac.ROLE_RECRUITER,
    ),
    "AccountService.ListUsers": lambda w, o: ac.ListUsersRequest(),
    "AccountService.SetUserRole": lambda w, o: ac.SetUserRoleRequest(
        request_id=request_id(), user_id=o.id, role=ac.ROLE_ADMIN
    ),
    "AccountService.IssueServiceToken": lambda w, o: ac.IssueServiceTokenRequest(
        request_id=request_id(), name="mine", company_id=w.company.id
    ),
    "AccountService.ListServiceTokens": lambda w, o: ac.ListServiceTokensRequest(),
    "AccountService.RevokeServiceToken": lambda w, o: ac.RevokeServiceTokenRequest(
        request_id=request_id(), service_token_id=w.spare_service_token
    ),
    "AdminService.GetMesh": lambda w, o: ad.GetMeshRequest(),
    "AdminService.ListWork": lambda w, o: ad.ListWorkRequest(),
    "AdminService.RetryWork": lambda w, o: ad.RetryWorkRequest(
        request_id=request_id(), kind="answer_limit", subject_id=o.turn_id
    ),
    "AdminService.ListLlmCalls": lambda w, o: ad.ListLlmCallsRequest(interview_id=o.interview_id),
    "AdminService.GetLlmCall": lambda w, o: ad.GetLlmCallRequest(call_id=o.call_id),
    "AdminService.ReplayLlmCall": lambda w, o: ad.ReplayLlmCallRequest(call_id=o.call_id),
    "AdminService.ListAuditEntries": lambda w, o: ad.ListAuditEntriesRequest(subject=o.interview_id),
    "AdminService.ListTurnTimings": lambda w, o: ad.ListTurnTimingsRequest(interview_id=o.interview_id),
    "AdminService.ListSetAsideMessages": lambda w, o: ad.ListSetAsideMessagesRequest(),
}
