"""Takes one candidate from a résumé to a report. Judges nothing: `findings` does."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
from viva.v1 import consent_pb2, interview_pb2, resume_pb2

from deploy.demo.answers import Answers
from deploy.demo.errors import DemoError, refused
from deploy.demo.person import LANGUAGES, Person

PIECE = 512 * 1024  # bytes of a résumé in one message
SILENCE_S = 180.0  # without an event: the interview stands still
RECONNECTS = 20
RECONNECT_PAUSE_S = 0.5

AnswersFor = Callable[[list[str], list[str]], Answers]
"""The answers for these stages and these words of the résumé."""
Step = Callable[[str, int, int], None]
"""Told what is done now, how many steps of how many."""


@dataclass(frozen=True)
class Plan:
    """What one interview is made of; `language` is "ko" or "en"."""

    resume: bytes
    resume_name: str
    scenario: str
    language: str
    answers_for: AnswersFor


@dataclass
class Told:
    """One turn as its candidate saw it. Times are of a monotonic clock, seconds."""

    turn: interview_pb2.Turn
    submitted: str = ""
    waiting_since: float = 0.0
    asked_at: float = 0.0
    submitted_at: float = 0.0
    evaluated_at: float | None = None


@dataclass
class Interviewed:
    """All that an interview left behind, as the public API tells it."""

    interview: interview_pb2.Interview
    resume_s: float = 0.0
    began_at: float = 0.0
    completed_at: float = 0.0
    ended_at: float = 0.0
    turns: list[Told] = field(default_factory=list)
    events: list[interview_pb2.InterviewEvent] = field(default_factory=list)
    stored: interview_pb2.GetInterviewResponse = field(default_factory=interview_pb2.GetInterviewResponse)
    summary: interview_pb2.GetReportResponse = field(default_factory=interview_pb2.GetReportResponse)
    report: dict[str, Any] = field(default_factory=dict)
    html: bytes = b""
    parts: list[Any] = field(default_factory=list)

    @property
    def stages(self) -> list[str]:
        """In the scenario's order."""
        return [stage.id for stage in self.interview.stages]


async def conduct(person: Person, plan: Plan, step: Step) -> Interviewed:
    """The whole way. Raises DemoError where it cannot be gone to its end."""
    began = time.monotonic()
    step("résumé", 0, 1)
    resume = await upload(person, plan)
    resume_s = time.monotonic() - began
    done = Interviewed(await _created(person, plan, resume.id), resume_s)
    answers = plan.answers_for(done.stages, list(resume.skills))
    await _consent(person, done.interview.id, plan.language)
    await _answer_everything(person, done, answers, step)
    await _collect(person, done)
    return done


async def upload(person: Person, plan: Plan) -> resume_pb2.Resume:
    """The résumé, ready to be asked about."""
    meta = resume_pb2.ResumeMeta(
        request_id=uuid4().hex, file_name=plan.resume_name, language=LANGUAGES[plan.language]
    )
    pieces = [resume_pb2.UploadResumeRequest(meta=meta), *_pieces(plan.resume)]
    told = await person.call("uploading the résumé", person.resumes.UploadResume, pieces)
    resume: resume_pb2.Resume = told.resume
    request = resume_pb2.WatchResumeRequest(resume_id=resume.id)
    try:
        watching = person.resumes.WatchResume(request, timeout=SILENCE_S, metadata=await person.metadata())
        async for seen in watching:
            resume = seen.resume
    except grpc.aio.AioRpcError as error:
        raise refused("reading the résumé", error) from error
    if resume.status != resume_pb2.RESUME_STATUS_READY:
        raise DemoError(
            f"The résumé is not ready: {resume.failure_reason or 'no reason given'}. {resume.failure_text}",
            "viva logs session",
        )
    return resume


def _pieces(content: bytes) -> Iterator[resume_pb2.UploadResumeRequest]:
    for start in range(0, len(content), PIECE):
        yield resume_pb2.UploadResumeRequest(data=content[start : start + PIECE])


async def _created(person: Person, plan: Plan, resume_id: str) -> interview_pb2.Interview:
    request = interview_pb2.CreateInterviewRequest(
        request_id=uuid4().hex,
        scenario=plan.scenario,
        language=LANGUAGES[plan.language],
        resume_id=resume_id,
    )
    told = await person.call("creating the interview", person.interviews.CreateInterview, request)
    interview: interview_pb2.Interview = told.interview
    return interview


