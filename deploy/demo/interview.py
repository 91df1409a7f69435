"""Takes one candidate from a résumé to a report. Judges nothing: `findings` does."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from viva.v1 import consent_pb2, interview_pb2, resume_pb2

from deploy.demo.answers import Answers
from deploy.demo.errors import DemoError
from deploy.demo.person import LANGUAGES, SILENCE_S, News, Person, Watch
from deploy.demo.room import Room, Told
from deploy.demo.typed import Typed

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
    room: Room = field(default_factory=Typed)


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
    pdf: bytes | None = None
    absent: str = ""
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
    await consent(person, done.interview.id, plan)
    await _answer_everything(person, done, plan.room, answers, step)
    await _collect(person, done)
    return done


async def upload(person: Person, plan: Plan) -> resume_pb2.Resume:
    """The résumé, ready to be asked about."""
    meta = resume_pb2.ResumeMeta(
        request_id=uuid4().hex, file_name=plan.resume_name, language=LANGUAGES[plan.language]
    )
    resume = await person.upload(meta, plan.resume)
    async for seen in person.progress(resume.id):
        resume = seen
    if resume.status != resume_pb2.RESUME_STATUS_READY:
        raise DemoError(
            f"The résumé is not ready: {resume.failure_reason or 'no reason given'}. {resume.failure_text}",
            "viva logs session",
        )
    return resume


async def _created(person: Person, plan: Plan, resume_id: str) -> interview_pb2.Interview:
    request = interview_pb2.CreateInterviewRequest(
        request_id=uuid4().hex,
        scenario=plan.scenario,
        language=LANGUAGES[plan.language],
        resume_id=resume_id,
    )
    told = await person.call("creating the interview", "InterviewService.CreateInterview", request)
    interview: interview_pb2.Interview = told.interview
    return interview


async def consent(person: Person, interview_id: str, plan: Plan) -> None:
    """To what is needed and nothing else."""
    asked = consent_pb2.GetConsentTextsRequest(language=LANGUAGES[plan.language])
    texts = (await person.call("reading the consent texts", "ConsentService.GetConsentTexts", asked)).texts
    choices = [
        consent_pb2.ConsentChoice(
            purpose=each.purpose,
            version=each.version,
            granted=each.required or each.purpose in plan.room.consents,
        )
        for each in texts
    ]
    request = consent_pb2.RecordConsentRequest(
        interview_id=interview_id, request_id=uuid4().hex, choices=choices
    )
    await person.call("consenting", "ConsentService.RecordConsent", request)


async def _answer_everything(
    person: Person, done: Interviewed, room: Room, answers: Answers, step: Step
) -> None:
    """From the start to "report.ready"."""
    interview_id = done.interview.id
    request = interview_pb2.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
    seen = Seen(done, step, waiting_since=time.monotonic())
    done.began_at = seen.waiting_since
    await person.call("starting the interview", "InterviewService.StartInterview", request)
    async with (
        room.enter(person, interview_id, answers) as answer,
        arriving(_news(person, interview_id)) as news,
    ):
        async for now, each in news:
            if isinstance(each, interview_pb2.QuestionDelta):
                seen.word(each, now)
                continue
            told = seen.event(each, now)
            if told is not None:
                await answer(told)
            if each.type == "report.ready":
                return


@dataclass
class Seen:
    """Puts what arrives into its place, with its time."""

    done: Interviewed
    step: Step
    waiting_since: float
    _words: dict[str, float] = field(default_factory=dict)

    def word(self, delta: interview_pb2.QuestionDelta, now: float) -> None:
        self._words.setdefault(delta.turn_id, now)

    def event(self, event: interview_pb2.InterviewEvent, now: float) -> Told | None:
        """A turn whose question was asked just now."""
        done, stages = self.done, len(self.done.stages)
        done.events.append(event)
        if event.type == "question.asked":
            self.step(event.turn.stage_title, len(done.turns), stages)
            first = self._words.get(event.turn.id, now)
            told = Told(event.turn, waiting_since=self.waiting_since, asked_at=now, first_word_at=first)
            done.turns.append(told)
            return told
        if event.type == "answer.accepted":
            told = _turn(done, event.turn_id)
            self.waiting_since = told.submitted_at = told.submitted_at or now
            told.submitted = told.submitted or event.turn.answer.text
        elif event.type == "evaluation.stored":
            _turn(done, event.turn_id).evaluated_at = now
        elif event.type in ("interview.completed", "interview.ended"):
            done.completed_at = now
            self.step("report", stages, stages)
        elif event.type == "report.ready":
            done.ended_at = now
            self.step("done", stages, stages)
        return None


@asynccontextmanager
async def arriving(news: AsyncGenerator[News]) -> AsyncIterator[AsyncIterator[tuple[float, News]]]:
    """Each with the moment of its arrival, whatever its reader does meanwhile."""
    queue: asyncio.Queue[tuple[float, News] | BaseException] = asyncio.Queue()

    async def read() -> None:
        try:
            async with aclosing(news):
                async for each in news:
                    queue.put_nowait((time.monotonic(), each))
        except Exception as error:
            queue.put_nowait(error)

    async def told() -> AsyncIterator[tuple[float, News]]:
        while not isinstance(each := await queue.get(), BaseException):
            yield each
        raise each

    reading = asyncio.create_task(read())
    try:
        yield told()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _turn(done: Interviewed, turn_id: str) -> Told:
    return next(told for told in done.turns if told.turn.id == turn_id)


async def _news(person: Person, interview_id: str) -> AsyncGenerator[News]:
    """Each event once and in order, also across a restart of the server; and words of questions."""
    seen = 0
    for _ in range(RECONNECTS):
        async with aclosing(person.watch(interview_id, seen)) as watching:
            async for each in _heard(watching):
                if isinstance(each, interview_pb2.QuestionDelta):
                    yield each
                elif each.seq > seen:
                    seen = each.seq
                    yield each
        await asyncio.sleep(RECONNECT_PAUSE_S)
    raise DemoError("The interview can no longer be watched.", "viva status; viva logs session")


async def _heard(watching: Watch) -> AsyncIterator[News]:
    """Without signs of life. Raises DemoError when nothing happens for too long."""
    last = time.monotonic()
    async for event in watching:
        if event is not None:
            last = time.monotonic()
            yield event
        elif time.monotonic() - last > SILENCE_S:
            raise DemoError(f"Nothing has happened for {SILENCE_S:.0f} s.", "viva logs session")


async def _collect(person: Person, done: Interviewed) -> None:
    wanted = interview_pb2.GetInterviewRequest(interview_id=done.interview.id, include_turns=True)
    done.stored = await person.call("reading the interview", "InterviewService.GetInterview", wanted)
    files = await person.files(done.interview.id)
    done.summary, done.report = files.summary, files.report
    done.html, done.pdf, done.absent = files.html, files.pdf, files.absent
    info = interview_pb2.InterviewServiceGetInfoRequest()
    done.parts = list((await person.call("asking what runs", "InterviewService.GetInfo", info)).parts)
