"""Smart Turn v3: hears from the last eight seconds whether a turn is over. Optional.

Input and normalisation follow inference.py of github.com/pipecat-ai/smart-turn (BSD 2-clause).
"""

from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.feature_extractor import FeatureExtractor

from services.stt.engine import SAMPLE_RATE_HZ
from services.stt.listening.audio import Samples

FILES = "smart-turn-v3*.onnx"
HEARD = 8 * SAMPLE_RATE_HZ


class SmartTurn:
    def __init__(self, file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._features = FeatureExtractor()

    def completeness(self, samples: Samples) -> float:
        """Silence fills up what is shorter, before the speech."""
        heard = samples[-HEARD:]
        padded = np.pad(heard, (HEARD - len(heard), 0))
        normal = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
        features = self._features(normal.astype(np.float32), padding=0)[None].astype(np.float32)
        (probability,) = self._session.run(None, {"input_features": features})[:1]
        return float(np.asarray(probability).reshape(-1)[0])


def find_smart_turn(folder: Path) -> SmartTurn | None:
    """The first by name in that folder. Raises whatever onnxruntime does for a bad file."""
    file = min(folder.glob(FILES), default=None)
    return SmartTurn(file) if file else None