async def _consent(person: Person, interview_id: str, language: str) -> None:
    """To what is needed and nothing else."""
    asked = consent_pb2.GetConsentTextsRequest(language=LANGUAGES[language])
    texts = (await person.call("reading the consent texts", person.consents.GetConsentTexts, asked)).texts
    choices = [
        consent_pb2.ConsentChoice(purpose=each.purpose, version=each.version, granted=each.required)
        for each in texts
    ]
    request = consent_pb2.RecordConsentRequest(
        interview_id=interview_id, request_id=uuid4().hex, choices=choices
    )
    await person.call("consenting", person.consents.RecordConsent, request)


async def _answer_everything(person: Person, done: Interviewed, answers: Answers, step: Step) -> None:
    """From the start to "report.ready"."""
    interview_id = done.interview.id
    request = interview_pb2.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
    done.began_at = waiting_since = time.monotonic()
    await person.call("starting the interview", person.interviews.StartInterview, request)
    stages = len(done.stages)
    async for event in _events(person, interview_id):
        now = time.monotonic()
        done.events.append(event)
        if event.type == "question.asked":
            step(event.turn.stage_title, len(done.turns), stages)
            told = Told(event.turn, waiting_since=waiting_since, asked_at=now)
            done.turns.append(told)
            waiting_since = await _answer(person, interview_id, told, answers)
        elif event.type == "evaluation.stored":
            _turn(done, event.turn_id).evaluated_at = now
        elif event.type in ("interview.completed", "interview.ended"):
            done.completed_at = now
            step("report", stages, stages)
        elif event.type == "report.ready":
            done.ended_at = now
            step("done", stages, stages)
            return


def _turn(done: Interviewed, turn_id: str) -> Told:
    return next(told for told in done.turns if told.turn.id == turn_id)


async def _answer(person: Person, interview_id: str, told: Told, answers: Answers) -> float:
    """When the answer was submitted."""
    told.submitted = answers(told.turn)
    told.submitted_at = time.monotonic()
    request = interview_pb2.SubmitAnswerRequest(
        interview_id=interview_id,
        turn_id=told.turn.id,
        request_id=uuid4().hex,
        text=told.submitted,
        ended_by=interview_pb2.ANSWER_END_TYPED,
    )
    await person.call(f"answering {told.turn.stage_id}", person.interviews.SubmitAnswer, request)
    return told.submitted_at


async def _events(person: Person, interview_id: str) -> AsyncIterator[interview_pb2.InterviewEvent]:
    """Each event once and in order, also across a restart of the server."""
    seen = 0
    for _ in range(RECONNECTS):
        request = interview_pb2.WatchInterviewRequest(
            interview_id=interview_id, after_seq=seen, durable_only=True
        )
        watching = person.interviews.WatchInterview(request, metadata=await person.metadata())
        try:
            async for event in _spoken(watching):
                if event.seq > seen:
                    seen = event.seq
                    yield event
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise refused("watching the interview", error) from error
            await asyncio.sleep(RECONNECT_PAUSE_S)
        finally:
            watching.cancel()
    raise DemoError("The interview can no longer be watched.", "viva status; viva logs session")


async def _spoken(watching: Any) -> AsyncIterator[interview_pb2.InterviewEvent]:
    """Events alone. Raises DemoError when nothing happens for too long."""
    last = time.monotonic()
    async for message in watching:
        if message.HasField("event"):
            last = time.monotonic()
            yield message.event
        elif time.monotonic() - last > SILENCE_S:
            raise DemoError(f"Nothing has happened for {SILENCE_S:.0f} s.", "viva logs session")


async def _collect(person: Person, done: Interviewed) -> None:
    wanted = interview_pb2.GetInterviewRequest(interview_id=done.interview.id, include_turns=True)
    done.stored = await person.call("reading the interview", person.interviews.GetInterview, wanted)
    done.summary = await _report(person, done.interview.id, interview_pb2.REPORT_FORMAT_JSON)
    done.report = json.loads(done.summary.content or b"{}")
    done.html = (await _report(person, done.interview.id, interview_pb2.REPORT_FORMAT_HTML)).content
    info = interview_pb2.InterviewServiceGetInfoRequest()
    done.parts = list((await person.call("asking what runs", person.interviews.GetInfo, info)).parts)


async def _report(person: Person, interview_id: str, form: Any) -> interview_pb2.GetReportResponse:
    request = interview_pb2.GetReportRequest(interview_id=interview_id, format=form)
    told: interview_pb2.GetReportResponse = await person.call(
        "reading the report", person.interviews.GetReport, request
    )
    return told
