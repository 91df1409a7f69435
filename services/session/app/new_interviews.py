"""Who may have an interview, by which scenario, for which job."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.runtime.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.session.app import access
from services.session.app.access import Caller, Role
from services.session.app.interviews import Announcer
from services.session.app.ports import Clock, InterviewStore, NewId, Summary
from services.session.app.scenario_versions import ScenarioVersions
from services.session.domain import interview as machine
from services.session.domain.interview import Interview
from services.session.domain.scenario import Language

PRACTICE = "practice"
DEFAULT = "standard"


@dataclass(frozen=True, slots=True)
class Opening:
    """A job, and the candidate's standing invitation to it."""

    company_id: UUID
    scenario: str
    language: Language
    open: bool
    invitation_id: UUID | None


class Openings(Protocol):
    async def opening(
        self, job_id: UUID, candidate_id: UUID, invitation_id: UUID | None
    ) -> Opening | None: ...

    async def owns_resume(self, resume_id: UUID, candidate_id: UUID) -> bool: ...

    async def is_candidate(self, account_id: UUID) -> bool: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; None and "" leave it to the job, or to the standard."""

    request_id: str
    scenario: str = ""
    language: Language | None = None
    resume_id: UUID | None = None
    job_id: UUID | None = None
    invitation_id: UUID | None = None
    candidate_id: UUID | None = None
    practice: bool = False
    extra_time_factor: float = 1.0
    typed_answers: bool = False
    no_camera: bool = False
    large_captions: bool = False


class NewInterviews:
    """Creates interviews, once per request id."""

    def __init__(
        self,
        store: InterviewStore,
        openings: Openings,
        scenarios: ScenarioVersions,
        announce: Announcer,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._openings = openings
        self._scenarios = scenarios
        self._announce = announce
        self._clock = clock
        self._new_id = new_id

    async def create(self, caller: Caller, wish: Wish) -> Summary:
        candidate_id = await self._candidate(caller, wish)
        opening = await self._opening(caller, wish, candidate_id)
        if wish.resume_id and not await self._may_use(caller, wish.resume_id, candidate_id, opening):
            raise NotFound("RESUME_NOT_FOUND", "The candidate has no such résumé.", remedy="upload one first")
        interview = await self._plan(wish, candidate_id, opening)
        decision = machine.create(interview, self._clock.now())
        wanted = {"typed_answers": wish.typed_answers, "no_camera": wish.no_camera}
        accommodations = {
            "extra_time_factor": wish.extra_time_factor,
            "large_captions": wish.large_captions,
            **wanted,
        }
        summary = Summary(decision.interview, accommodations, 0, "", "", False)
        invitation_id = opening.invitation_id if opening else None
        standing = await self._store.create(decision, summary, caller.actor, wish.request_id, invitation_id)
        if standing == interview.id:
            await self._announce(decision)
        return await self._store.summary(standing)

    async def _may_use(
        self, caller: Caller, resume_id: UUID, candidate_id: UUID, opening: Opening | None
    ) -> bool:
        """A company gets a résumé with the invitation that its candidate accepted, and not before."""
        invited = opening is not None and opening.invitation_id is not None
        given = invited or caller.id == candidate_id or caller.unscoped or caller.role is Role.ADMIN
        return given and await self._openings.owns_resume(resume_id, candidate_id)

    async def _candidate(self, caller: Caller, wish: Wish) -> UUID:
        if caller.role is Role.CANDIDATE:
            own = access.require_person(caller)
            if wish.candidate_id not in (None, own):
                raise PermissionDenied("NOT_YOURS", "A candidate creates interviews for themselves only.")
            return own
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        if wish.candidate_id is None:
            raise InvalidArgument.of("candidate_id", "says for whom the interview is")
        if not await self._openings.is_candidate(wish.candidate_id):
            raise NotFound("CANDIDATE_NOT_FOUND", "There is no such candidate.")
        return wish.candidate_id

    async def _opening(self, caller: Caller, wish: Wish, candidate_id: UUID) -> Opening | None:
        if wish.job_id is None:
            if caller.role is Role.CANDIDATE or caller.unscoped or caller.role is Role.ADMIN:
                return None
            raise InvalidArgument.of("job_id", "says for which job of your company the interview is")
        opening = await self._openings.opening(wish.job_id, candidate_id, wish.invitation_id)
        # An invitation speaks for its candidate, not for whoever names both.
        invited = caller.role is Role.CANDIDATE and opening is not None and opening.invitation_id is not None
        if opening is None or not (invited or caller.acts_for(opening.company_id)):
            raise NotFound("JOB_NOT_FOUND", "There is no such job, or no invitation to it.")
        if not opening.open:
            raise FailedPrecondition("JOB_CLOSED", "This job is closed.", remedy="ask the company")
        return opening

    async def _plan(self, wish: Wish, candidate_id: UUID, opening: Opening | None) -> Interview:
        language = wish.language or (opening.language if opening else Language.KO)
        name = wish.scenario or (opening.scenario if opening else DEFAULT)
        company_id = opening.company_id if opening else None
        scenario = await self._scenarios.newest(PRACTICE if wish.practice else name, language, company_id)
        return Interview(
            id=self._new_id(),
            candidate_id=candidate_id,
            scenario=scenario.name,
            language=language,
            scenario_version=scenario.version,
            created_at=self._clock.now(),
            company_id=company_id,
            job_id=wish.job_id,
            resume_id=wish.resume_id,
            practice=wish.practice or not scenario.scored,
            extra_time_factor=wish.extra_time_factor,
        )
