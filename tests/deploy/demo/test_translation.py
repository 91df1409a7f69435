"""Messages of the contract as JSON of REST and back; the edge's own translation is the other side."""

import pytest
from edge_api import shapes
from viva.v1 import common_pb2, consent_pb2, interview_pb2, resume_pb2

from deploy.demo.translation import from_json, to_json

pytestmark = pytest.mark.unit
ID = "0197f0aa-0000-7000-8000-000000000001"


def event() -> interview_pb2.InterviewEvent:
    answer = interview_pb2.Answer(id=ID, text="네, 그렇습니다.", ended_by=interview_pb2.ANSWER_END_TYPED)
    turn = interview_pb2.Turn(
        id=ID, number=3, status=interview_pb2.TURN_STATUS_CLOSED, answer=answer,
        question=interview_pb2.Question(id=ID, text="자기소개를 부탁드립니다."),
    )  # fmt: skip
    told = interview_pb2.InterviewEvent(
        interview_id=ID, seq=2**40, type="answer.submitted", turn_id=ID, turn=turn,
        status=interview_pb2.INTERVIEW_STATUS_IN_PROGRESS,
    )  # fmt: skip
    told.occurred_at.FromJsonString("2026-11-26T10:00:00.250Z")
    return told


@pytest.mark.parametrize(
    "message",
    [
        event(),
        interview_pb2.GetReportResponse(
            state=interview_pb2.REPORT_STATE_READY, version=1, total=3.5, coverage=0.875,
            dimensions=[interview_pb2.DimensionResult(dimension_id="structure", score=4.25, answers=9)],
        ),
        interview_pb2.GetReportResponse(),
        resume_pb2.Resume(id=ID, status=resume_pb2.RESUME_STATUS_READY, skills=["Kafka", "정산"]),
        interview_pb2.InterviewServiceGetInfoResponse(
            parts=[common_pb2.Capability(name="question", state=common_pb2.CAPABILITY_STATE_READY)]
        ),
    ],
    ids=lambda message: message.DESCRIPTOR.name,
)  # fmt: skip
def test_what_the_edge_answers_becomes_the_message_again(message: object) -> None:
    assert from_json(type(message)(), shapes.to_json(message)) == message


def test_what_is_sent_is_what_the_edge_asks_for() -> None:
    sent = consent_pb2.RecordConsentRequest(
        choices=[
            consent_pb2.ConsentChoice(
                purpose=consent_pb2.CONSENT_PURPOSE_PROCESSING, version="1", granted=True
            )
        ]
    )
    model = shapes.asked(consent_pb2.RecordConsentRequest.DESCRIPTOR)
    told = model.model_validate(to_json(sent)).model_dump(exclude_unset=True)
    received = consent_pb2.RecordConsentRequest()
    shapes.fill(received, told)
    assert received == sent


def test_fields_of_a_newer_edge_are_left_out() -> None:
    told = shapes.to_json(event()) | {"mood": "cheerful"}
    assert from_json(interview_pb2.InterviewEvent(), told) == event()


@pytest.mark.parametrize(
    "told", [{"seq": "many"}, {"seq": []}, {"turn": 7}, {"turn": [{}]}, [], "x", None, 3]
)
def test_what_is_no_such_message_is_told_so(told: object) -> None:
    with pytest.raises(ValueError, match="no InterviewEvent"):
        from_json(interview_pb2.InterviewEvent(), told)
