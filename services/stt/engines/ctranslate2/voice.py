"""Silero's voice activity model, one session for all streams. Knows no thresholds."""

import numpy as np
from faster_whisper.vad import get_vad_model

from services.stt.listening.audio import Samples

CONTEXT = 64
STATE = (1, 1, 128)


class VoiceModel:
    """Bundled with faster-whisper (silero_vad_v6.onnx, MIT); about 60 µs a window."""

    def __init__(self) -> None:
        self.session = get_vad_model().session

    def follow(self) -> "VoiceStream":
        return VoiceStream(self)


class VoiceStream:
    """Called with one window of 512 samples after the other of one stream; what it heard is its own."""

    def __init__(self, model: VoiceModel) -> None:
        self._session = model.session
        self._h = np.zeros(STATE, np.float32)
        self._c = np.zeros(STATE, np.float32)
        self._before = np.zeros(CONTEXT, np.float32)

    def __call__(self, window: Samples) -> float:
        heard = np.concatenate([self._before, window])[None]
        output, self._h, self._c = self._session.run(None, {"input": heard, "h": self._h, "c": self._c})
        self._before = window[-CONTEXT:]
        return float(output.reshape(-1)[0])
