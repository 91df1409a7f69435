"""Supertonic's four ONNX models and its files, as its makers lay them out. Knows no caller.

Source of layout and procedure: https://github.com/supertone-inc/supertonic (py/helper.py), MIT.
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from services.tts.engine import Language
from services.tts.engines.supertonic.text import numbers

Floats = npt.NDArray[np.float32]

INPUTS = {
    "duration_predictor": {"text_ids", "style_dp", "text_mask"},
    "text_encoder": {"text_ids", "style_ttl", "text_mask"},
    "vector_estimator": {
        *("noisy_latent", "text_emb", "style_ttl", "text_mask", "latent_mask"),
        *("current_step", "total_step"),
    },
    "vocoder": {"latent"},
}
PACE = 1.05  # its makers' own default of speed
_STATES = onnxruntime.capi.onnxruntime_pybind11_state
_FAILURES = (
    *(_STATES.Fail, _STATES.InvalidArgument, _STATES.InvalidGraph, _STATES.InvalidProtobuf),
    *(_STATES.NotImplemented, _STATES.RuntimeException),
)
LONGEST_S = 60.0  # of one part; a duration beyond it is a mistake of the model


class UnfitError(Exception):
    """The files are not what this code was written for; says which and why."""


@dataclass(frozen=True, slots=True)
class Style:
    """One voice: two tensors, for the sound and for the durations."""

    sound: Floats
    duration: Floats


class Model:
    """Blocks while it computes; calls of several threads may run side by side.

    Raises UnfitError when a file is missing, cannot be read or has other inputs.
    """

    def __init__(self, folder: Path, *, threads: int, steps: int) -> None:
        onnx = folder / "onnx"
        config = _json(onnx / "tts.json")
        try:
            self.rate_hz = int(config["ae"]["sample_rate"])
            compress = int(config["ttl"]["chunk_compress_factor"])
            self._samples = int(config["ae"]["base_chunk_size"]) * compress  # of one latent frame
            self._channels = int(config["ttl"]["latent_dim"]) * compress
        except (KeyError, TypeError, ValueError):
            raise UnfitError("onnx/tts.json lacks a size that is needed") from None
        self._indexer: list[int] = _json(onnx / "unicode_indexer.json")
        if min(self.rate_hz, self._samples, self._channels) < 1:
            raise UnfitError("a size in onnx/tts.json is below 1")
        if not isinstance(self._indexer, list) or not all(isinstance(n, int) for n in self._indexer):
            raise UnfitError("onnx/unicode_indexer.json is no list of numbers")
        self._steps = steps
        self._sessions = {name: _session(onnx / f"{name}.onnx", threads) for name in INPUTS}
        self.styles = {path.stem: _style(path) for path in sorted((folder / "voice_styles").glob("*.json"))}
        if not self.styles:
            raise UnfitError("voice_styles holds no voice")

    def speak(
        self, part: str, language: Language, voice: str, speed: float, stopped: threading.Event
    ) -> bytes:
        """s16le samples; cut short when `stopped` is set. Raises UnfitError for tensors that do not fit."""
        try:
            sound = self._sound(part, language, self.styles[voice], speed, stopped)
        except (*_FAILURES, ValueError) as error:
            raise UnfitError(f"the models do not fit one another: {type(error).__name__}") from error
        whole = np.clip(np.nan_to_num(sound) * 32767, -32768, 32767)
        return whole.astype("<i2").tobytes()

    def _sound(
        self, part: str, language: Language, style: Style, speed: float, stopped: threading.Event
    ) -> Floats:
        ids = np.array([numbers(part, language, self._indexer)], dtype=np.int64)
        text = {"text_ids": ids, "text_mask": np.ones((1, 1, ids.shape[1]), dtype=np.float32)}
        seconds = float(self._run("duration_predictor", **text, style_dp=style.duration).ravel()[0])
        if not 0 < seconds < LONGEST_S:
            raise ValueError("no duration of speech")
        samples = int(seconds / (speed * PACE) * self.rate_hz)
        latent = self._latent(text, style, -(-samples // self._samples), stopped)
        return self._run("vocoder", latent=latent).ravel()[:samples]

    def _latent(self, text: dict[str, Any], style: Style, frames: int, stopped: threading.Event) -> Floats:
        """Noise, made into speech in a number of steps."""
        encoded = self._run("text_encoder", **text, style_ttl=style.sound)
        noise = np.random.default_rng().standard_normal((1, self._channels, frames))
        latent: Floats = noise.astype(np.float32)
        fixed = {
            "text_emb": encoded,
            "style_ttl": style.sound,
            "text_mask": text["text_mask"],
            "latent_mask": np.ones((1, 1, frames), dtype=np.float32),
            "total_step": np.array([self._steps], dtype=np.float32),
        }
        for step in range(self._steps):
            if stopped.is_set():
                break
            current = np.array([step], dtype=np.float32)
            latent = self._run("vector_estimator", noisy_latent=latent, current_step=current, **fixed)
        return latent

    def _run(self, name: str, **inputs: Any) -> Floats:
        result: Floats = self._sessions[name].run(None, inputs)[0]
        return result


def _session(path: Path, threads: int) -> Any:
    _there(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _FAILURES:
        raise UnfitError(f"onnx/{path.name} cannot be read") from None
    found, wanted = {each.name for each in session.get_inputs()}, INPUTS[path.stem]
    if found != wanted:
        raise UnfitError(
            f"onnx/{path.name} takes {', '.join(sorted(found))} and not {', '.join(sorted(wanted))}"
        )
    return session


def _style(path: Path) -> Style:
    content = _json(path)
    try:
        sound, duration = (
            np.array(content[name]["data"], dtype=np.float32).reshape(1, *content[name]["dims"][1:])
            for name in ("style_ttl", "style_dp")
        )
    except (KeyError, TypeError, ValueError):
        raise UnfitError(f"voice_styles/{path.name} is no voice") from None
    return Style(sound, duration)


def _json(path: Path) -> Any:
    _there(path)
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise UnfitError(f"{path.parent.name}/{path.name} cannot be read") from None


def _there(path: Path) -> None:
    if not path.is_file():
        raise UnfitError(f"{path.parent.name}/{path.name} is not there")
