"""One Whisper model in memory: its files, its tokens, and the three calls that streaming needs.

Knows no stream and no policy. Raises ModelBroken for what an operator can mend.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import tokenizers
from faster_whisper.feature_extractor import FeatureExtractor

from services.stt.engine import Language
from services.stt.listening.audio import Samples
from services.stt.listening.hypothesis import HeardWord

MAX_FRAMES = 3000
FRAMES_PER_S = 100
# Lengths in steps: the encoder sees few different shapes.
FRAME_STEP = 50
MAX_POSITIONS = 448
GPU_WORKERS = 2
_SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", "<|startofprev|>", "<|notimestamps|>")


class ModelBroken(Exception):
    """The folder cannot serve as configured; `remedy` mends it."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """`threads` 0 = every core; device auto, cpu or cuda; compute_type as CTranslate2 names it, or auto.

    One that is not `prompted` is told nothing of what is likely to be said or was said before.
    """

    folder: Path
    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 0
    prompted: bool = True


@dataclass(frozen=True, slots=True)
class Generated:
    """Token ids without the end; the mean log probability counts the end."""

    tokens: tuple[int, ...]
    avg_log_prob: float
    no_speech: float


class Whisper:
    """Called by `workers` threads at once; each call runs on one core of a CPU and releases the GIL."""

    def __init__(self, options: ModelOptions) -> None:
        self.device = _device(options.device)
        self.compute_type = _compute_type(options.compute_type, self.device)
        self._prompted = options.prompted
        cores = options.threads or len(os.sched_getaffinity(0))
        self.workers = cores if self.device == "cpu" else GPU_WORKERS
        self._tokenizer = _tokenizer(options.folder)
        self._model = _load(options.folder, self.device, self.compute_type, self.workers)
        self._end, self._start, self._previous, self._no_times = map(self._id, _SPECIAL)
        self.languages = self._languages()
        self._features = FeatureExtractor(feature_size=self._model.n_mels)

    # Audio

    def features(self, samples: Samples) -> Samples:
        """Log-mel frames of shape (mels, frames), a hundred a second, at most 30 seconds."""
        frames: Samples = self._features(samples, padding=0)[:, :MAX_FRAMES]
        return frames

    def encode(self, features: Samples, frames: int) -> Any:
        """Padded with silence to at least that many frames, as the model learnt to see the end of speech."""
        mels, given = features.shape
        padded = np.zeros((1, mels, self._encodable(max(frames, given))), np.float32)
        padded[0, :, :given] = features
        return self._model.encode(ctranslate2.StorageView.from_array(padded))

    def _encodable(self, frames: int) -> int:
        length = min(MAX_FRAMES, -(-frames // FRAME_STEP) * FRAME_STEP)
        # Its output would have as many rows as there are mels, be taken for features and encoded again.
        return length + 2 if length == 2 * self._model.n_mels else length

    # Text

    def generate(self, encoded: Any, prompt: Sequence[int], cap: int, temperature: float = 0.0) -> Generated:
        """At most `cap` tokens after the prompt; greedy at temperature 0."""
        result = self._generate(encoded, prompt, cap, temperature, suppress_tokens=[-1])
        (ids,) = result.sequences_ids
        score = result.scores[0] * len(ids) / (len(ids) + 1)
        return Generated(tuple(each for each in ids if each < self._end), score, result.no_speech_prob)

    def generate_exactly(self, encoded: Any, prompt: Sequence[int], count: int) -> None:
        """So many tokens, whatever they say: for measuring."""
        self._generate(encoded, prompt, count, 0.0, suppress_tokens=[self._end])

    def _generate(
        self, encoded: Any, prompt: Sequence[int], cap: int, temperature: float, **options: Any
    ) -> Any:
        # CTranslate2 allows half of max_length to be generated, and no position past the last one it has.
        longest = min(MAX_POSITIONS, max(2 * cap, len(prompt) + cap))
        (result,) = self._model.generate(
            encoded,
            [list(prompt)],
            beam_size=1,
            max_length=longest,
            sampling_temperature=temperature or 1.0,
            sampling_topk=0 if temperature else 1,
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )
        return result

    def detect(self, encoded: Any) -> Language | None:
        """The likelier of the languages that this product speaks; None when the model knows only one."""
        if len(self.languages) < 2 or not self._model.is_multilingual:
            return next(iter(self.languages), None)
        (ranked,) = self._model.detect_language(encoded)
        likely = {name.strip("<|>"): probability for name, probability in ranked}
        return max(self.languages, key=lambda language: likely.get(language.value, 0.0))

    def align(self, encoded: Any, head: Sequence[int], tokens: Sequence[int], frames: int) -> Any:
        (alignment,) = self._model.align(encoded, list(head), [list(tokens)], frames)
        return alignment

    # Tokens

    def head(self, language: Language | None) -> tuple[int, ...]:
        """What every answer begins with."""
        if not self._model.is_multilingual or language is None:
            return (self._start,)
        return (self._start, self._id(f"<|{language.value}|>"), self._id("<|transcribe|>"))

    def prompt(
        self, language: Language | None, prefix: Sequence[int], before: Sequence[int]
    ) -> tuple[int, ...]:
        """`before` was said earlier or is likely to be said; the answer begins with `prefix`."""
        earlier = (self._previous, *before) if before and self._prompted else ()
        return (*earlier, *self.head(language), self._no_times, *prefix)

    def tokens(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(f" {text.strip()}", add_special_tokens=False).ids
        return [each for each in ids if each < self._end]

    def words(self, tokens: Sequence[int]) -> tuple[HeardWord, ...]:
        """Between spaces. A character whose last bytes are missing is left out."""
        groups: list[list[int]] = []
        for token in tokens:
            if not groups or self._tokenizer.id_to_token(token).startswith("Ġ"):
                groups.append([])
            groups[-1].append(token)
        spelled = ((self._tokenizer.decode(group).strip(" \ufffd"), group) for group in groups)
        return tuple(HeardWord(text, tuple(group)) for text, group in spelled if text)

    def _languages(self) -> frozenset[Language]:
        if not self._model.is_multilingual:
            return frozenset({Language.ENGLISH})
        known = self._tokenizer.token_to_id
        return frozenset(each for each in Language if known(f"<|{each.value}|>") is not None)

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ModelBroken(f"its tokenizer.json has no {token}", "")
        return int(found)


def _device(wanted: str) -> str:
    has_cuda = ctranslate2.get_cuda_device_count() > 0
    if wanted == "cuda" and not has_cuda:
        raise ModelBroken(
            "VIVA_STT_DEVICE=cuda, but CTranslate2 sees no CUDA device",
            "set VIVA_STT_DEVICE=cpu, or install the driver, CUDA 12 and cuDNN 9",
        )
    return "cuda" if has_cuda and wanted != "cpu" else "cpu"


def _compute_type(wanted: str, device: str) -> str:
    usable = ctranslate2.get_supported_compute_types(device)
    if wanted == "auto":
        best = ("float16", "int8_float16", "float32") if device == "cuda" else ("int8", "float32")
        return next(each for each in best if each in usable)
    if wanted not in usable:
        raise ModelBroken(
            f"VIVA_STT_COMPUTE_TYPE={wanted}, but this {device} computes only {', '.join(sorted(usable))}",
            "set VIVA_STT_COMPUTE_TYPE=auto",
        )
    return wanted


def _tokenizer(folder: Path) -> Any:
    try:
        return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises plain Exception, for a missing file too
        raise ModelBroken(f"its tokenizer.json cannot be read ({error})", "") from None


def _load(folder: Path, device: str, compute_type: str, workers: int) -> Any:
    try:
        return ctranslate2.models.Whisper(
            str(folder), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=1
        )
    except (RuntimeError, ValueError) as error:  # what it raises for files that are missing, cut or foreign
        raise ModelBroken(f"it cannot be loaded ({str(error).partition(chr(10))[0]})", "") from None
