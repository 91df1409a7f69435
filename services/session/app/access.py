"""Who may do what: pure decisions on a caller and a few facts about what is asked for.

Does not know how a caller proved who it is, nor where the facts come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from uuid import UUID

from services.session.app import refusals


class Role(StrEnum):
    """What a caller is."""

    CANDIDATE = "candidate"
    RECRUITER = "recruiter"
    ADMIN = "admin"
    SERVICE = "service"  # another backend
    MESH = "mesh"  # a server of this mesh, such as media
    ANONYMOUS = "anonymous"


PEOPLE = frozenset({Role.CANDIDATE, Role.RECRUITER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `id` is the account or the service token; None for the mesh and strangers.

    `company_ids`: a recruiter works for these; a service acts for these, or for all when `unscoped`.
    """

    role: Role
    id: UUID | None = None
    company_ids: frozenset[UUID] = frozenset()
    unscoped: bool = False

    @property
    def actor(self) -> str:
        """The caller in the audit log and in the memory of requests, such as "user:<id>"."""
        kind = "user" if self.role in PEOPLE else self.role.value
        if self.id is None:
            return "operator" if self.role is Role.ADMIN else kind
        return f"{kind}:{self.id}"

    def acts_for(self, company_id: UUID | None) -> bool:
        """Whether the caller stands for that company; None (no company) is only for the unscoped."""
        return self.role is Role.ADMIN or self.unscoped or company_id in self.company_ids


ANONYMOUS = Caller(Role.ANONYMOUS)
# The person at the machine's own command line.
OPERATOR = Caller(Role.ADMIN)


class _Relation(Enum):
    """How a caller stands to an interview or a company."""

    OWN = "own"
    COMPANY = "company"
    ADMIN = "admin"
    SERVICE = "service"
    MESH = "mesh"
    INVITED = "invited"


_R = _Relation
_STAFF = frozenset({_R.COMPANY, _R.ADMIN})
_RUNNERS = _STAFF | {_R.SERVICE}


class Interviewing(StrEnum):
    """What can be done with an interview."""

    READ = "read"
    CONDUCT = "conduct"  # start, answer, repeat, pause, resume, end
    SPEAK_FOR_ONESELF = "speak for"  # consent and its withdrawal, corrections, the wish for a review
    READ_CONSENTS = "read the consents of"
    READ_REPORT = "read the report of"
    RESCORE = "rescore"
    DECIDE = "decide"


class Hiring(StrEnum):
    """What can be done with a company and what belongs to it."""

    READ = "read"  # the company and a job of it
    READ_INTERNAL = "read the internals of"  # talent profiles, invitations, its own scenarios
    CHANGE = "change"
    CHANGE_MEMBERS = "change the members of"


_MAY: Mapping[Interviewing, frozenset[_Relation]] = {
    Interviewing.READ: _RUNNERS | {_R.OWN, _R.MESH},
    Interviewing.CONDUCT: frozenset({_R.OWN, _R.SERVICE, _R.MESH}),
    Interviewing.SPEAK_FOR_ONESELF: frozenset({_R.OWN}),
    Interviewing.READ_CONSENTS: _RUNNERS | {_R.OWN, _R.MESH},
    Interviewing.READ_REPORT: _RUNNERS | {_R.OWN},
    Interviewing.RESCORE: _RUNNERS,
    Interviewing.DECIDE: _STAFF,  # a human decides
}
_MAY_HIRING: Mapping[Hiring, frozenset[_Relation]] = {
    Hiring.READ: _RUNNERS | {_R.INVITED, _R.MESH},
    Hiring.READ_INTERNAL: _RUNNERS,
    Hiring.CHANGE: _RUNNERS,
    Hiring.CHANGE_MEMBERS: _STAFF,
}


def require_interview(caller: Caller, act: Interviewing, candidate_id: UUID, company_id: UUID | None) -> None:
    """Raises NotFound when the interview is not the caller's to see, PermissionDenied when not to touch."""
    relation = _to_interview(caller, candidate_id, company_id)
    _require(caller, act, _MAY[act], relation, "interview")


def require_company(
    caller: Caller, act: Hiring, company_id: UUID, *, invited: bool = False, what: str = "company"
) -> None:
    """`invited`: the candidate accepted an invitation to what is asked for. Raises as above."""
    _require(caller, act, _MAY_HIRING[act], _to_company(caller, company_id, invited), what)


def can_read_interview(caller: Caller, candidate_id: UUID, company_id: UUID | None) -> bool:
    """For lists: whether the interview exists as far as the caller is concerned."""
    return _to_interview(caller, candidate_id, company_id) in _MAY[Interviewing.READ]


def require_role(caller: Caller, *roles: Role) -> None:
    """Raises Unauthenticated for a stranger, PermissionDenied for another role."""
    if caller.role is Role.ANONYMOUS:
        raise refusals.not_signed_in()
    if caller.role not in roles:
        raise refusals.denied(f"Only {' or '.join(roles)} may do this.")


def require_admin(caller: Caller) -> None:
    require_role(caller, Role.ADMIN)


def require_operator(caller: Caller) -> None:
    """For what mends the mesh: admins, and whoever can read the mesh token on the machine itself."""
    require_role(caller, Role.ADMIN, Role.MESH)


def require_person(caller: Caller) -> UUID:
    """The caller's account; services and servers have none."""
    require_role(caller, *sorted(PEOPLE))
    if caller.id is None:
        raise refusals.denied("Only a logged-in person may do this.")
    return caller.id


def require_signed_in(caller: Caller) -> None:
    if caller.role is Role.ANONYMOUS:
        raise refusals.not_signed_in()


def _require(
    caller: Caller, act: str, allowed: frozenset[_Relation], relation: _Relation | None, what: str
) -> None:
    require_signed_in(caller)
    if relation is None:
        raise refusals.not_found(what)
    if relation not in allowed:
        raise refusals.denied(f"A {caller.role} may not {act} this {what}.")


def _to_interview(caller: Caller, candidate_id: UUID, company_id: UUID | None) -> _Relation | None:
    if caller.role is Role.MESH:
        return _R.MESH
    if caller.role is Role.CANDIDATE:
        return _R.OWN if caller.id == candidate_id else None
    return _staff(caller, company_id)


def _to_company(caller: Caller, company_id: UUID, invited: bool) -> _Relation | None:
    if caller.role is Role.MESH:
        return _R.MESH
    if caller.role is Role.CANDIDATE:
        return _R.INVITED if invited else None
    return _staff(caller, company_id)


def _staff(caller: Caller, company_id: UUID | None) -> _Relation | None:
    if not caller.acts_for(company_id):
        return None
    known = {Role.ADMIN: _R.ADMIN, Role.RECRUITER: _R.COMPANY, Role.SERVICE: _R.SERVICE}
    return known.get(caller.role)
