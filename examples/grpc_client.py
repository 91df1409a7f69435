"""Drives one interview with nothing but grpcio and the stubs of the viva-client wheel.

    pip install dist/viva_client-*.whl
    python grpc_client.py --address 127.0.0.1:50051 --lang en

Answers come from the terminal, one line each. Does not know how Viva works inside.
"""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from viva.v1 import (
    account_pb2,
    account_pb2_grpc,
    common_pb2,
    consent_pb2,
    consent_pb2_grpc,
    interview_pb2,
    interview_pb2_grpc,
    resume_pb2,
    resume_pb2_grpc,
)

LANGUAGES = {"ko": common_pb2.LANGUAGE_KO, "en": common_pb2.LANGUAGE_EN}
TIMEOUT_S = 30.0
PIECE = 512 * 1024  # bytes; a message holds 1 MiB at most


def main() -> None:
    options = read_options()
    with grpc.insecure_channel(options.address) as channel:
        login = Login(channel, options.token, options.lang)
        viva = Client(channel, login)
        resume_id = viva.upload(options.resume, options.lang) if options.resume else ""
        interview = viva.create(options.scenario, options.lang, resume_id)
        print(f"interview {interview.id}: {len(interview.stages)} questions", flush=True)
        viva.consent(interview.id, options.lang)
        viva.answer_all(interview.id, len(interview.stages))
        options.out.write_bytes(viva.report(interview.id))
        print(f"report: {options.out}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One interview over gRPC, answered from the terminal.")
    add = parser.add_argument
    address = os.environ.get("VIVA_SESSION_ADDRESSES", "127.0.0.1:50051").split(",")[0]
    add("--address", default=address, help="host:port of session (VIVA_SESSION_ADDRESSES)")
    add("--token", default=os.environ.get("VIVA_TOKEN"), help="a candidate's (VIVA_TOKEN)")
    add("--resume", type=Path, help="PDF, DOCX or text")
    add("--scenario", default="standard")
    add("--lang", choices=sorted(LANGUAGES), default="ko")
    add("--out", type=Path, default=Path("report.html"))
    return parser.parse_args()


class Login:
    """Proves who calls: a token that was given, or a new candidate's, renewed before it ends."""

    def __init__(self, channel: grpc.Channel, token: str | None, language: str) -> None:
        self._accounts = account_pb2_grpc.AccountServiceStub(channel)
        self._tokens = account_pb2.TokenPair(access_token=token) if token else self._register(language)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        ends = self._tokens.access_expires_at.seconds  # an access token is valid for 15 minutes
        if self._tokens.refresh_token and ends < time.time() + 60:
            request = account_pb2.RefreshTokensRequest(refresh_token=self._tokens.refresh_token)
            self._tokens = self._accounts.RefreshTokens(request, timeout=TIMEOUT_S).tokens
        return (("authorization", f"Bearer {self._tokens.access_token}"),)

    def _register(self, language: str) -> account_pb2.TokenPair:
        request = account_pb2.RegisterRequest(
            email=f"example-{uuid4().hex}@example.com",
            password=secrets.token_urlsafe(24),
            display_name="Example",
            language=LANGUAGES[language],
        )
        return self._accounts.Register(request, timeout=TIMEOUT_S).tokens


class Client:
    """The calls of one candidate, in the order in which they are made."""

    def __init__(self, channel: grpc.Channel, login: Login) -> None:
        self._login = login
        self._interviews = interview_pb2_grpc.InterviewServiceStub(channel)
        self._resumes = resume_pb2_grpc.ResumeServiceStub(channel)
        self._consents = consent_pb2_grpc.ConsentServiceStub(channel)

    def upload(self, path: Path, language: str) -> str:
        """Waits until the résumé can be asked about."""
        resume = self._call(self._resumes.UploadResume, _pieces(path, language)).resume
        request = resume_pb2.WatchResumeRequest(resume_id=resume.id)
        for seen in self._resumes.WatchResume(request, metadata=self._login.metadata()):
            resume = seen.resume
        if resume.status != resume_pb2.RESUME_STATUS_READY:
            sys.exit(f"The résumé cannot be used: {resume.failure_text}")
        return resume.id

    def create(self, scenario: str, language: str, resume_id: str) -> interview_pb2.Interview:
        request = interview_pb2.CreateInterviewRequest(
            request_id=uuid4().hex, scenario=scenario, language=LANGUAGES[language], resume_id=resume_id
        )
        return self._call(self._interviews.CreateInterview, request).interview

    def consent(self, interview_id: str, language: str) -> None:
        """To what an interview needs, in the versions now in force."""
        asked = consent_pb2.GetConsentTextsRequest(language=LANGUAGES[language])
        choices = [
            consent_pb2.ConsentChoice(purpose=each.purpose, version=each.version, granted=each.required)
            for each in self._call(self._consents.GetConsentTexts, asked).texts
        ]
        request = consent_pb2.RecordConsentRequest(
            interview_id=interview_id, request_id=uuid4().hex, choices=choices
        )
        self._call(self._consents.RecordConsent, request)

    def answer_all(self, interview_id: str, stages: int) -> None:
        """Reads an answer for every question, until the report is there."""
        start = interview_pb2.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
        self._call(self._interviews.StartInterview, start)
        for event in self._events(interview_id):
            if event.type == "question.asked":
                turn = event.turn
                print(f"\n{turn.number}/{stages} {turn.stage_title}\n{turn.question.text}", flush=True)
                self._submit(interview_id, turn.id, input("> "))
            elif event.type == "report.ready":
                return

    def report(self, interview_id: str) -> bytes:
        request = interview_pb2.GetReportRequest(
            interview_id=interview_id, format=interview_pb2.REPORT_FORMAT_HTML
        )
        return self._call(self._interviews.GetReport, request).content

    def _events(self, interview_id: str) -> Iterator[interview_pb2.InterviewEvent]:
        """Each once and in order: a broken stream is taken up after the last number seen."""
        seen = 0
        while True:
            request = interview_pb2.WatchInterviewRequest(
                interview_id=interview_id, after_seq=seen, durable_only=True
            )
            try:
                for message in self._interviews.WatchInterview(request, metadata=self._login.metadata()):
                    if message.HasField("event") and message.event.seq > seen:
                        seen = message.event.seq
                        yield message.event
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                time.sleep(1)

    def _submit(self, interview_id: str, turn_id: str, text: str) -> None:
        request = interview_pb2.SubmitAnswerRequest(
            interview_id=interview_id,
            turn_id=turn_id,
            request_id=uuid4().hex,
            text=text,
            ended_by=interview_pb2.ANSWER_END_TYPED,
        )
        self._call(self._interviews.SubmitAnswer, request)

    def _call(self, method: Callable[..., Any], request: object) -> Any:
        return method(request, timeout=TIMEOUT_S, metadata=self._login.metadata())


def _pieces(path: Path, language: str) -> Iterator[resume_pb2.UploadResumeRequest]:
    meta = resume_pb2.ResumeMeta(request_id=uuid4().hex, file_name=path.name, language=LANGUAGES[language])
    yield resume_pb2.UploadResumeRequest(meta=meta)
    content = path.read_bytes()
    for start in range(0, len(content), PIECE):
        yield resume_pb2.UploadResumeRequest(data=content[start : start + PIECE])


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
