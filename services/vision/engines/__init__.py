"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

import hashlib
import shlex
from pathlib import Path

from services.runtime.engines import Missing, find_weights
from services.vision.config import Settings
from services.vision.engine import Engine

FOLDER = "vision"
PULL = "viva models pull face_landmarker"
# MediaPipe's face_landmarker (float16), version 1, as Google publishes it.
FACE_LANDMARKER_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
LIBRARIES = "sudo apt install libegl1 libgles2 libgl1 libglib2.0-0 libxcb1"
CONSEQUENCE = "No picture is looked at."


def open_engine(settings: Settings) -> Engine | Missing:
    folder = settings.models / FOLDER
    weights = find_weights(folder, "*.task", settings.model)
    if weights is None:
        wanted = settings.model or "*.task"
        text = f"No face model: there is no {wanted} in {folder}. {CONSEQUENCE}"
        remedy = f"VIVA_MODELS={shlex.quote(str(settings.models))} {PULL}"
        return Missing("vision", "VISION_MODEL_MISSING", text, remedy=remedy)
    model = weights.read_bytes()
    if hashlib.sha256(model).hexdigest() != FACE_LANDMARKER_SHA256:
        text = f"{weights.name} is not the face model that this release was tried with. {CONSEQUENCE}"
        return Missing("vision", "VISION_MODEL_UNKNOWN", text, remedy=PULL)
    return _mediapipe(model, weights, settings)


def _mediapipe(model: bytes, weights: Path, settings: Settings) -> Engine | Missing:
    try:
        from services.vision.engines.mediapipe import MediaPipeEngine

        return MediaPipeEngine(model, weights.name, places=settings.people, workers=settings.workers)
    except ModuleNotFoundError as error:
        text = f"The Python package {error.name} is not installed. {CONSEQUENCE}"
        return Missing("vision", "VISION_PACKAGE_MISSING", text, remedy="pip install 'viva[vision]'")
    except (ImportError, OSError, RuntimeError) as error:
        text = f"The face model does not start: {error}. {CONSEQUENCE}"
        return Missing("vision", "VISION_LIBRARY_MISSING", text, remedy=LIBRARIES)
