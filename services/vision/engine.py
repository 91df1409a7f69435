"""The port of a face analyser: one shared model, one session object per stream.

Knows nothing of gRPC, protos, weights or MediaPipe, and keeps no picture.
"""

from dataclasses import dataclass
from typing import Protocol

from services.runtime.capability import Capability


@dataclass(frozen=True, slots=True)
class Observation:
    """What one picture shows; shares and scores 0 to 1, angles in degrees, relative to the person's own
    baseline once it is known. `expression` is empty unless asked for."""

    timestamp_ms: int
    faces: int
    gaze_on_camera: float = 0.0
    eye_closure: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    smile: float = 0.0
    face_x: float = 0.0
    face_y: float = 0.0
    face_height: float = 0.0
    expression: str = ""
    expression_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Status:
    capability: Capability


class Watch(Protocol):
    """All state of one person in front of a camera, such as the baseline of the head's pose."""

    async def observe(self, image: bytes, timestamp_ms: int) -> Observation:
        """Looks at one JPEG or PNG; timestamps rise. Raises InvalidArgument when it cannot be read."""
        ...

    async def aclose(self) -> None:
        """Forgets the person. Safe to repeat."""
        ...


class Engine(Protocol):
    """One model that watches many people."""

    def status(self) -> Status:
        """Facts of this moment; never waits."""
        ...

    async def open(self, *, expressions: bool) -> Watch:
        """Begins to watch one person. Raises ResourceExhausted when no more can be watched."""
        ...

    async def aclose(self) -> None:
        """Frees the model. Safe to repeat."""
        ...
