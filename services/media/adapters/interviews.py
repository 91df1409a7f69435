"""`Interviews` by the session, with the mesh's own token. Knows no audio and no turn-taking."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import grpc
import structlog
from viva.v1 import common_pb2, consent_pb2, interview_pb2_grpc, stt_pb2, vision_pb2
from viva.v1 import interview_pb2 as pb

from services.media.adapters.errors import translated
from services.media.conversation.ports import (
    Consent,
    Ending,
    Language,
    Metrics,
    Observation,
    Phase,
    Piece,
    Policy,
    Standing,
    Terms,
    Turn,
    Utterance,
    Word,
)
from services.media.conversation.retries import LATER
from services.runtime.errors import Internal, InvalidArgument

log = structlog.get_logger()
ENDLESS = frozenset({"/viva.v1.InterviewService/WatchInterview"})
CALL_S = 5.0
SEEN_S = 2.0  # what was seen holds up no answer
AGAIN_S = 0.5
LONGEST_TEXT, LONGEST_WORD, MOST_WORDS, DAY_S = 8000, 100, 2000, 86_400

_CONSENTS = {
    consent_pb2.CONSENT_PURPOSE_AUDIO: Consent.AUDIO,
    consent_pb2.CONSENT_PURPOSE_VIDEO: Consent.VIDEO,
    consent_pb2.CONSENT_PURPOSE_RECORDING: Consent.RECORDING,
}
_POLICIES = {
    vision_pb2.BEHAVIOUR_POLICY_OBSERVE: Policy.OBSERVE,
    vision_pb2.BEHAVIOUR_POLICY_SCORED: Policy.SCORED,
}
_PHASES = {
    pb.TURN_STATUS_ASKING: Phase.ASKING,
    pb.TURN_STATUS_ANSWERING: Phase.ANSWERING,
    pb.TURN_STATUS_CLOSED: Phase.CLOSED,
}
_ENDINGS = {Ending.BUTTON: pb.ANSWER_END_BUTTON, Ending.END_OF_TURN: pb.ANSWER_END_END_OF_TURN}
_OVER = (pb.INTERVIEW_STATUS_COMPLETED, pb.INTERVIEW_STATUS_ENDED, pb.INTERVIEW_STATUS_WITHDRAWN)


class GrpcInterviews:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: Any = interview_pb2_grpc.InterviewServiceStub(channel)

    async def terms(self, interview_id: str) -> Terms:
        with translated():
            request = pb.GetMediaTermsRequest(interview_id=interview_id)
            return _terms(await self._stub.GetMediaTerms(request, timeout=CALL_S))

    async def follow(self, interview_id: str) -> AsyncGenerator[Standing | Piece, None]:
        watched = _Watched()
        while True:
            try:
                async with aclosing(self._watch(interview_id, watched.seq)) as messages:
                    async for message in messages:
                        if (news := watched.news(message)) is not None:
                            yield news
            except (*LATER, Internal) as error:
                log.info("watch.lost", interview_id=interview_id, reason=error.reason)
            await asyncio.sleep(AGAIN_S)

    async def _watch(
        self, interview_id: str, after_seq: int
    ) -> AsyncGenerator[pb.WatchInterviewResponse, None]:
        request = pb.WatchInterviewRequest(interview_id=interview_id, after_seq=after_seq)
        call = self._stub.WatchInterview(request)
        try:
            with translated():
                async for message in call:
                    yield message
        finally:
            call.cancel()

    async def append(self, interview_id: str, turn_id: str, number: int, said: Utterance) -> None:
        """What was said is worth more than when and how: it is stored without, where they are refused."""
        text = said.text[:LONGEST_TEXT]
        request = pb.AppendAnswerSegmentRequest(
            interview_id=interview_id, turn_id=turn_id, segment_seq=number, text=text
        )
        words = [_word(each) for each in said.words[:MOST_WORDS] if each.text.strip()]
        detailed = pb.AppendAnswerSegmentRequest(words=words, metrics=_metrics(said.metrics))
        detailed.MergeFrom(request)
        try:
            with translated():
                await self._stub.AppendAnswerSegment(detailed, timeout=CALL_S)
        except InvalidArgument as error:
            log.warning("segment.plain", interview_id=interview_id, fields=",".join(error.violations))
            with translated():
                await self._stub.AppendAnswerSegment(request, timeout=CALL_S)

    async def submit(self, interview_id: str, turn_id: str, ending: Ending) -> None:
        request = pb.SubmitAnswerRequest(
            interview_id=interview_id,
            turn_id=turn_id,
            request_id=f"media-{turn_id}",
            ended_by=_ENDINGS[ending],
        )
        with translated():
            await self._stub.SubmitAnswer(request, timeout=CALL_S)

    async def observe(
        self, interview_id: str, turn_id: str, number: int, seen: Sequence[Observation]
    ) -> None:
        request = pb.RecordObservationsRequest(
            interview_id=interview_id, turn_id=turn_id, batch_seq=number, samples=map(_sample, seen)
        )
        with translated():
            await self._stub.RecordObservations(request, timeout=SEEN_S)


class _Watched:
    """What one interview's watches have told so far: events before `seq` are in the snapshot."""

    def __init__(self) -> None:
        self.seq = 0

    def news(self, message: pb.WatchInterviewResponse) -> Standing | Piece | None:
        match message.WhichOneof("message"):
            case "snapshot":
                interview = message.snapshot.interview
                self.seq = max(self.seq, interview.last_seq)
                turn = interview.current_turn if interview.HasField("current_turn") else None
                return _standing(turn, interview.status, live=False)
            case "event" if message.event.seq > self.seq:
                event = message.event
                self.seq = event.seq
                return _standing(event.turn if event.HasField("turn") else None, event.status, live=True)
            case "question_delta":
                delta = message.question_delta
                return Piece(delta.turn_id, delta.generation, delta.text)
            case _:
                return None


