"""Faces by MediaPipe's FaceLandmarker. Keeps no picture; knows nothing of people but how their heads are.

MediaPipe reports its use over the network and has no switch against it: `silence` sends that nowhere.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions, FaceLandmarkerResult

from services.runtime.capability import Capability, State
from services.runtime.errors import InvalidArgument, ResourceExhausted, Unavailable
from services.vision.engine import Observation, Status
from services.vision.face import Face, Person

MAX_FACES = 3  # enough to say that somebody else is in the picture
RETRY_S = 5.0


class MediaPipeEngine:
    """Watches at most `places` people with `workers` landmarkers, each on a thread of its own."""

    def __init__(self, model: bytes, name: str, *, places: int, workers: int) -> None:
        self._name = name
        self._places = places
        self._watching = 0
        self._threads = ThreadPoolExecutor(workers, "face")
        self._idle: asyncio.Queue[FaceLandmarker] = asyncio.Queue()
        self._landmarkers = [landmarker(model) for _ in range(workers)]
        for each in self._landmarkers:
            self._idle.put_nowait(each)
        self._closed = False

    def status(self) -> Status:
        detail = f"Faces are looked at, up to {self._places} people at once; {self._watching} now."
        limits = {"people": f"{self._places} at once", "faces": f"{MAX_FACES} a picture"}
        return Status(
            Capability(
                "vision", State.READY, detail, "mediapipe", self._name, "cpu", "Apache-2.0", limits=limits
            )
        )

    async def open(self, *, expressions: bool) -> "MediaPipeWatch":
        if self._watching >= self._places:
            text = f"All {self._places} places are taken."
            raise ResourceExhausted("VISION_BUSY", text, retry_after_s=RETRY_S)
        self._watching += 1
        return MediaPipeWatch(self, Person(expressions))

    async def faces(self, image: bytes) -> list[Face]:
        """Raises InvalidArgument when the picture cannot be read, Unavailable once closed."""
        if self._closed:
            raise Unavailable("VISION_CLOSED", "The server is stopping.")
        free = await self._idle.get()
        try:
            looking = asyncio.get_running_loop().run_in_executor(self._threads, look, free, image)
            return await asyncio.shield(looking)
        finally:
            # A cancelled look still runs on its thread; the landmarker itself lets one call in after another.
            self._idle.put_nowait(free)

    def left(self) -> None:
        self._watching -= 1

    async def aclose(self) -> None:
        """Waits for pictures in work: a landmarker that is closed meanwhile would silently see nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for each in self._landmarkers:
            each.close()


class MediaPipeWatch:
    def __init__(self, engine: MediaPipeEngine, person: Person) -> None:
        self._engine = engine
        self._person = person
        self._open = True

    async def observe(self, image: bytes, timestamp_ms: int) -> Observation:
        return self._person.seen(await self._engine.faces(image), timestamp_ms)

    async def aclose(self) -> None:
        if self._open:
            self._open = False
            self._engine.left()


def silence() -> None:
    """Sends MediaPipe's reports to the discard port. Not `https_proxy`: gRPC would take that for itself."""
    os.environ["ALL_PROXY"] = "http://127.0.0.1:9"


def landmarker(model: bytes) -> FaceLandmarker:
    """Raises OSError or RuntimeError when a system library is missing or the model cannot be read."""
    silence()
    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model),
        num_faces=MAX_FACES,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    return FaceLandmarker.create_from_options(options)


def look(free: FaceLandmarker, image: bytes) -> list[Face]:
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise InvalidArgument.of("image", "cannot be decoded")
    # Rows that do not follow one another in memory would be misread without a word.
    return found(free.detect(Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(pixels))))


def found(result: FaceLandmarkerResult) -> list[Face]:
    each = zip(
        result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
    )
    return [
        Face(
            [(point.x, point.y) for point in points],
            {shape.category_name: shape.score for shape in shapes},
            matrix.tolist(),
        )
        for points, shapes, matrix in each
    ]
