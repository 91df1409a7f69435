import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vision.expressions import NEUTRAL, TABLE, dominant
from services.vision.face import BASELINE_FACES, TYPICAL_PITCH_DEG, Face, Person, pose

pytestmark = pytest.mark.unit

OVAL = [(0.4, 0.3), (0.6, 0.3), (0.5, 0.2), (0.5, 0.7)]
SHAPES = sorted({name for units in TABLE.values() for unit in units for name in unit})


def turned(*, yaw: float = 0.0, pitch: float = 0.0) -> list[list[float]]:
    """The matrix of a head turned to the picture's right, then down."""
    a, b = math.radians(yaw), math.radians(pitch)
    return [
        [math.cos(a), math.sin(a) * math.sin(b), math.sin(a) * math.cos(b), 0.0],
        [0.0, math.cos(b), -math.sin(b), 0.0],
        [-math.sin(a), math.cos(a) * math.sin(b), math.cos(a) * math.cos(b), 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]


def face(*, yaw: float = 0.0, pitch: float = TYPICAL_PITCH_DEG, **shapes: float) -> Face:
    return Face(OVAL, shapes, turned(yaw=yaw, pitch=pitch))


@given(yaw=st.floats(-80, 80), pitch=st.floats(-80, 80))
def test_a_pose_is_read_back_from_its_matrix(yaw: float, pitch: float) -> None:
    read = pose(turned(yaw=yaw, pitch=pitch))
    assert (read.yaw, read.pitch) == pytest.approx((yaw, pitch), abs=1e-6)


def test_nobody_in_the_picture_is_no_face_and_no_gaze() -> None:
    seen = Person(expressions=False).seen([], 7)
    assert (seen.timestamp_ms, seen.faces, seen.gaze_on_camera) == (7, 0, 0.0)


def test_a_face_straight_ahead_looks_at_the_camera() -> None:
    assert Person(expressions=False).seen([face()], 0).gaze_on_camera == 1.0


def test_a_head_turned_far_aside_does_not() -> None:
    assert Person(expressions=False).seen([face(yaw=35)], 0).gaze_on_camera == 0.0


@pytest.mark.parametrize(("out", "into"), [("Left", "Right"), ("Right", "Left")])
def test_eyes_turned_aside_in_a_head_that_is_not_look_away(out: str, into: str) -> None:
    aside = face(**{f"eyeLookOut{out}": 1.0, f"eyeLookIn{into}": 1.0})
    assert Person(expressions=False).seen([aside], 0).gaze_on_camera == 0.0


def test_eyes_that_make_up_for_the_head_still_look_at_the_camera() -> None:
    held = face(yaw=25, eyeLookInLeft=0.7, eyeLookOutRight=0.7)
    assert Person(expressions=False).seen([held], 0).gaze_on_camera == 1.0


def test_a_head_that_is_always_tilted_is_straight_by_its_own_baseline() -> None:
    person = Person(expressions=False)
    for at in range(BASELINE_FACES):
        person.seen([face(yaw=20, pitch=25)], at)
    seen = person.seen([face(yaw=20, pitch=25)], 99)
    assert (seen.yaw_deg, seen.pitch_deg) == pytest.approx((0, 0), abs=1e-6)
    assert seen.gaze_on_camera == 1.0


def test_somebody_else_in_the_picture_does_not_change_the_baseline() -> None:
    person = Person(expressions=False)
    for at in range(2 * BASELINE_FACES):
        assert person.seen([face(yaw=30), face()], at).faces == 2
    assert person.baseline.yaw == 0.0


def test_the_largest_of_several_faces_is_the_one_observed() -> None:
    near = Face([(0.1, 0.1), (0.5, 0.9)], {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, turned())
    seen = Person(expressions=False).seen([face(), near], 0)
    assert (seen.faces, seen.smile, seen.face_height) == (2, 1.0, pytest.approx(0.8))


def test_a_face_that_reaches_out_of_the_picture_keeps_its_shares_in_range() -> None:
    seen = Person(expressions=False).seen([Face([(-0.4, -0.5), (0.2, 1.6)], {}, turned())], 0)
    assert (seen.face_x, seen.face_height) == (0.0, 1.0)


def test_an_expression_is_read_only_when_asked_for() -> None:
    smiling = face(mouthSmileLeft=0.9, mouthSmileRight=0.9)
    assert Person(expressions=False).seen([smiling], 0).expression == ""
    assert Person(expressions=True).seen([smiling], 0).expression == "happy"


@pytest.mark.parametrize("expression", TABLE)
def test_each_expression_shows_when_all_of_its_movements_are_there(expression: str) -> None:
    shapes = {name: 0.9 for unit in TABLE[expression] for name in unit}
    assert dominant(shapes) == (expression, pytest.approx(0.9))


def test_half_of_an_expression_is_neutral() -> None:
    assert dominant({"browInnerUp": 1.0})[0] == NEUTRAL


@given(st.dictionaries(st.sampled_from(SHAPES), st.floats(0, 1)))
def test_strengths_stay_in_range(shapes: dict[str, float]) -> None:
    name, strength = dominant(shapes)
    assert name in {NEUTRAL, *TABLE}
    assert 0.0 <= strength <= 1.0