def _terms(answer: pb.GetMediaTermsResponse) -> Terms:
    english = answer.language == common_pb2.LANGUAGE_EN
    return Terms(
        language=Language.ENGLISH if english else Language.KOREAN,
        granted=frozenset(_CONSENTS[each] for each in answer.granted if each in _CONSENTS),
        policy=_POLICIES.get(answer.behaviour_policy, Policy.OFF),
        emotion=answer.emotion,
        hotwords=tuple(answer.hotwords),
        no_camera=answer.accommodations.no_camera,
    )


def _standing(turn: pb.Turn | None, status: int, *, live: bool) -> Standing:
    return Standing(
        turn=_turn(turn, live=live) if turn is not None and turn.status in _PHASES else None,
        paused=status == pb.INTERVIEW_STATUS_PAUSED,
        over=status in _OVER,
        withdrawn=status == pb.INTERVIEW_STATUS_WITHDRAWN,
    )


def _turn(turn: pb.Turn, *, live: bool) -> Turn:
    return Turn(
        id=turn.id,
        number=turn.number,
        phase=_PHASES[turn.status],
        question=turn.question.text if turn.HasField("question") else turn.partial_question,
        generation=turn.generation,
        patience_ms=turn.patience_ms,
        answering_s=0.0 if live else _answering_s(turn),
        segments=turn.segments,
    )


def _answering_s(turn: pb.Turn) -> float:
    """Between machines whose clocks agree to a second or so."""
    if not turn.question.HasField("asked_at"):
        return 0.0
    asked_at = turn.question.asked_at
    return min(max(0.0, time.time() - asked_at.seconds - asked_at.nanos / 1e9), DAY_S / 2)


def _metrics(metrics: Metrics) -> stt_pb2.SpeechMetrics:
    return stt_pb2.SpeechMetrics(
        loudness_dbfs=metrics.loudness_dbfs,
        syllables_per_s=metrics.syllables_per_s,
        pauses=metrics.pauses,
        pause_total_s=metrics.pause_total_s,
        fillers=metrics.fillers,
        speaking_ratio=metrics.speaking_ratio,
    )


def _word(word: Word) -> pb.AnswerWord:
    start_s = min(max(0.0, word.start_s), DAY_S)
    return pb.AnswerWord(
        text=word.text[:LONGEST_WORD],
        start_s=start_s,
        end_s=min(max(start_s, word.end_s), DAY_S),
        probability=min(max(0.0, word.probability), 1.0),
    )


def _sample(seen: Observation) -> vision_pb2.Observation:
    return vision_pb2.Observation(
        timestamp_ms=seen.at_ms,
        face_present=seen.faces > 0,
        faces=seen.faces,
        gaze_on_camera=seen.gaze_on_camera,
        eye_closure=seen.eye_closure,
        head_pose=vision_pb2.HeadPose(yaw_deg=seen.yaw_deg, pitch_deg=seen.pitch_deg, roll_deg=seen.roll_deg),
        smile=seen.smile,
        face_x=seen.face_x,
        face_y=seen.face_y,
        face_height=seen.face_height,
        expression=seen.expression,
        expression_score=seen.expression_score,
    )
