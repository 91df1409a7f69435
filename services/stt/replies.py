"""Writes what an engine heard to the wire. Knows no engine and no request."""

from viva.v1 import common_pb2
from viva.v1 import stt_pb2 as pb

from services.stt.engine import (
    Acknowledged,
    EndOfTurn,
    Final,
    Language,
    Partial,
    SpeechEnded,
    SpeechStarted,
    StreamEvent,
    Transcript,
)

_LANGUAGES = {
    None: common_pb2.LANGUAGE_UNSPECIFIED,
    Language.KOREAN: common_pb2.LANGUAGE_KO,
    Language.ENGLISH: common_pb2.LANGUAGE_EN,
}


def event_to_pb(event: StreamEvent) -> pb.StreamingRecognizeResponse:
    match event:
        case Partial(committed, unstable, offset):
            partial = pb.PartialHypothesis(committed=committed, unstable=unstable, decoded_offset=offset)
            return pb.StreamingRecognizeResponse(partial=partial)
        case Final():
            return pb.StreamingRecognizeResponse(final=final_to_pb(event))
        case SpeechStarted(offset):
            return pb.StreamingRecognizeResponse(speech_started=pb.SpeechStarted(offset=offset))
        case SpeechEnded(offset):
            return pb.StreamingRecognizeResponse(speech_ended=pb.SpeechEnded(offset=offset))
        case EndOfTurn(end, waited, rule):
            turn = pb.EndOfTurn(speech_end_offset=end, waited_ms=waited, rule=rule)
            return pb.StreamingRecognizeResponse(end_of_turn=turn)
        case Acknowledged(offset):
            return pb.StreamingRecognizeResponse(ack=pb.AudioAck(processed_offset=offset))


def final_to_pb(final: Final) -> pb.FinalHypothesis:
    metrics = final.metrics
    return pb.FinalHypothesis(
        text=final.text,
        words=[
            pb.Word(text=word.text, start_s=word.start_s, end_s=word.end_s, probability=word.probability)
            for word in final.words
        ],
        metrics=pb.SpeechMetrics(
            loudness_dbfs=metrics.loudness_dbfs,
            syllables_per_s=metrics.syllables_per_s,
            pauses=metrics.pauses,
            pause_total_s=metrics.pause_total_s,
            fillers=metrics.fillers,
            speaking_ratio=metrics.speaking_ratio,
        ),
        start_offset=final.start_offset,
        end_offset=final.end_offset,
        avg_log_prob=final.avg_log_prob,
        language=_LANGUAGES[final.language],
    )


def result_to_pb(transcript: Transcript) -> pb.RecognizeResult:
    return pb.RecognizeResult(
        text=transcript.text,
        utterances=[final_to_pb(final) for final in transcript.utterances],
        duration_s=transcript.duration_s,
    )
