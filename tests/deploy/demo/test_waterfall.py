"""Where the time went: shares of sorted values, and words for seconds."""

import pytest
from viva.v1 import interview_pb2

from deploy.demo import waterfall
from deploy.demo.interview import Interviewed
from deploy.demo.room import Told

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("share", "value"), [(0.5, 10.0), (0.95, 19.0), (1.0, 20.0), (0.01, 1.0)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(share: float, value: float) -> None:
    assert waterfall.percentile([float(each) for each in range(1, 21)], share) == value


def test_seconds_are_told_in_the_unit_that_reads_well() -> None:
    assert [waterfall.spoken(each) for each in (0.0424, 0.999, 1.0, 61.23)] == [
        "42 ms",
        "999 ms",
        "1.0 s",
        "61.2 s",
    ]


def interviewed() -> Interviewed:
    stages = [interview_pb2.StageSummary(id=each) for each in ("introduction", "closing")]
    turns = [
        Told(
            interview_pb2.Turn(id="1"),
            "a",
            waiting_since=0.0,
            asked_at=0.5,
            submitted_at=1.0,
            evaluated_at=1.2,
        ),
        Told(
            interview_pb2.Turn(id="2"),
            "b",
            waiting_since=1.0,
            asked_at=1.1,
            submitted_at=2.0,
            evaluated_at=None,
        ),
    ]
    return Interviewed(
        interview_pb2.Interview(stages=stages), 3.0, began_at=0.0, completed_at=2.1, ended_at=2.5, turns=turns
    )


def test_the_first_question_is_no_answer_to_a_submit() -> None:
    rows = {row[0].strip(): row[1] for row in waterfall.rows([interviewed()])}
    assert rows["submit to next question announced"] == "100 ms"
    assert rows["introduction"] == "500 ms"
    assert rows["submit to evaluation stored"] == "200 ms"
    assert rows["last answer to report"] == "500 ms"
    assert rows["whole interview"] == "2.5 s"


def test_nothing_held_is_told_as_nothing() -> None:
    assert ("whole interview", "-", "-") in waterfall.rows([])
