"""Who may give a résumé to a new interview."""

from uuid import uuid4

import pytest

from services.runtime.errors import NotFound
from services.session.adapters.system import SystemClock, new_id
from services.session.app.access import Caller, Role
from services.session.app.new_interviews import NewInterviews, Opening, Wish
from services.session.domain.scenario import Language

pytestmark = pytest.mark.unit

COMPANY, INVITATION = uuid4(), uuid4()


class Accepted(Exception):
    """The wish got as far as choosing a scenario."""


class Scenarios:
    async def newest(self, *_):
        raise Accepted


class Openings:
    """One job; every résumé is its candidate's own."""

    def __init__(self, invitation_id) -> None:
        self.found = Opening(COMPANY, "standard", Language.KO, True, invitation_id)

    async def opening(self, *_):
        return self.found

    async def owns_resume(self, *_):
        return True

    async def is_candidate(self, _):
        return True


async def create(caller: Caller, invitation_id) -> None:
    new = NewInterviews(None, Openings(invitation_id), Scenarios(), None, SystemClock(), new_id)
    await new.create(caller, Wish("r", candidate_id=uuid4(), job_id=uuid4(), resume_id=uuid4()))


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.SERVICE])
async def test_a_company_gets_no_resume_of_somebody_who_accepted_no_invitation(role):
    with pytest.raises(NotFound):
        await create(Caller(role, uuid4(), frozenset({COMPANY})), None)


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.SERVICE])
async def test_a_company_gets_the_resume_of_whoever_accepted_its_invitation(role):
    with pytest.raises(Accepted):
        await create(Caller(role, uuid4(), frozenset({COMPANY})), INVITATION)
