"""Any sentence-transformers model folder, KURE-v1 by default; nothing is ever fetched.

It knows nothing of lanes or requests: whoever calls `encode` has chosen the batch.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

# Before the libraries are imported: they read these once, and a candidate's machine room has no internet.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import numpy as np
import structlog
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from transformers.utils import logging as transformers_logging

from services.embed.engine import EngineInfo, Kind, Prepared, Vectors, unit_rows
from services.embed.engines import onednn
from services.embed.engines.first_token import shorten_last_layer
from services.embed.errors import EngineBrokenError, EngineFailedError

log = structlog.get_logger()
cast(Any, transformers_logging).disable_progress_bar()  # a server's stderr is its log

Device = Literal["auto", "cpu", "cuda"]
Kernels = Literal["auto", "stock"]

# What a batch costs beside its tokens, measured in tokens (see ADR 0008).
_OVERHEAD_TOKENS = {"cpu": 24, "cuda": 1024}
# The size from which a batch gains little per token and only keeps others waiting.
_BATCH_TOKENS = {"cpu": 1024, "cuda": 16384}
_PROMPT_NAMES = {Kind.QUERY: ("query",), Kind.PASSAGE: ("document", "passage", "corpus")}
_PROBE = ("결제 시스템의 응답 시간을 절반으로 줄였습니다.", "팀을 이끈 경험", "Kubernetes", "가")
# Our batches must give the library's vectors at least this exactly, with whatever kernels.
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """`folder` holds the model, `name` is what it is called to others; `threads` 0 = all cores.

    `parallel_batches` batches share the threads; 0 = two on a CPU with two cores or more, else one.
    """

    folder: Path
    name: str
    device: Device = "auto"
    threads: int = 0
    parallel_batches: int = 0
    kernels: Kernels = "auto"


class _Threads:
    """A batch that runs alone gets all threads, batches side by side get a share each.

    Two batches on a thread each beat one batch on two: nothing waits at a barrier for the slower thread.
    """

    def __init__(self, total: int, parallel: int) -> None:
        self.parallel = parallel
        self._total = total
        self._lock = threading.Lock()
        self._running = 0

    @contextmanager
    def share(self) -> Iterator[None]:
        with self._lock:
            self._running += 1
            is_alone = self._running == 1
        # torch keeps this number per calling thread
        torch.set_num_threads(self._total if is_alone else max(1, self._total // self.parallel))
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1


class SentenceTransformersEngine:
    """Tokenizes in `prepare`, pads and runs the model in `encode`; one model, no state between calls."""

    def __init__(self, options: ModelOptions) -> None:
        device = _choose_device(options.device)
        self._name = options.name
        self._threads = _Threads(*_sharing(options, device))
        self._model = _load(options.folder, device)
        self._tokenizer = _fast_tokenizer(self._model, options.folder)
        self._prompts = {kind: _prompt(self._model, kind) for kind in Kind}
        self._max_tokens = int(self._model.max_seq_length or 0)
        self.kernels = self._speed_up(options, device)
        self.info = EngineInfo(
            name="sentence_transformers",
            model=options.name,
            device=str(self._model.device),
            dimensions=int(self._model.get_embedding_dimension() or 0),
            max_tokens=self._max_tokens,
            licence=licence_of(options.folder),
            batch_overhead_tokens=_OVERHEAD_TOKENS[self._model.device.type],
            batch_tokens=_BATCH_TOKENS[self._model.device.type],
            parallel_batches=self._threads.parallel,
        )

    def prepare(self, texts: Sequence[str], kind: Kind) -> list[Prepared]:
        prompt = self._prompts[kind]
        whole = self._tokenize([prompt + text for text in texts])
        return [self._cut(ids, prompt + text) for ids, text in zip(whole, texts, strict=True)]

    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        try:
            with torch.inference_mode(), self._threads.share():
                return unit_rows(self._forward([prepared.content for prepared in batch]))
        except (RuntimeError, ValueError) as error:  # torch reports running out of memory as a RuntimeError
            raise EngineFailedError(f"{self._name} failed on {len(batch)} texts: {error}") from error

    def close(self) -> None:
        del self._model

    def _tokenize(self, texts: list[str], **options: Any) -> list[list[int]]:
        encoded = self._tokenizer(texts, return_attention_mask=False, verbose=False, **options)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _cut(self, ids: list[int], text: str) -> Prepared:
        if not self._max_tokens or len(ids) <= self._max_tokens:
            return Prepared(ids, tokens=len(ids))
        kept = self._tokenize([text], truncation=True, max_length=self._max_tokens)[0]
        return Prepared(kept, tokens=len(kept), truncated=True)

    def _forward(self, rows: Sequence[list[int]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        ids, mask = _pad(rows, self._tokenizer.pad_token_id, self._tokenizer.padding_side)
        features: dict[str, Any] = {
            "input_ids": ids.to(self._model.device),
            "attention_mask": mask.to(self._model.device),
        }
        vectors: torch.Tensor = self._model(features)["sentence_embedding"]
        return vectors.float().cpu().numpy()

    def _speed_up(self, options: ModelOptions, device: str) -> str:
        """Does without needless work where that leaves the vectors as they are; answers what is done."""
        reference = _library_vectors(self._model)
        if not self._agrees_with(reference):
            raise EngineBrokenError(
                f"the model in {options.folder} treats its input in a way that batching here does not know",
                "point VIVA_EMBED_MODEL at a text embedding model such as nlpai-lab/KURE-v1",
            )
        if options.kernels == "stock":
            return "stock"
        done = ["first token"] if shorten_last_layer(self._model) else []
        if device == "cpu" and onednn.available() and onednn.pack_linear_layers(self._model):
            done.append("onednn")
        if self._agrees_with(reference):
            return " + ".join(done) or "stock"
        log.warning("embed.stock_kernels", reason="faster ones did not give the model's vectors")
        self._model = _load(options.folder, device)
        return "stock"

    def _agrees_with(self, reference: Mapping[Kind, Vectors]) -> bool:
        try:
            ours = {kind: self.encode(self.prepare(_PROBE, kind)) for kind in Kind}
        except (
            EngineFailedError,
            AttributeError,
            TypeError,
        ) as error:  # code that looks into layers it does not find
            log.warning("embed.kernel_probe_failed", error=str(error))
            return False
        return all(np.allclose(ours[kind], reference[kind], atol=_TOLERANCE) for kind in Kind)


def licence_of(folder: Path) -> str:
    """The licence that the model card's header names; empty when there is none."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    return next(_header_values(card.read_text("utf-8", errors="replace"), "license"), "")


