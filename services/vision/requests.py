"""Reads requests from the wire and refuses what vision.proto does not allow. Knows no engine."""

from dataclasses import dataclass, field

from viva.v1 import vision_pb2 as pb

from services.runtime.errors import FailedPrecondition
from services.runtime.requests import at_most, refuse, within
from services.vision.images import read_header

MAX_FRAME_BYTES = 1024 * 1024
MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_INTERVIEW_ID = 128
# A stream of one day; beyond it a timestamp is a mistake.
MAX_TIMESTAMP_MS = 24 * 3600 * 1000

_COMPUTED = frozenset({pb.BEHAVIOUR_POLICY_OBSERVE, pb.BEHAVIOUR_POLICY_SCORED})


@dataclass(frozen=True, slots=True)
class Frame:
    """One JPEG, `timestamp_ms` after the stream began."""

    timestamp_ms: int
    jpeg: bytes


@dataclass
class IncomingFrames:
    """What may follow what in one Analyze call: a config, then frames whose timestamps rise."""

    max_pixels: int
    _last_ms: int = field(default=-1, init=False)

    def begin(self, request: pb.AnalyzeRequest) -> bool:
        """Whether expressions are asked for."""
        if request.WhichOneof("request") != "config":
            refuse("request", "must begin with a config")
        return read_config(request.config)

    def take(self, request: pb.AnalyzeRequest) -> Frame:
        if request.WhichOneof("request") != "frame":
            refuse("request", "must be a frame; the config comes first and once")
        frame = request.frame
        within("frame.timestamp_ms", frame.timestamp_ms, self._last_ms + 1, MAX_TIMESTAMP_MS, "ms")
        self._last_ms = frame.timestamp_ms
        read_picture("frame.jpeg", frame.jpeg, MAX_FRAME_BYTES, self.max_pixels, ("jpeg",))
        return Frame(frame.timestamp_ms, frame.jpeg)


def read_config(config: pb.AnalyzeConfig) -> bool:
    """Whether expressions are asked for. Raises FailedPrecondition when the policy forbids to look at all."""
    at_most("config.interview_id", config.interview_id, MAX_INTERVIEW_ID)
    if config.policy == pb.BEHAVIOUR_POLICY_OFF:
        raise FailedPrecondition(
            "VISION_POLICY_OFF",
            "the company's policy is not to look at behaviour",
            remedy="send no frames, or have the company set its behaviour policy to observe",
        )
    if config.policy not in _COMPUTED:
        refuse("config.policy", "must be OFF, OBSERVE or SCORED")
    return config.emotion


def read_image(request: pb.AnalyzeImageRequest, max_pixels: int) -> bytes:
    read_picture("image", request.image, MAX_IMAGE_BYTES, max_pixels, ("jpeg", "png"))
    return request.image


def read_picture(name: str, image: bytes, max_bytes: int, max_pixels: int, kinds: tuple[str, ...]) -> None:
    within(name, len(image), 1, max_bytes, "bytes")
    header = read_header(image)
    if header is None or header.kind not in kinds:
        refuse(name, f"is no {' or '.join(kind.upper() for kind in kinds)}")
    within(name, header.width * header.height, 1, max_pixels, "pixels")
