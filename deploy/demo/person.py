"""A candidate who has just registered, and calls as such. Does not know what is called."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
from viva.v1 import account_pb2, account_pb2_grpc, common_pb2, interview_pb2_grpc, resume_pb2_grpc
from viva.v1.consent_pb2_grpc import ConsentServiceStub

from deploy.demo.errors import refused

LANGUAGES = {"ko": common_pb2.LANGUAGE_KO, "en": common_pb2.LANGUAGE_EN}
CALL_TIMEOUT_S = 60.0
REFRESH_BEFORE = timedelta(minutes=1)


class Person:
    def __init__(self, channel: grpc.aio.Channel, tokens: account_pb2.TokenPair) -> None:
        self.interviews: Any = interview_pb2_grpc.InterviewServiceStub(channel)
        self.resumes: Any = resume_pb2_grpc.ResumeServiceStub(channel)
        self.consents: Any = ConsentServiceStub(channel)
        self._accounts: Any = account_pb2_grpc.AccountServiceStub(channel)
        self._tokens = tokens

    @classmethod
    async def register(cls, channel: grpc.aio.Channel, name: str, language: str) -> "Person":
        """A new account under an address that leads nowhere."""
        accounts: Any = account_pb2_grpc.AccountServiceStub(channel)
        request = account_pb2.RegisterRequest(
            email=f"demo-{uuid4().hex}@example.com",
            password=secrets.token_urlsafe(24),
            display_name=name,
            language=LANGUAGES[language],
        )
        try:
            answer = await accounts.Register(request, timeout=CALL_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise refused("registering", error) from error
        return cls(channel, answer.tokens)

    async def call(self, what: str, method: Callable[..., Any], request: Any) -> Any:
        """One answer; raises DemoError. `request` is a message, or an iterable of them to stream."""
        metadata = await self.metadata()
        if isinstance(request, Iterable):
            request = _stream(request)
        try:
            return await method(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise refused(what, error) from error

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """Proves who calls; a token that is about to end is replaced first."""
        ends = self._tokens.access_expires_at.ToDatetime(UTC)
        if ends - datetime.now(UTC) < REFRESH_BEFORE:
            request = account_pb2.RefreshTokensRequest(refresh_token=self._tokens.refresh_token)
            try:
                self._tokens = (await self._accounts.RefreshTokens(request, timeout=CALL_TIMEOUT_S)).tokens
            except grpc.aio.AioRpcError as error:
                raise refused("renewing the login", error) from error
        return (("authorization", f"Bearer {self._tokens.access_token}"),)


async def _stream(requests: Iterable[Any]) -> AsyncIterator[Any]:
    for request in requests:
        yield request
