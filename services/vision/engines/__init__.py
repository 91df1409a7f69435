"""Chooses the engine. Imports none that is not chosen: without weights no model library is loaded."""

import shlex

from services.runtime.engines import Missing, find_weights
from services.vision.config import Settings
from services.vision.engine import Engine

FOLDER = "vision"
NO_ENGINE = "This build has no engine for face analysis yet, so no picture is looked at."


def open_engine(settings: Settings) -> Engine | Missing:
    folder = settings.models / FOLDER
    weights = find_weights(folder, "*.task", settings.model)
    if weights is None:
        wanted = settings.model or "*.task"
        place = shlex.quote(str(folder))
        return Missing(
            "vision",
            "VISION_MODEL_MISSING",
            f"No face model: there is no {wanted} in {folder}. {NO_ENGINE}",
            remedy=f"mkdir -p {place} && cp face_landmarker.task {place}/",
        )
    return Missing(
        "vision",
        "VISION_ENGINE_MISSING",
        f"The face model {weights.name} is there. {NO_ENGINE}",
        remedy="install a release of Viva whose services/vision/engines holds an engine for .task files",
    )
