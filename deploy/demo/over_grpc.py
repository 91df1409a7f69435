"""The demonstration's candidate over gRPC."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.message import Message
from viva.v1 import account_pb2, interview_pb2, resume_pb2
from viva.v1.account_pb2_grpc import AccountServiceStub
from viva.v1.consent_pb2_grpc import ConsentServiceStub
from viva.v1.interview_pb2_grpc import InterviewServiceStub
from viva.v1.resume_pb2_grpc import ResumeServiceStub

from deploy.demo.errors import refused
from deploy.demo.person import CALL_TIMEOUT_S, LANGUAGES, SILENCE_S, Files, Register, Watch
from services.runtime.channel import open_channel

PIECE = 512 * 1024  # bytes of a résumé in one message
REFRESH_BEFORE = timedelta(minutes=1)
STUBS: dict[str, Any] = {
    "AccountService": AccountServiceStub,
    "ConsentService": ConsentServiceStub,
    "InterviewService": InterviewServiceStub,
    "ResumeService": ResumeServiceStub,
}


@asynccontextmanager
async def over_grpc(address: str) -> AsyncIterator[Register]:
    """`address` is the session's host:port."""
    channel = open_channel([address])

    async def register(name: str, language: str) -> GrpcPerson:
        return await GrpcPerson.register(channel, name, language)

    try:
        yield register
    finally:
        await channel.close()


class GrpcPerson:
    def __init__(self, channel: grpc.aio.Channel, tokens: account_pb2.TokenPair) -> None:
        self._stubs = {name: stub(channel) for name, stub in STUBS.items()}
        self._tokens = tokens

    @classmethod
    async def register(cls, channel: grpc.aio.Channel, name: str, language: str) -> "GrpcPerson":
        """A new account under an address that leads nowhere."""
        accounts: Any = AccountServiceStub(channel)
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

    async def call(self, what: str, rpc: str, request: Message) -> Any:
        return await self._call(what, rpc, request)

    async def upload(self, meta: resume_pb2.ResumeMeta, content: bytes) -> resume_pb2.Resume:
        pieces = _pieces(meta, content)
        resume: resume_pb2.Resume = (
            await self._call("uploading the résumé", "ResumeService.UploadResume", pieces)
        ).resume
        return resume

    async def progress(self, resume_id: str) -> AsyncIterator[resume_pb2.Resume]:
        request = resume_pb2.WatchResumeRequest(resume_id=resume_id)
        watching = self._method("ResumeService.WatchResume")(
            request, timeout=SILENCE_S, metadata=await self._identity()
        )
        try:
            async for seen in watching:
                yield seen.resume
        except grpc.aio.AioRpcError as error:
            raise refused("reading the résumé", error) from error

    async def watch(self, interview_id: str, after_seq: int) -> Watch:
        request = interview_pb2.WatchInterviewRequest(interview_id=interview_id, after_seq=after_seq)
        watching = self._method("InterviewService.WatchInterview")(request, metadata=await self._identity())
        try:
            async for message in watching:
                kind = message.WhichOneof("message")
                yield getattr(message, kind) if kind in ("event", "question_delta") else None
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise refused("watching the interview", error) from error
        finally:
            watching.cancel()

    async def files(self, interview_id: str) -> Files:
        summary = await self._report(interview_id, interview_pb2.REPORT_FORMAT_JSON)
        page = await self._report(interview_id, interview_pb2.REPORT_FORMAT_HTML)
        return Files(summary, json.loads(summary.content or b"{}"), page.content)

    async def _report(self, interview_id: str, form: Any) -> interview_pb2.GetReportResponse:
        request = interview_pb2.GetReportRequest(interview_id=interview_id, format=form)
        told: interview_pb2.GetReportResponse = await self._call(
            "reading the report", "InterviewService.GetReport", request
        )
        return told

    async def _call(self, what: str, rpc: str, request: Any) -> Any:
        """`request` is a message, or an asynchronous iterator of them to stream."""
        metadata = await self._identity()
        try:
            return await self._method(rpc)(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise refused(what, error) from error

    def _method(self, rpc: str) -> Any:
        service, _, name = rpc.partition(".")
        return getattr(self._stubs[service], name)

    async def _identity(self) -> tuple[tuple[str, str], ...]:
        """Proves who calls; a token that is about to end is replaced first."""
        ends = self._tokens.access_expires_at.ToDatetime(UTC)
        if ends - datetime.now(UTC) < REFRESH_BEFORE:
            request = account_pb2.RefreshTokensRequest(refresh_token=self._tokens.refresh_token)
            renew = self._method("AccountService.RefreshTokens")
            try:
                self._tokens = (await renew(request, timeout=CALL_TIMEOUT_S)).tokens
            except grpc.aio.AioRpcError as error:
                raise refused("renewing the login", error) from error
        return (("authorization", f"Bearer {self._tokens.access_token}"),)


async def _pieces(
    meta: resume_pb2.ResumeMeta, content: bytes
) -> AsyncIterator[resume_pb2.UploadResumeRequest]:
    yield resume_pb2.UploadResumeRequest(meta=meta)
    for start in range(0, len(content), PIECE):
        yield resume_pb2.UploadResumeRequest(data=content[start : start + PIECE])
