"""AccountService: translates, calls, translates."""

from collections.abc import AsyncIterator
from typing import Any, Protocol
from uuid import UUID

from viva.v1 import account_pb2 as pb
from viva.v1 import account_pb2_grpc
from viva.v1.common_pb2 import PageRequest

from services.runtime.auth import current_principal
from services.session.app import access, checks, pages, refusals
from services.session.app.access import Caller, Role
from services.session.app.accounts import Accounts, NewAccount
from services.session.app.invitations import Invitation, Invitations
from services.session.app.logins import Logins, TokenPair
from services.session.app.people import Account
from services.session.app.service_tokens import ServiceToken, ServiceTokens
from services.session.domain.scenario import Language
from services.session.servicers import convert
from services.session.servicers.convert import optional_id, timestamp, to_id

Context = Any

_ROLES = {
    pb.ROLE_CANDIDATE: Role.CANDIDATE,
    pb.ROLE_RECRUITER: Role.RECRUITER,
    pb.ROLE_ADMIN: Role.ADMIN,
}


class PrivacyUse(Protocol):
    """A person's right to their data."""

    def export(self, account_id: UUID) -> AsyncIterator[bytes]: ...

    async def erase_account(self, account_id: UUID, actor: str) -> list[str]:
        """What could not be reached yet."""


class AccountServicer(account_pb2_grpc.AccountServiceServicer):
    def __init__(
        self,
        accounts: Accounts,
        logins: Logins,
        invitations: Invitations,
        service_tokens: ServiceTokens,
        privacy: PrivacyUse,
    ) -> None:
        self._accounts = accounts
        self._logins = logins
        self._invitations = invitations
        self._service_tokens = service_tokens
        self._privacy = privacy

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:
        new = NewAccount(
            request.email, request.password, request.display_name, language=_language(request.language)
        )
        account, tokens = await self._accounts.register(new)
        return pb.RegisterResponse(user=_user(account), tokens=_tokens(tokens))

    async def LogIn(self, request: pb.LogInRequest, context: Context) -> pb.LogInResponse:
        account, tokens = await self._logins.log_in(request.email, request.password)
        return pb.LogInResponse(user=_user(account), tokens=_tokens(tokens))

    async def RefreshTokens(
        self, request: pb.RefreshTokensRequest, context: Context
    ) -> pb.RefreshTokensResponse:
        return pb.RefreshTokensResponse(tokens=_tokens(await self._logins.refresh(request.refresh_token)))

    async def LogOut(self, request: pb.LogOutRequest, context: Context) -> pb.LogOutResponse:
        await self._logins.log_out(_caller(), request.refresh_token, request.everywhere)
        return pb.LogOutResponse()

    async def GetMe(self, request: pb.GetMeRequest, context: Context) -> pb.GetMeResponse:
        return pb.GetMeResponse(user=_user(await self._accounts.me(_caller())))

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: Context
    ) -> pb.ChangePasswordResponse:
        await self._logins.change_password(_caller(), request.old_password, request.new_password)
        return pb.ChangePasswordResponse()

    async def CreateInvitations(
        self, request: pb.CreateInvitationsRequest, context: Context
    ) -> pb.CreateInvitationsResponse:
        until = convert.moment("expires_at", request.expires_at if request.HasField("expires_at") else None)
        made = await self._invitations.create(
            _caller(), request.request_id, to_id("job_id", request.job_id), request.emails, until
        )
        created = [pb.CreatedInvitation(invitation=_invitation(each), token=token) for each, token in made]
        return pb.CreateInvitationsResponse(invitations=created)

    async def ListInvitations(
        self, request: pb.ListInvitationsRequest, context: Context
    ) -> pb.ListInvitationsResponse:
        job_id = to_id("job_id", request.job_id)
        listed = await self._invitations.of_job(_caller(), job_id, _page(request.page))
        found = [_invitation(each) for each in listed.rows]
        return pb.ListInvitationsResponse(invitations=found, next_page_token=listed.next_token)

    async def RevokeInvitation(
        self, request: pb.RevokeInvitationRequest, context: Context
    ) -> pb.RevokeInvitationResponse:
        invitation_id = to_id("invitation_id", request.invitation_id)
        await self._invitations.revoke(_caller(), request.request_id, invitation_id)
        return pb.RevokeInvitationResponse()

    async def GetInvitation(
        self, request: pb.GetInvitationRequest, context: Context
    ) -> pb.GetInvitationResponse:
        offer = await self._invitations.look_up(request.token)
        shown = _invitation(offer.invitation)
        shown.candidate_id = ""  # whoever holds a link learns what it offers, not who took it
        return pb.GetInvitationResponse(
            invitation=shown,
            company_name=offer.company_name,
            job_title=offer.job_title,
        )

    async def AcceptInvitation(
        self, request: pb.AcceptInvitationRequest, context: Context
    ) -> pb.AcceptInvitationResponse:
        invitation, account, tokens = await self._invitations.accept(
            _caller(), request.token, request.password, request.display_name
        )
        return pb.AcceptInvitationResponse(
            invitation=_invitation(invitation),
            user=_user(account),
            tokens=_tokens(tokens) if tokens else None,
        )

    async def ExportMyData(
        self, request: pb.ExportMyDataRequest, context: Context
    ) -> AsyncIterator[pb.ExportMyDataResponse]:
        async for data in self._privacy.export(access.require_person(_caller())):
            yield pb.ExportMyDataResponse(data=data)

    async def EraseMyData(self, request: pb.EraseMyDataRequest, context: Context) -> pb.EraseMyDataResponse:
        checks.request_id(request.request_id)
        account = await self._logins.confirm(_caller(), request.password)
        return pb.EraseMyDataResponse(pending=await self._privacy.erase_account(account.id, _caller().actor))

    async def CreateUser(self, request: pb.CreateUserRequest, context: Context) -> pb.CreateUserResponse:
        new = NewAccount(
            request.email,
            request.password,
            request.display_name,
            _role(request.role),
            _language(request.language),
        )
        account = await self._accounts.create_user(_caller(), request.request_id, new)
        return pb.CreateUserResponse(user=_user(account))

    async def ListUsers(self, request: pb.ListUsersRequest, context: Context) -> pb.ListUsersResponse:
        role = _role(request.role) if request.role else None
        listed = await self._accounts.list_users(_caller(), role, _page(request.page))
        return pb.ListUsersResponse(users=map(_user, listed.rows), next_page_token=listed.next_token)

    async def SetUserRole(self, request: pb.SetUserRoleRequest, context: Context) -> pb.SetUserRoleResponse:
        user_id = to_id("user_id", request.user_id)
        account = await self._accounts.set_role(_caller(), request.request_id, user_id, _role(request.role))
        return pb.SetUserRoleResponse(user=_user(account))

    async def IssueServiceToken(
        self, request: pb.IssueServiceTokenRequest, context: Context
    ) -> pb.IssueServiceTokenResponse:
        token, signed = await self._service_tokens.issue(
            _caller(),
            request.request_id,
            request.name,
            request.valid_days,
            optional_id("company_id", request.company_id),
        )
        return pb.IssueServiceTokenResponse(service_token=_service_token(token), token=signed)

    async def ListServiceTokens(
        self, request: pb.ListServiceTokensRequest, context: Context
    ) -> pb.ListServiceTokensResponse:
        listed = await self._service_tokens.list_(_caller(), _page(request.page))
        found = [_service_token(each) for each in listed.rows]
        return pb.ListServiceTokensResponse(service_tokens=found, next_page_token=listed.next_token)

    async def RevokeServiceToken(
        self, request: pb.RevokeServiceTokenRequest, context: Context
    ) -> pb.RevokeServiceTokenResponse:
        token_id = to_id("service_token_id", request.service_token_id)
        await self._service_tokens.revoke(_caller(), request.request_id, token_id)
        return pb.RevokeServiceTokenResponse()


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


