"""What media may send of faces and voices, at the edges of every range."""

import pytest
from viva.v1 import interview_pb2 as pb
from viva.v1.stt_pb2 import SpeechMetrics
from viva.v1.vision_pb2 import HeadPose, Observation

from services.runtime.errors import InvalidArgument
from services.session.domain.behaviour import Sample, Speech
from services.session.servicers import observing

pytestmark = pytest.mark.unit
FACE = {"face_present": True, "faces": 1}
NAN = float("nan")


def batch(*seen: Observation) -> pb.RecordObservationsRequest:
    return pb.RecordObservationsRequest(samples=seen)


def test_a_look_at_a_face_comes_through_whole() -> None:
    pose = HeadPose(yaw_deg=-10, pitch_deg=5, roll_deg=1)
    shares = {"gaze_on_camera": 0.5, "eye_closure": 0.25, "smile": 1, "face_x": 0.5, "face_y": 0.75}
    seen = Observation(
        timestamp_ms=200,
        **FACE,
        **shares,
        face_height=0.5,
        head_pose=pose,
        expression="happy",
        expression_score=0.5,
    )
    expected = Sample(200, 1, 0.5, 0.25, -10, 5, 1, 1, 0.5, 0.75, 0.5, "happy", 0.5)
    assert observing.samples(batch(seen, Observation(timestamp_ms=400))) == [expected, Sample(400, 0)]


@pytest.mark.parametrize(
    ("field", "seen"),
    [
        ("timestamp_ms", Observation(timestamp_ms=-1)),
        ("timestamp_ms", Observation(timestamp_ms=86_400_001)),
        ("faces", Observation(faces=-1, face_present=True)),
        ("face_present", Observation(faces=1)),
        ("face_present", Observation(face_present=True)),
        ("gaze_on_camera", Observation(**FACE, gaze_on_camera=1.01)),
        ("smile", Observation(**FACE, smile=NAN)),
        ("face_height", Observation(**FACE, face_height=-0.1)),
        ("head_pose.yaw_deg", Observation(**FACE, head_pose=HeadPose(yaw_deg=361))),
        ("head_pose.roll_deg", Observation(**FACE, head_pose=HeadPose(roll_deg=NAN))),
        ("expression", Observation(**FACE, expression="Hello there")),
        ("expression", Observation(**FACE, expression="marke")),
    ],
)
def test_what_no_camera_sees_is_refused_by_its_name(field: str, seen: Observation) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        observing.samples(batch(Observation(), seen))
    assert list(refusal.value.violations) == [f"samples[1].{field}"]


@pytest.mark.parametrize(("count", "allowed"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_batch_has_1_to_64_samples(count: int, allowed: bool) -> None:
    request = batch(*[Observation()] * count)
    if allowed:
        assert len(observing.samples(request)) == count
    else:
        with pytest.raises(InvalidArgument):
            observing.samples(request)


def test_how_an_utterance_was_spoken_comes_through_whole() -> None:
    metrics = SpeechMetrics(
        loudness_dbfs=-30.5,
        syllables_per_s=4.5,
        pauses=1,
        pause_total_s=0.5,
        fillers=2,
        speaking_ratio=0.75,
    )
    assert observing.speech(metrics) == Speech(-30.5, 4.5, 1, 0.5, 2, 0.75)


@pytest.mark.parametrize(
    "metrics",
    [
        SpeechMetrics(loudness_dbfs=21),
        SpeechMetrics(loudness_dbfs=float("-inf")),
        SpeechMetrics(syllables_per_s=-1),
        SpeechMetrics(syllables_per_s=NAN),
        SpeechMetrics(pauses=-1),
        SpeechMetrics(pause_total_s=float("inf")),
        SpeechMetrics(fillers=10_001),
        SpeechMetrics(speaking_ratio=1.1),
    ],
)
def test_what_nobody_speaks_like_is_refused(metrics: SpeechMetrics) -> None:
    with pytest.raises(InvalidArgument):
        observing.speech(metrics)
