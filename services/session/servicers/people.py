"""Between messages about people and companies and the session's own objects. Decides nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.protobuf.message import Message
from viva.v1 import account_pb2 as pb
from viva.v1 import common_pb2

from services.runtime.auth import current_principal
from services.runtime.errors import InvalidArgument
from services.session.app import pages
from services.session.app.access import Caller, Role
from services.session.app.invitations import Invitation
from services.session.app.logins import TokenPair
from services.session.app.pages import Page
from services.session.app.people import Account
from services.session.app.service_tokens import ServiceToken
from services.session.domain.scenario import Language
from services.session.servicers import convert
from services.session.servicers.convert import timestamp

Value = TypeVar("Value")
_ROLES: Mapping[int, Role] = {
    pb.ROLE_CANDIDATE: Role.CANDIDATE,
    pb.ROLE_RECRUITER: Role.RECRUITER,
    pb.ROLE_ADMIN: Role.ADMIN,
    pb.ROLE_SERVICE: Role.SERVICE,
}


def caller() -> Caller:
    found: Caller = current_principal()
    return found


def page(message: common_pb2.PageRequest) -> Page:
    """Raises InvalidArgument."""
    return pages.requested(message.page_size, message.page_token)


def one_of(field: str, value: int, known: Mapping[int, Value]) -> Value:
    """Raises InvalidArgument for a number that stands for nothing, UNSPECIFIED included."""
    if value not in known:
        raise InvalidArgument.of(field, "is not set to a value of this contract")
    return known[value]


def role(field: str, value: int) -> Role:
    return one_of(field, value, _ROLES)


def optional_role(field: str, value: int) -> Role | None:
    return one_of(field, value, _ROLES) if value else None


def language(value: int) -> Language:
    """Korean where unspecified."""
    return convert.language(value) or Language.KO


def moment(field: str, message: Message, name: str) -> datetime | None:
    """A timestamp field of `message`, None when unset. Raises InvalidArgument."""
    if not message.HasField(name):
        return None
    stamp: Any = getattr(message, name)
    try:
        found: datetime = stamp.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument.of(field, "is not a moment of the years 1 to 9999") from error
    return found


def user_pb(account: Account) -> pb.User:
    return pb.User(
        id=str(account.id),
        email=account.email or "",
        display_name=account.display_name,
        role=pb.Role.Value(f"ROLE_{account.role.name}"),
        language=convert.language_pb(account.language),
        company_ids=[str(each) for each in account.company_ids],
        created_at=timestamp(account.created_at),
    )


def tokens_pb(tokens: TokenPair) -> pb.TokenPair:
    return pb.TokenPair(
        access_token=tokens.access_token,
        access_expires_at=timestamp(tokens.access_expires_at),
        refresh_token=tokens.refresh_token,
        refresh_expires_at=timestamp(tokens.refresh_expires_at),
    )


def invitation_pb(invitation: Invitation) -> pb.Invitation:
    return pb.Invitation(
        id=str(invitation.id),
        job_id=str(invitation.job_id),
        email=invitation.email or "",
        expires_at=timestamp(invitation.expires_at),
        accepted_at=timestamp(invitation.accepted_at),
        revoked=invitation.revoked_at is not None,
        candidate_id=str(invitation.candidate_id or ""),
    )


def service_token_pb(token: ServiceToken) -> pb.ServiceToken:
    return pb.ServiceToken(
        id=str(token.id),
        name=token.name,
        expires_at=timestamp(token.expires_at),
        revoked_at=timestamp(token.revoked_at),
        created_at=timestamp(token.created_at),
        company_id=str(token.company_id or ""),
    )