def _page(page: PageRequest) -> pages.Page:
    return pages.requested(page.page_size, page.page_token)


def _language(value: int) -> Language:
    return convert.language(value) or Language.KO


def _role(value: int) -> Role:
    if value not in _ROLES:
        raise refusals.invalid("role", "is CANDIDATE, RECRUITER or ADMIN")
    return _ROLES[value]  # type: ignore[index]


def _user(account: Account) -> pb.User:
    return pb.User(
        id=str(account.id),
        email=account.email or "",
        display_name=account.display_name,
        role=pb.Role.Value(f"ROLE_{account.role.name}"),
        language=convert.language_pb(account.language),
        company_ids=[str(each) for each in account.company_ids],
        created_at=timestamp(account.created_at),
    )


def _tokens(tokens: TokenPair) -> pb.TokenPair:
    return pb.TokenPair(
        access_token=tokens.access_token,
        access_expires_at=timestamp(tokens.access_expires_at),
        refresh_token=tokens.refresh_token,
        refresh_expires_at=timestamp(tokens.refresh_expires_at),
    )


def _invitation(invitation: Invitation) -> pb.Invitation:
    return pb.Invitation(
        id=str(invitation.id),
        job_id=str(invitation.job_id),
        email=invitation.email or "",
        expires_at=timestamp(invitation.expires_at),
        accepted_at=timestamp(invitation.accepted_at),
        revoked=invitation.revoked_at is not None,
        candidate_id=str(invitation.candidate_id or ""),
    )


def _service_token(token: ServiceToken) -> pb.ServiceToken:
    return pb.ServiceToken(
        id=str(token.id),
        name=token.name,
        expires_at=timestamp(token.expires_at),
        revoked_at=timestamp(token.revoked_at),
        created_at=timestamp(token.created_at),
        company_id=str(token.company_id or ""),
    )
