"""From a face's landmarks, blendshapes and pose to an observation. Pure; knows no model and no picture."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from services.vision.engine import Observation
from services.vision.expressions import dominant

# MediaPipe's canonical face looks about ten degrees down when it looks straight into a camera.
TYPICAL_PITCH_DEG = 10.0
BASELINE_FACES = 15  # three seconds at five pictures a second
# How far an eye turns at a blendshape of 1: about what a person turns it before the head follows.
EYE_YAW_DEG = 35.0
EYE_PITCH_DEG = 25.0
# Within the first angle the camera is looked at, beyond the second it is not.
ON_CAMERA_DEG = 10.0
OFF_CAMERA_DEG = 30.0

Blendshapes = Mapping[str, float]
Matrix = Sequence[Sequence[float]]
"""4 × 4, from the canonical face to the camera: x to the picture's right, y up, z towards the viewer."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. Yaw to the picture's right, pitch down, roll clockwise from the viewer's side are positive."""

    yaw: float
    pitch: float
    roll: float

    def since(self, other: "Pose") -> "Pose":
        return Pose(self.yaw - other.yaw, self.pitch - other.pitch, self.roll - other.roll)


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a picture; landmarks are (x, y) as shares of the picture."""

    landmarks: Sequence[tuple[float, float]]
    blendshapes: Blendshapes
    matrix: Matrix


@dataclass
class Person:
    """One person in front of one camera; `baseline` is how this person's head usually is."""

    expressions: bool
    _poses: list[Pose] = field(default_factory=list)
    baseline: Pose = Pose(0.0, TYPICAL_PITCH_DEG, 0.0)

    def seen(self, faces: Sequence[Face], timestamp_ms: int) -> Observation:
        """What the picture shows of the largest face."""
        if not faces:
            return Observation(timestamp_ms, faces=0)
        face = max(faces, key=lambda each: box(each)[2])
        raw = pose(face.matrix)
        if len(faces) == 1:
            self._learn(raw)
        turned = raw.since(self.baseline)
        x, y, height = box(face)
        expression, score = dominant(face.blendshapes) if self.expressions else ("", 0.0)
        return Observation(
            timestamp_ms,
            faces=len(faces),
            gaze_on_camera=gaze_on_camera(turned, face.blendshapes),
            eye_closure=mean(face.blendshapes, "eyeBlinkLeft", "eyeBlinkRight"),
            yaw_deg=turned.yaw,
            pitch_deg=turned.pitch,
            roll_deg=turned.roll,
            smile=mean(face.blendshapes, "mouthSmileLeft", "mouthSmileRight"),
            face_x=x,
            face_y=y,
            face_height=height,
            expression=expression,
            expression_score=score,
        )

    def _learn(self, raw: Pose) -> None:
        """The median of the first poses, so that one look aside does not count."""
        if len(self._poses) < BASELINE_FACES:
            self._poses.append(raw)
            if len(self._poses) == BASELINE_FACES:
                self.baseline = Pose(
                    median(each.yaw for each in self._poses),
                    median(each.pitch for each in self._poses),
                    median(each.roll for each in self._poses),
                )


def pose(matrix: Matrix) -> Pose:
    """Tait-Bryan angles in the order yaw, pitch, roll (y, x, z) of the matrix's rotation."""
    across, down = matrix[0][2], -matrix[1][2]
    ahead = math.hypot(across, matrix[2][2])
    return Pose(
        math.degrees(math.atan2(across, matrix[2][2])),
        math.degrees(math.atan2(down, ahead)),
        math.degrees(math.atan2(matrix[1][0], matrix[1][1])),
    )


def gaze_on_camera(turned: Pose, shapes: Blendshapes) -> float:
    """1 while head and eyes together point within 10° of the camera, falling to 0 at 30°."""
    across = mean(shapes, "eyeLookOutLeft", "eyeLookInRight") - mean(
        shapes, "eyeLookInLeft", "eyeLookOutRight"
    )
    down = mean(shapes, "eyeLookDownLeft", "eyeLookDownRight") - mean(
        shapes, "eyeLookUpLeft", "eyeLookUpRight"
    )
    away = math.hypot(turned.yaw + EYE_YAW_DEG * across, turned.pitch + EYE_PITCH_DEG * down)
    return share((OFF_CAMERA_DEG - away) / (OFF_CAMERA_DEG - ON_CAMERA_DEG))


def box(face: Face) -> tuple[float, float, float]:
    """Centre x, centre y and height as shares of the picture, cut to what is inside it."""
    xs = [x for x, _ in face.landmarks]
    ys = [y for _, y in face.landmarks]
    return share((min(xs) + max(xs)) / 2), share((min(ys) + max(ys)) / 2), share(max(ys) - min(ys))


def mean(shapes: Blendshapes, *names: str) -> float:
    return share(sum(shapes.get(name, 0.0) for name in names) / len(names))


def share(value: float) -> float:
    return min(1.0, max(0.0, value))
