"""Owns the native memory of model, context and batch. Knows no scheduling and no chat.

One thread at a time may call what touches the context; `tokenise`, `piece` and `meta` may run beside it.
"""

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import llama_cpp

from services.llm.engine import Sampling
from services.llm.engines.llama_cpp.drawing import Drawing, Sampler
from services.llm.engines.llama_cpp.plan import Chunk, gaps

KV_TYPES = {"f16": llama_cpp.GGML_TYPE_F16, "q8_0": llama_cpp.GGML_TYPE_Q8_0}
FILLER = 0  # whichever token: it is dropped again
FLASH = {"auto": -1, "off": 0, "on": 1}


class LoadFailed(Exception):
    """The file is no model that this build of llama.cpp can run with these settings."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the context is laid out; counts of tokens, layers and threads."""

    slots: int
    context: int
    step: int
    threads: int = 0
    unified: bool = False
    gpu_layers: int = 0
    flash: str = "auto"
    kv_type: str = "f16"
    repack: bool = False

    @property
    def attention(self) -> str:
        """A processor reads fewer than 64 tokens several times slower with flash attention than without."""
        on_processor = self.gpu_layers == 0 and self.kv_type == "f16"
        return "off" if self.flash == "auto" and on_processor else self.flash


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """llama.cpp quotes prompts and paths; what matters comes back as return values."""


class Native:
    """One model and one context. Raises LoadFailed."""

    def __init__(self, path: Path, shape: Shape) -> None:
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self.shape = shape
        self._model: Any = None
        self._context: Any = None
        self._batch: Any = None
        try:
            self._open(path)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path) -> None:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self.shape.gpu_layers
        params.use_extra_bufts = self.shape.repack
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise LoadFailed(f"{path.name} is damaged, or of a kind that this llama.cpp does not know")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._context = llama_cpp.llama_init_from_model(self._model, self._params())
        if not self._context:
            raise LoadFailed(
                f"there is not enough memory for {self.shape.slots} × {self.shape.context} tokens"
            )
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(self.shape.step + self.shape.slots, 0, 1)
        self._rows: list[int] = []
        self._bridges = not (self.shape.unified or self.remembers_all)
        pieces = [self.piece(token) for token in range(llama_cpp.llama_vocab_n_tokens(self._vocab))]
        self._drawing = Drawing(self._vocab, pieces, self.eos)

    def _params(self) -> Any:
        shape = self.shape
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = shape.slots * shape.context
        params.n_batch = params.n_ubatch = shape.step + shape.slots
        params.n_seq_max = shape.slots
        params.n_threads = params.n_threads_batch = shape.threads or physical_cores()
        params.type_k = params.type_v = KV_TYPES[shape.kv_type]
        params.flash_attn_type = FLASH[shape.attention]
        params.kv_unified, params.swa_full, params.no_perf = shape.unified, True, True
        return params

    def close(self) -> None:
        """Frees everything, in the order that llama.cpp asks for. Safe to repeat."""
        if self._batch is not None:
            llama_cpp.llama_batch_free(self._batch)
        if self._context:
            llama_cpp.llama_free(self._context)
        if self._model:
            llama_cpp.llama_model_free(self._model)
        self._batch = self._context = self._model = None

    # Facts

    def meta(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(64 * 1024)
        size = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode(errors="replace") if size >= 0 else ""

    @cached_property
    def template(self) -> str:
        found = llama_cpp.llama_model_chat_template(self._model, None)
        return found.decode(errors="replace") if found else ""

    @cached_property
    def quantisation(self) -> str:
        name = llama_cpp.llama_ftype_name(llama_cpp.llama_model_ftype(self._model))
        return name.decode() if name else ""

    @property
    def remembers_all(self) -> bool:
        """A state that every token changes: one that was computed cannot be dropped again."""
        models = llama_cpp.llama_model_is_recurrent, llama_cpp.llama_model_is_hybrid
        return any(asked(self._model) for asked in models)

    @cached_property
    def bos(self) -> int:
        return int(llama_cpp.llama_vocab_bos(self._vocab))

    @cached_property
    def eos(self) -> int:
        return int(llama_cpp.llama_vocab_eos(self._vocab))

    @cached_property
    def adds_bos(self) -> bool:
        return bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))

    def ends(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    # Text

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        """Without `special` no text becomes a control token, whatever it looks like."""
        data = text.encode(errors="replace")
        room = len(data) + 8
        tokens = (ctypes.c_int32 * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        if count < 0:
            raise ValueError("llama.cpp could not cut this text into tokens")
        return list(tokens[:count])

    def piece(self, token: int, *, special: bool = False) -> bytes:
        buffer = ctypes.create_string_buffer(512)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        return buffer.raw[: max(size, 0)]

    # Steps

    def decode(self, chunks: Sequence[Chunk]) -> int:
        """The return code of llama_decode. Outputs are then sampled by their row, counted over the chunks."""
        filled = {slot: self.length(slot) for slot in gaps(chunks)} if self._bridges else {}
        idle = {slot: at for slot, at in filled.items() if at < self.shape.context}
        steps = [(chunk.slot, chunk.start, chunk.tokens, chunk.output) for chunk in chunks]
        steps += [(slot, at, [FILLER], False) for slot, at in idle.items()]
        batch, row, self._rows = self._batch, 0, []
        for slot, start, tokens, output in sorted(steps):
            if slot not in idle:
                self._rows += range(row, row + len(tokens))
            for offset, token in enumerate(tokens, 1):
                batch.token[row] = token
                batch.pos[row] = start + offset - 1
                batch.n_seq_id[row] = 1
                batch.seq_id[row][0] = slot
                batch.logits[row] = output and offset == len(tokens)
                row += 1
        batch.n_tokens = row
        code = int(llama_cpp.llama_decode(self._context, batch))
        for slot, at in idle.items():
            self.cut(slot, at)
        return code

    def sample(self, sampler: Sampler, row: int) -> int:
        return self._drawing.draw(sampler, self._context, self._rows[row])

    def length(self, slot: int) -> int:
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, slot)) + 1

    def sampler(self, sampling: Sampling, grammar: str, seed: int) -> Sampler | None:
        """To be freed by who asked; None when no grammar can be made of the text."""
        return self._drawing.sampler(sampling, grammar, seed)

    # The KV cache, as the plan asks for it

    def cut(self, slot: int, length: int) -> bool:
        return bool(llama_cpp.llama_memory_seq_rm(self._memory, slot, length, -1))

    def copy(self, source: int, target: int, length: int) -> bool:
        # Between split buffers only a whole sequence can be copied; unified ones share it and move nothing.
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        return self.cut(target, length) or not self.cut(target, 0)

    def save(self, slot: int) -> bytes:
        size = llama_cpp.llama_state_seq_get_size(self._context, slot)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self._context, buffer, size, slot)
        return bytes(memoryview(buffer)[:written])

    def load(self, slot: int, state: bytes) -> bool:
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(self._context, buffer, len(state), slot):
            return True
        self.cut(slot, 0)
        return False


def offloads() -> bool:
    """Whether this build of llama.cpp has a GPU backend, and finds a GPU."""
    return bool(llama_cpp.llama_supports_gpu_offload())


def physical_cores() -> int:
    """Two threads of one core share what llama.cpp is limited by."""
    found = {
        path.read_text()
        for path in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    }
    return max(1, min(len(found) or os.cpu_count() or 1, len(os.sched_getaffinity(0))))
