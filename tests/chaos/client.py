"""The edge-side client as a process of its own, so that it can be killed in the midst of its calls.

Reads its orders as one JSON object from stdin, sits all its interviews to their reports, and says what
happens as JSON lines. Started again with the same orders it goes on where the one before was killed. Does not
know what is killed around it: it calls again with the same request ids until it is answered.
"""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from viva.v1 import (
    consent_pb2,
    consent_pb2_grpc,
    interview_pb2,
    interview_pb2_grpc,
    resume_pb2,
    resume_pb2_grpc,
)

from services.runtime.channel import open_channel
from services.runtime.errors import from_rpc_error

CALL_S = 5.0
PAUSE_S = (0.05, 0.25)  # between two attempts
THINK_S = 0.15  # at most, before an answer
WATCH = "/viva.v1.InterviewService/WatchInterview"
_C = grpc.StatusCode
# What a caller may meet while something restarts. Anything else is a fault.
PASSING = (_C.UNAVAILABLE, _C.UNKNOWN, _C.DEADLINE_EXCEEDED, _C.RESOURCE_EXHAUSTED, _C.ABORTED, _C.CANCELLED)


@dataclass(frozen=True)
class Orders:
    """`interviews` and `resumes` are keys: request ids and words are derived from them."""

    address: str
    token: str
    job_id: str
    invitation_id: str
    seed: int
    interviews: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What a candidate says in a turn; always the same for the same turn."""

    key: str
    number: int

    @property
    def spoken(self) -> bool:
        return (sum(map(ord, self.key)) + self.number) % 2 == 0

    @property
    def parts(self) -> tuple[str, str]:
        return (
            f"{self.key} 면접의 {self.number}번째 답입니다.",
            f"정산 배치의 처리 시간을 {self.number}시간 줄였고 로그로 원인을 찾았습니다.",
        )

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def resume_text(key: str) -> str:
    """A résumé in plain text of some twenty passages."""
    jobs = [
        f"{2000 + year}년 회사 {year}에서 결제 서버를 다시 만들어 응답 시간을 {year * 7}ms 줄였습니다. "
        f"장애 {year}건의 원인을 로그로 찾아 고쳤고 동료 {year}명과 배포를 자동화했습니다."
        for year in range(3, 23)
    ]
    return f"이름: {key}\n\n경력\n" + "\n\n".join(jobs) + "\n\n기술\nKotlin, Python, PostgreSQL\n"


def say(at: str, key: str = "", **more: Any) -> None:
    print(json.dumps({"at": at, "key": key, **more}), flush=True)


@dataclass
class Client:
    orders: Orders
    channel: grpc.aio.Channel
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random()
        self.interviews = interview_pb2_grpc.InterviewServiceStub(self.channel)
        self.consents = consent_pb2_grpc.ConsentServiceStub(self.channel)
        self.resumes = resume_pb2_grpc.ResumeServiceStub(self.channel)

    async def until_answered(self, call: Callable[[], Any]) -> Any:
        """Calls again for as long as the mesh is only passing through something."""
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    reason = from_rpc_error(error).reason
                    say("fault", what=f"{error.code().name} {reason}: {error.details()}")
                    raise
                say("hiccup", code=error.code().name)
            await asyncio.sleep(self.rng.uniform(*PAUSE_S))

    async def ask(self, method: Any, request: Any) -> Any:
        return await self.until_answered(lambda: method(request, timeout=CALL_S))

    async def everything(self) -> None:
        async with asyncio.TaskGroup() as group:
            for key in self.orders.interviews:
                group.create_task(Sitting(self, key).sit())
            for key in self.orders.resumes:
                group.create_task(self.upload(key))
        say("done")

    async def upload(self, key: str) -> None:
        content = resume_text(key).encode()

        async def pieces() -> AsyncIterator[resume_pb2.UploadResumeRequest]:
            meta = resume_pb2.ResumeMeta(request_id=f"{key}-resume", file_name=f"{key}.txt")
            yield resume_pb2.UploadResumeRequest(meta=meta)
            for start in range(0, len(content), 1024):
                yield resume_pb2.UploadResumeRequest(data=content[start : start + 1024])

        say("uploading", key)
        uploaded = await self.until_answered(lambda: self.resumes.UploadResume(pieces(), timeout=CALL_S))
        resume_id = uploaded.resume.id
        say("uploaded", key, id=resume_id)
        request = resume_pb2.GetResumeRequest(resume_id=resume_id)
        while (
            status := (await self.ask(self.resumes.GetResume, request)).resume.status
        ) != resume_pb2.RESUME_STATUS_READY:
            if status == resume_pb2.RESUME_STATUS_FAILED:
                say("fault", key, what="the résumé failed")
            await asyncio.sleep(0.1)
        say("indexed", key)


class Sitting:
    """One interview from its creation to its report."""

    def __init__(self, client: Client, key: str) -> None:
        self.client = client
        self.key = key
        self.id = ""
        self.seq = 0
        self.answered: set[str] = set()

    async def sit(self) -> None:
        await self._begin()
        await self._look()
        while not await self._watched_to_the_end():
            await asyncio.sleep(self.client.rng.uniform(*PAUSE_S))
        await self._read_report()
        say("finished", self.key)

    async def _begin(self) -> None:
        orders, stubs = self.client.orders, self.client
        request = interview_pb2.CreateInterviewRequest(
            request_id=f"{self.key}-create", job_id=orders.job_id, invitation_id=orders.invitation_id
        )
        created = (await stubs.ask(stubs.interviews.CreateInterview, request)).interview
        self.id = created.id
        say("created", self.key, id=self.id)
        if created.status != interview_pb2.INTERVIEW_STATUS_CREATED:
            return
        texts = await stubs.ask(stubs.consents.GetConsentTexts, consent_pb2.GetConsentTextsRequest())
        choices = [
            consent_pb2.ConsentChoice(purpose=each.purpose, version=each.version, granted=True)
            for each in texts.texts
            if each.required
        ]
        consent = consent_pb2.RecordConsentRequest(
            interview_id=self.id, request_id=f"{self.key}-consent", choices=choices
        )
        await stubs.ask(stubs.consents.RecordConsent, consent)
        start = interview_pb2.StartInterviewRequest(interview_id=self.id, request_id=f"{self.key}-start")
        await stubs.ask(stubs.interviews.StartInterview, start)
        say("started", self.key)

    async def _look(self) -> None:
        """Goes on where the interview stands; now and then hears it all again from its beginning."""
        request = interview_pb2.GetInterviewRequest(interview_id=self.id)
        found = (await self.client.ask(self.client.interviews.GetInterview, request)).interview
        if self.client.rng.random() < 0.5:
            return
        self.seq = found.last_seq
        await self._answer(found.current_turn)

    async def _watched_to_the_end(self) -> bool:
        request = interview_pb2.WatchInterviewRequest(
            interview_id=self.id, after_seq=self.seq, durable_only=self.client.rng.random() < 0.5
        )
        first = interview_pb2.GetInterviewRequest(interview_id=self.id)
        found = (await self.client.ask(self.client.interviews.GetInterview, first)).interview
        if found.report_state == interview_pb2.REPORT_STATE_READY and self.seq >= found.last_seq:
            return True
        try:
            async for message in self.client.interviews.WatchInterview(request):
                if message.HasField("event") and await self._happened(message.event):
                    return True
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING:
                say("fault", self.key, what=f"watch: {error.code().name} {error.details()}")
                raise
        return False

    async def _happened(self, event: interview_pb2.InterviewEvent) -> bool:
        """True when the report is there."""
        if event.seq != self.seq + 1:
            say("fault", self.key, what=f"event {event.seq} came after {self.seq}")
        self.seq = event.seq
        say(event.type, self.key, seq=event.seq)
        if event.type == "question.asked":
            await self._answer(event.turn)
        return event.type == "report.ready"

    async def _answer(self, turn: interview_pb2.Turn) -> None:
        if turn.status != interview_pb2.TURN_STATUS_ANSWERING or turn.id in self.answered:
            return
        words, client = Words(self.key, turn.number), self.client
        await asyncio.sleep(client.rng.uniform(0, THINK_S))
        text, ended_by = words.text, interview_pb2.ANSWER_END_TYPED
        if words.spoken:
            text, ended_by = "", interview_pb2.ANSWER_END_END_OF_TURN
            for position, part in enumerate(words.parts):
                segment = interview_pb2.AppendAnswerSegmentRequest(
                    interview_id=self.id, turn_id=turn.id, segment_seq=position, text=part
                )
                await client.ask(client.interviews.AppendAnswerSegment, segment)
        request = interview_pb2.SubmitAnswerRequest(
            interview_id=self.id,
            turn_id=turn.id,
            request_id=f"{self.key}-{turn.number}",
            text=text,
            ended_by=ended_by,
        )
        say("submitting", self.key, number=turn.number)
        done = await client.ask(client.interviews.SubmitAnswer, request)
        self.answered.add(turn.id)
        say("submitted", self.key, turn_id=turn.id, number=turn.number, answer_id=done.answer_id)

    async def _read_report(self) -> None:
        request = interview_pb2.GetReportRequest(interview_id=self.id)
        report = await self.client.ask(self.client.interviews.GetReport, request)
        if report.state != interview_pb2.REPORT_STATE_READY or not report.content:
            say("fault", self.key, what="the report that was announced is not there")


async def main() -> None:
    given = json.loads(sys.stdin.readline())
    orders = Orders(**{**given, "interviews": tuple(given["interviews"]), "resumes": tuple(given["resumes"])})
    async with open_channel([orders.address], token=orders.token, endless=frozenset({WATCH})) as channel:
        await Client(orders, channel).everything()


if __name__ == "__main__":
    asyncio.run(main())