def _header_values(card: str, key: str) -> Iterator[str]:
    lines = card.splitlines()
    if not lines or lines[0].strip() != "---":
        return
    for line in lines[1:]:
        if line.strip() == "---":
            return
        if line.startswith(f"{key}:"):
            yield line.partition(":")[2].strip().strip("\"'")


def _choose_device(wanted: Device) -> str:
    has_cuda = torch.cuda.is_available()
    if wanted == "cuda" and not has_cuda:
        raise EngineBrokenError(
            "VIVA_EMBED_DEVICE=cuda, but torch sees no CUDA device",
            "set VIVA_EMBED_DEVICE=auto, or install a CUDA build of torch and the driver",
        )
    if wanted == "auto":
        return "cuda" if has_cuda else "cpu"
    return wanted


def _sharing(options: ModelOptions, device: str) -> tuple[int, int]:
    """Threads in all, and batches that share them."""
    total = options.threads or len(os.sched_getaffinity(0))
    wanted = options.parallel_batches or (2 if device == "cpu" else 1)
    return total, min(wanted, total)


def _load(folder: Path, device: str) -> SentenceTransformer:
    try:
        # On a CPU half precision is slower and less exact; elsewhere the checkpoint's own type is kept.
        dtype = {"dtype": torch.float32} if device == "cpu" else {}
        model = SentenceTransformer(str(folder), device=device, local_files_only=True, model_kwargs=dtype)
    except Exception as error:  # the library raises whatever its parts raise
        raise EngineBrokenError(
            f"the model in {folder} cannot be loaded: {type(error).__name__}: {error}",
            "fetch the model again into that folder, or point VIVA_EMBED_MODEL at another one",
        ) from error
    return model.eval()


def _fast_tokenizer(model: SentenceTransformer, folder: Path) -> Any:
    first = model[0]
    tokenizer = getattr(first, "tokenizer", None)
    if not isinstance(first, Transformer) or not getattr(tokenizer, "is_fast", False):
        raise EngineBrokenError(
            f"the model in {folder} does not begin with a transformer and a fast tokenizer",
            "point VIVA_EMBED_MODEL at a text embedding model such as nlpai-lab/KURE-v1",
        )
    return tokenizer


def _library_vectors(model: SentenceTransformer) -> dict[Kind, Vectors]:
    probe = list(_PROBE)
    return {
        Kind.QUERY: unit_rows(model.encode_query(probe, show_progress_bar=False)),
        Kind.PASSAGE: unit_rows(model.encode_document(probe, show_progress_bar=False)),
    }


def _prompt(model: SentenceTransformer, kind: Kind) -> str:
    names = _PROMPT_NAMES[kind]
    return next((model.prompts[name] for name in names if name in model.prompts), "") or ""


def _pad(rows: Sequence[list[int]], pad_id: int, side: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, int64 of shape (rows, longest)."""
    longest = max(map(len, rows))
    ids = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for index, row in enumerate(rows):
        place = slice(0, len(row)) if side == "right" else slice(longest - len(row), longest)
        ids[index, place] = row
        mask[index, place] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)
