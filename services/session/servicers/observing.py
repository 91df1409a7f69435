"""Between media's messages and what is kept of them. Decides nothing."""

from typing import Any

from viva.v1 import consent_pb2, stt_pb2, vision_pb2
from viva.v1 import interview_pb2 as pb

from services.session.app import checks, refusals
from services.session.app.observing import Terms
from services.session.domain.behaviour import EXPRESSIONS, Sample, Speech
from services.session.servicers import convert

BATCH = 64  # samples
LONGEST_MS = 86_400_000  # of an answer, pauses included


def terms_pb(terms: Terms) -> pb.GetMediaTermsResponse:
    granted = [consent_pb2.ConsentPurpose.Value(f"CONSENT_PURPOSE_{each.name}") for each in terms.granted]
    return pb.GetMediaTermsResponse(
        language=convert.language_pb(terms.language),
        granted=sorted(granted),
        behaviour_policy=vision_pb2.BehaviourPolicy.Value(f"BEHAVIOUR_POLICY_{terms.policy.name}"),
        emotion=terms.emotion,
        hotwords=terms.hotwords,
        accommodations=convert.accommodations_pb(terms.accommodations),
    )


def speech(metrics: stt_pb2.SpeechMetrics) -> Speech:
    """Raises InvalidArgument."""
    ranges = {
        "loudness_dbfs": (-120, 20),
        "syllables_per_s": (0, 1_000),
        "pauses": (0, 10_000),
        "pause_total_s": (0, 86_400),
        "fillers": (0, 10_000),
        "speaking_ratio": (0, 1),
    }
    for name, (least, most) in ranges.items():
        checks.within(f"metrics.{name}", getattr(metrics, name), least, most)
    return Speech(**{name: getattr(metrics, name) for name in ranges})


def samples(request: pb.RecordObservationsRequest) -> list[Sample]:
    """Raises InvalidArgument."""
    checks.count("samples", request.samples, 1, BATCH)
    return [_sample(f"samples[{index}]", each) for index, each in enumerate(request.samples)]


def _sample(field: str, seen: vision_pb2.Observation) -> Sample:
    checks.within(f"{field}.timestamp_ms", seen.timestamp_ms, 0, LONGEST_MS)
    checks.within(f"{field}.faces", seen.faces, 0, 1_000)
    if bool(seen.faces) is not seen.face_present:
        raise refusals.invalid(f"{field}.face_present", "says whether there are faces")
    if not seen.faces:
        return Sample(seen.timestamp_ms, 0)
    shares = ("gaze_on_camera", "eye_closure", "smile", "face_x", "face_y", "face_height", "expression_score")
    for name in shares:
        checks.within(f"{field}.{name}", getattr(seen, name), 0, 1)
    pose: Any = seen.head_pose
    for name in ("yaw_deg", "pitch_deg", "roll_deg"):
        checks.within(f"{field}.head_pose.{name}", getattr(pose, name), -360, 360)
    if seen.expression and seen.expression not in EXPRESSIONS:
        raise refusals.invalid(f"{field}.expression", f"is one of {', '.join(sorted(EXPRESSIONS))}")
    return Sample(
        at_ms=seen.timestamp_ms,
        faces=seen.faces,
        gaze=seen.gaze_on_camera,
        closure=seen.eye_closure,
        yaw=pose.yaw_deg,
        pitch=pose.pitch_deg,
        roll=pose.roll_deg,
        smile=seen.smile,
        x=seen.face_x,
        y=seen.face_y,
        height=seen.face_height,
        expression=seen.expression,
        expression_score=seen.expression_score,
    )
