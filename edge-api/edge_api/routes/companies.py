"""Companies, talent profiles, jobs, scenarios and invitations: what recruiters look after."""

from edge_api.operations import Operation

_IN_COMPANY = {"company_id": "company.id"}
_PROFILE = {"company_id": "talent_profile.company_id"}
_JOB = {"company_id": "job.company_id"}

OPERATIONS = (
    Operation(
        *(
            "POST",
            "/companies",
            "CompanyService.CreateCompany",
            "Make a company; a recruiter then works for it",
        ),
        body="company",
        needs=frozenset({"name"}),
        result="company",
    ),
    Operation("GET", "/companies", "CompanyService.ListCompanies", "The companies the caller may see"),
    Operation("GET", "/companies/{company_id}", "CompanyService.GetCompany", "One company", result="company"),
    Operation(
        *("PUT", "/companies/{company_id}", "CompanyService.UpdateCompany", "Replace a company's fields"),
        body="company",
        places=_IN_COMPANY,
        needs=frozenset({"name"}),
        result="company",
    ),
    Operation(
        *("PUT", "/companies/{company_id}/members/{user_id}", "CompanyService.AddCompanyMember"),
        "Let a recruiter work for a company",
    ),
    Operation(
        *("DELETE", "/companies/{company_id}/members/{user_id}", "CompanyService.RemoveCompanyMember"),
        "End a recruiter's work for a company",
    ),
    Operation(
        *("POST", "/companies/{company_id}/talent-profiles", "CompanyService.SaveTalentProfile"),
        "Make a talent profile",
        name="create_talent_profile",
        body="talent_profile",
        places=_PROFILE,
        needs=frozenset({"name"}),
        result="talent_profile",
    ),
    Operation(
        *(
            "PUT",
            "/companies/{company_id}/talent-profiles/{talent_profile_id}",
            "CompanyService.SaveTalentProfile",
        ),
        "Replace a talent profile",
        name="update_talent_profile",
        body="talent_profile",
        places=_PROFILE | {"talent_profile_id": "talent_profile.id"},
        needs=frozenset({"name"}),
        result="talent_profile",
    ),
    Operation(
        *("GET", "/companies/{company_id}/talent-profiles", "CompanyService.ListTalentProfiles"),
        "A company's talent profiles",
    ),
    Operation(
        *("POST", "/companies/{company_id}/jobs", "CompanyService.SaveJob", "Make a job"),
        name="create_job",
        body="job",
        places=_JOB,
        needs=frozenset({"title"}),
        result="job",
    ),
    Operation(
        *("PUT", "/companies/{company_id}/jobs/{job_id}", "CompanyService.SaveJob", "Replace a job"),
        name="update_job",
        body="job",
        places=_JOB | {"job_id": "job.id"},
        needs=frozenset({"title"}),
        result="job",
    ),
    Operation("GET", "/companies/{company_id}/jobs", "CompanyService.ListJobs", "A company's jobs"),
    Operation("GET", "/jobs/{job_id}", "CompanyService.GetJob", "One job", result="job"),
    Operation(
        *("GET", "/scenarios", "CompanyService.ListScenarios"),
        "The scenarios that ship, and those of `company_id`; without their sources",
    ),
    Operation(
        *("GET", "/scenarios/{name}", "CompanyService.GetScenario"),
        "A scenario with its YAML source; not for candidates",
        text_places=frozenset({"name"}),
        result="scenario",
    ),
    Operation(
        *("POST", "/scenario-validations", "CompanyService.ValidateScenario"),
        "Check a scenario without keeping it: every problem with its line",
        needs=frozenset({"source"}),
    ),
    Operation(
        *("PUT", "/companies/{company_id}/scenarios", "CompanyService.SaveScenario"),
        "Keep a company's own scenario; a new version when it is there",
        needs=frozenset({"source"}),
        result="scenario",
    ),
    Operation(
        *("POST", "/jobs/{job_id}/invitations", "AccountService.CreateInvitations"),
        "Invite 1 to 500 addresses until a deadline; each link's secret is in `token`",
        needs=frozenset({"emails", "expires_at"}),
    ),
    Operation("GET", "/jobs/{job_id}/invitations", "AccountService.ListInvitations", "A job's invitations"),
    Operation(
        *("DELETE", "/invitations/{invitation_id}", "AccountService.RevokeInvitation"),
        "Take an invitation back",
    ),
)
