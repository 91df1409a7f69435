"""The limit of decoding: a bare `llama_decode` loop over the same model, batch and context.

    python -m tests.bench._llm_limit MODEL BATCH STEPS PROMPT CONTEXT THREADS PLAIN UNIFIED

Prints mean milliseconds per step: of `llama_decode` alone, and with a token drawn for each sequence by
llama.cpp's own chain of samplers over the whole vocabulary.
"""

import ctypes
import statistics
import sys
import time
from typing import Any

import llama_cpp as low

from tests.bench._llm_servers import SEED, TEMPERATURE, TOP_K


def main() -> None:
    model_path = sys.argv[1]
    batch_size, steps, prompt, context, threads, plain, unified = map(int, sys.argv[2:])
    low.llama_backend_init()
    low.llama_log_set(_quiet, ctypes.c_void_p(0))
    options = low.llama_model_default_params()
    options.use_extra_bufts = not plain
    model = low.llama_model_load_from_file(model_path.encode(), options)
    settings = low.llama_context_default_params()
    settings.n_ctx, settings.n_seq_max = context * batch_size, batch_size
    settings.n_threads = settings.n_threads_batch = threads
    settings.kv_unified = bool(unified)
    settings.flash_attn_type = low.LLAMA_FLASH_ATTN_TYPE_DISABLED
    running = low.llama_init_from_model(model, settings)
    batch = low.llama_batch_init(max(512, batch_size), 0, 1)
    for sequence in range(batch_size):
        _fill(batch, [(100 + place % 900, place, sequence) for place in range(prompt)])
        _decoded(running, batch)
    chains = [_chain(model) for _ in range(batch_size)]
    decoding, drawing = [], []
    for step in range(steps):
        _fill(batch, [(100 + (step * 7 + s) % 900, prompt + step, s) for s in range(batch_size)])
        started = time.perf_counter()
        _decoded(running, batch)
        decoded = time.perf_counter()
        for row, chain in enumerate(chains):
            low.llama_sampler_sample(chain, running, row)
        decoding.append((decoded - started) * 1000)
        drawing.append((time.perf_counter() - decoded) * 1000)
    print(statistics.mean(decoding), statistics.mean(decoding) + statistics.mean(drawing))


def _chain(model: Any) -> Any:
    chain = low.llama_sampler_chain_init(low.llama_sampler_chain_default_params())
    for link in (
        low.llama_sampler_init_penalties(
            low.llama_vocab_n_tokens(low.llama_model_get_vocab(model)), 64, 1.05, 0.0, 0.0
        ),
        low.llama_sampler_init_top_k(TOP_K),
        low.llama_sampler_init_top_p(0.95, 1),
        low.llama_sampler_init_min_p(0.05, 1),
        low.llama_sampler_init_temp(TEMPERATURE),
        low.llama_sampler_init_dist(SEED),
    ):
        low.llama_sampler_chain_add(chain, link)
    return chain


def _fill(batch: low.llama_batch, tokens: list[tuple[int, int, int]]) -> None:
    batch.n_tokens = len(tokens)
    for place, (token, position, sequence) in enumerate(tokens):
        batch.token[place], batch.pos[place] = token, position
        batch.n_seq_id[place], batch.seq_id[place][0] = 1, sequence
        batch.logits[place] = int(position >= 0)


def _decoded(running: low.llama_context_p, batch: low.llama_batch) -> None:
    """With the logits computed: llama_decode itself returns before they are."""
    code = low.llama_decode(running, batch)
    if code:
        raise SystemExit(f"llama_decode returned {code}")
    low.llama_synchronize(running)


@low.llama_log_callback
def _quiet(level: int, text: bytes, data: ctypes.c_void_p) -> None: ...


if __name__ == "__main__":
    main()
