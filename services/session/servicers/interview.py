"""InterviewService: translates, calls, translates."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol
from uuid import UUID

from viva.v1 import interview_pb2 as pb
from viva.v1 import interview_pb2_grpc

from services.runtime.auth import current_principal
from services.runtime.capability import Capability
from services.runtime.errors import InvalidArgument
from services.runtime.logs import bind
from services.session.app import checks
from services.session.app.access import Caller, Interviewing
from services.session.app.interviews import InterviewCommands
from services.session.app.new_interviews import NewInterviews, Wish
from services.session.app.observing import Observing
from services.session.app.ports import QuestionDelta, Segment, Summary
from services.session.app.report_views import ReportViews
from services.session.app.views import Heartbeat, InterviewViews, View, Wanted
from services.session.app.withdrawals import Withdrawals
from services.session.domain.interview import AnswerEnd
from services.session.domain.scenario import Language
from services.session.servicers import convert, observing
from services.session.servicers.convert import optional_id, to_id

Context = Any  # grpc.aio.ServicerContext, whose stubs cannot be subscripted at run time

RECHECK_S = 8.0  # of a watcher's access; heartbeats come more seldom, so each of them looks
WORDS = 20_000  # longest answer, characters
UTTERANCE = 8_000
REASON = 4_000

_ENDS = {
    pb.ANSWER_END_UNSPECIFIED: AnswerEnd.TYPED,
    pb.ANSWER_END_BUTTON: AnswerEnd.BUTTON,
    pb.ANSWER_END_TYPED: AnswerEnd.TYPED,
    pb.ANSWER_END_END_OF_TURN: AnswerEnd.END_OF_TURN,
}
_DECISIONS = {pb.DECISION_ADVANCE: "advance", pb.DECISION_HOLD: "hold", pb.DECISION_DECLINE: "decline"}
_FORMATS = {
    pb.REPORT_FORMAT_UNSPECIFIED: "json",
    pb.REPORT_FORMAT_JSON: "json",
    pb.REPORT_FORMAT_HTML: "html",
}


class StillThere(Protocol):
    """Who a caller is now that was let in some time ago."""

    async def still(self, metadata: Mapping[str, str]) -> Caller:
        """Raises Unauthenticated when access has ended."""


class About(Protocol):
    """What the session runs on now."""

    async def capability(self) -> Capability: ...

    async def parts(self) -> list[Capability]: ...

    def scenarios(self) -> list[tuple[str, Language, str, str]]:
        """(name, language, version, title) of those that ship."""


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


def _text(field: str, value: str, most: int, least: int = 1) -> str:
    return checks.text(field, value, least=least, most=most, lines=True)


class InterviewServicer(interview_pb2_grpc.InterviewServiceServicer):
    def __init__(
        self,
        new: NewInterviews,
        commands: InterviewCommands,
        views: InterviewViews,
        reports: ReportViews,
        withdrawals: Withdrawals,
        observing: Observing,
        about: About,
        access: StillThere,
    ) -> None:
        self._new = new
        self._commands = commands
        self._views = views
        self._reports = reports
        self._withdrawals = withdrawals
        self._observing = observing
        self._about = about
        self._access = access

    async def _interview(self, summary: Summary) -> pb.Interview:
        return convert.interview_pb(await self._views.of(summary), _caller())

    async def CreateInterview(
        self, request: pb.CreateInterviewRequest, context: Context
    ) -> pb.CreateInterviewResponse:
        wanted = request.accommodations
        factor = wanted.extra_time_factor or 1.0
        checks.within("accommodations.extra_time_factor", factor, 1.0, 3.0)
        wish = Wish(
            request_id=checks.request_id(request.request_id),
            scenario=_text("scenario", request.scenario, 64, least=0),
            language=convert.language(request.language),
            resume_id=optional_id("resume_id", request.resume_id),
            job_id=optional_id("job_id", request.job_id),
            invitation_id=optional_id("invitation_id", request.invitation_id),
            candidate_id=optional_id("candidate_id", request.candidate_id),
            practice=request.practice,
            extra_time_factor=round(factor, 3),
            typed_answers=wanted.typed_answers,
            no_camera=wanted.no_camera,
            large_captions=wanted.large_captions,
        )
        summary = await self._new.create(_caller(), wish)
        return pb.CreateInterviewResponse(interview=await self._interview(summary))

    async def StartInterview(
        self, request: pb.StartInterviewRequest, context: Context
    ) -> pb.StartInterviewResponse:
        interview_id = _mutation(request)
        summary = await self._commands.start(_caller(), interview_id)
        return pb.StartInterviewResponse(interview=await self._interview(summary))

    async def AppendAnswerSegment(
        self, request: pb.AppendAnswerSegmentRequest, context: Context
    ) -> pb.AppendAnswerSegmentResponse:
        interview_id = _interview_id(request)
        checks.within("segment_seq", request.segment_seq, 0, 10_000)
        checks.count("words", request.words, 0, 2_000)
        segment = Segment(
            to_id("turn_id", request.turn_id),
            request.segment_seq,
            _text("text", request.text, UTTERANCE),
            tuple(_word(index, word) for index, word in enumerate(request.words)),
            observing.speech(request.metrics) if request.HasField("metrics") else None,
        )
        count = await self._commands.append_segment(_caller(), interview_id, segment)
        return pb.AppendAnswerSegmentResponse(segments=count)

    async def UpdateAnswerDraft(
        self, request: pb.UpdateAnswerDraftRequest, context: Context
    ) -> pb.UpdateAnswerDraftResponse:
        interview_id, turn_id = _interview_id(request), to_id("turn_id", request.turn_id)
        text = _text("text", request.text, WORDS, least=0)
        await self._commands.update_draft(_caller(), interview_id, turn_id, text)
        return pb.UpdateAnswerDraftResponse()

    async def SubmitAnswer(
        self, request: pb.SubmitAnswerRequest, context: Context
    ) -> pb.SubmitAnswerResponse:
        interview_id, turn_id = _mutation(request), to_id("turn_id", request.turn_id)
        if request.ended_by not in _ENDS:
            raise InvalidArgument.of("ended_by", "is BUTTON, TYPED or END_OF_TURN")
        text = _text("text", request.text, WORDS, least=0)
        done = await self._commands.submit(_caller(), interview_id, turn_id, text, _ENDS[request.ended_by])
        return pb.SubmitAnswerResponse(
            answer_id=str(done.answer_id),
            duplicate=done.duplicate,
            next_turn_id=str(done.next_turn_id or ""),
            last_seq=done.last_seq,
        )

    async def RepeatQuestion(
        self, request: pb.RepeatQuestionRequest, context: Context
    ) -> pb.RepeatQuestionResponse:
        interview_id, turn_id = _mutation(request), to_id("turn_id", request.turn_id)
        view = await self._views.get(_caller(), interview_id)
        question = view.turn.question if view.turn and view.turn.turn.id == turn_id else None
        repeated = await self._commands.repeat(_caller(), interview_id, turn_id, question)
        asked_at = view.turn.turn.asked_at if view.turn else None
        return pb.RepeatQuestionResponse(question=convert.question_pb(repeated, asked_at))

    async def PauseInterview(
        self, request: pb.PauseInterviewRequest, context: Context
    ) -> pb.PauseInterviewResponse:
        summary = await self._commands.pause(_caller(), _mutation(request))
        return pb.PauseInterviewResponse(interview=await self._interview(summary))

    async def ResumeInterview(
        self, request: pb.ResumeInterviewRequest, context: Context
    ) -> pb.ResumeInterviewResponse:
        summary = await self._commands.resume(_caller(), _mutation(request))
        return pb.ResumeInterviewResponse(interview=await self._interview(summary))

    async def WithdrawConsent(
        self, request: pb.WithdrawConsentRequest, context: Context
    ) -> pb.WithdrawConsentResponse:
        summary = await self._withdrawals.withdraw(_caller(), _mutation(request), erase=request.erase)
        return pb.WithdrawConsentResponse(interview=await self._interview(summary))

    async def CorrectTranscript(
        self, request: pb.CorrectTranscriptRequest, context: Context
    ) -> pb.CorrectTranscriptResponse:
        interview_id, answer_id = _mutation(request), to_id("answer_id", request.answer_id)
        text = _text("text", request.text, WORDS)
        answer = await self._commands.correct(_caller(), interview_id, answer_id, text)
        return pb.CorrectTranscriptResponse(answer=convert.answer_pb(answer))

    async def EndInterview(
        self, request: pb.EndInterviewRequest, context: Context
    ) -> pb.EndInterviewResponse:
        summary = await self._commands.end(_caller(), _mutation(request))
        return pb.EndInterviewResponse(interview=await self._interview(summary))

    async def WatchInterview(
        self, request: pb.WatchInterviewRequest, context: Context
    ) -> AsyncIterator[pb.WatchInterviewResponse]:
        interview_id, caller = _interview_id(request), _caller()
        checks.within("after_seq", request.after_seq, 0, 2**62)
        watching = self._views.watch(
            caller, interview_id, request.after_seq, durable_only=request.durable_only
        )
        looked = time.monotonic()
        async for seen in watching:
            if time.monotonic() - looked > RECHECK_S:
                looked, caller = time.monotonic(), await self._access.still(_metadata(context))
                await self._views.get(caller, interview_id)
            if isinstance(seen, View):
                snapshot = pb.InterviewSnapshot(interview=convert.interview_pb(seen, caller))
                yield pb.WatchInterviewResponse(snapshot=snapshot)
            elif isinstance(seen, QuestionDelta):
                yield pb.WatchInterviewResponse(question_delta=convert.delta_pb(seen))
            elif isinstance(seen, Heartbeat):
                yield pb.WatchInterviewResponse(heartbeat=pb.WatchHeartbeat())
            else:
                yield pb.WatchInterviewResponse(event=convert.event_pb(seen, interview_id))

    async def GetInterview(
        self, request: pb.GetInterviewRequest, context: Context
    ) -> pb.GetInterviewResponse:
        act = Interviewing.CONDUCT if request.to_conduct else Interviewing.READ
        view = await self._views.get(_caller(), _interview_id(request), act)
        records = await self._views.turns(view.summary.interview.id) if request.include_turns else []
        return pb.GetInterviewResponse(
            interview=convert.interview_pb(view, _caller()),
            turns=[convert.turn_pb(record, view.scenario) for record in records],
        )

    async def ListInterviews(
        self, request: pb.ListInterviewsRequest, context: Context
    ) -> pb.ListInterviewsResponse:
        if request.status not in pb.InterviewStatus.values():
            raise InvalidArgument.of("status", "is not a status of this contract")
        status = pb.InterviewStatus.Name(request.status).removeprefix("INTERVIEW_STATUS_").lower()
        wanted = Wanted(
            "" if status == "unspecified" else status,
            optional_id("job_id", request.job_id),
            optional_id("candidate_id", request.candidate_id),
        )
        page = request.page
        listed = await self._views.list_(_caller(), wanted, page.page_size, page.page_token)
        return pb.ListInterviewsResponse(
            interviews=[convert.interview_pb(view, _caller()) for view in listed.rows],
            next_page_token=listed.next_token,
        )

    async def GetReport(self, request: pb.GetReportRequest, context: Context) -> pb.GetReportResponse:
        interview_id = _interview_id(request)
        checks.within("version", request.version, 0, 100_000)
        if request.format not in _FORMATS:
            raise InvalidArgument.of("format", "is JSON or HTML")
        seen = await self._reports.get(_caller(), interview_id, request.version, _FORMATS[request.format])
        response = pb.GetReportResponse(
            state=convert.report_state(seen.summary),
            version=seen.version,
            coverage=seen.coverage,
            content=seen.content,
            content_type=seen.content_type,
        )
        if seen.total is not None:
            response.total = seen.total
        for each in seen.dimensions:
            result = response.dimensions.add(dimension_id=each.id, title=each.title, answers=each.answers)
            if each.score is not None:
                result.score = each.score
        return response

    async def ListenToRecording(
        self, request: pb.ListenToRecordingRequest, context: Context
    ) -> pb.ListenToRecordingResponse:
        agreed = await self._reports.listen(_caller(), _interview_id(request), fetching=request.fetching)
        return pb.ListenToRecordingResponse(agreed=agreed)

    async def RescoreInterview(
        self, request: pb.RescoreInterviewRequest, context: Context
    ) -> pb.RescoreInterviewResponse:
        version = await self._commands.rescore(_caller(), _mutation(request))
        return pb.RescoreInterviewResponse(version=version)

    async def RecordDecision(
        self, request: pb.RecordDecisionRequest, context: Context
    ) -> pb.RecordDecisionResponse:
        if request.decision not in _DECISIONS:
            raise InvalidArgument.of("decision", "is ADVANCE, HOLD or DECLINE")
        reason = _text("reason", request.reason, REASON)
        summary = await self._commands.decide(
            _caller(), _mutation(request), _DECISIONS[request.decision], reason
        )
        return pb.RecordDecisionResponse(interview=await self._interview(summary))

    async def RequestReview(
        self, request: pb.RequestReviewRequest, context: Context
    ) -> pb.RequestReviewResponse:
        reason = _text("reason", request.reason, REASON)
        summary = await self._commands.request_review(_caller(), _mutation(request), reason)
        return pb.RequestReviewResponse(interview=await self._interview(summary))

    async def GetMediaTerms(
        self, request: pb.GetMediaTermsRequest, context: Context
    ) -> pb.GetMediaTermsResponse:
        return observing.terms_pb(await self._observing.terms(_caller(), _interview_id(request)))

    async def RecordObservations(
        self, request: pb.RecordObservationsRequest, context: Context
    ) -> pb.RecordObservationsResponse:
        interview_id, turn_id = _interview_id(request), to_id("turn_id", request.turn_id)
        checks.within("batch_seq", request.batch_seq, 0, 100_000)
        samples = observing.samples(request)
        new = await self._observing.record(_caller(), interview_id, turn_id, request.batch_seq, samples)
        return pb.RecordObservationsResponse(duplicate=not new)

    async def GetInfo(
        self, request: pb.InterviewServiceGetInfoRequest, context: Context
    ) -> pb.InterviewServiceGetInfoResponse:
        scenarios = [
            pb.ScenarioName(name=name, language=convert.language_pb(spoken), version=version, title=title)
            for name, spoken, version, title in self._about.scenarios()
        ]
        return pb.InterviewServiceGetInfoResponse(
            capability=(await self._about.capability()).to_pb(),
            scenarios=scenarios,
            parts=[part.to_pb() for part in await self._about.parts()],
        )


def _metadata(context: Context) -> dict[str, str]:
    return {name: text for name, text in context.invocation_metadata() or () if isinstance(text, str)}


def _interview_id(request: Any) -> UUID:
    interview_id = to_id("interview_id", request.interview_id)
    bind(interview_id=str(interview_id))
    return interview_id


def _mutation(request: Any) -> UUID:
    """The interview id of a request that must carry a request id."""
    checks.request_id(request.request_id)
    return _interview_id(request)


def _word(index: int, word: pb.AnswerWord) -> dict[str, str | float]:
    text = _text(f"words[{index}].text", word.text, 100)
    checks.within(f"words[{index}].start_s", word.start_s, 0, 86_400)
    checks.within(f"words[{index}].end_s", word.end_s, word.start_s, 86_400)
    checks.within(f"words[{index}].probability", word.probability, 0, 1)
    return {"text": text, "start_s": word.start_s, "end_s": word.end_s, "probability": word.probability}
