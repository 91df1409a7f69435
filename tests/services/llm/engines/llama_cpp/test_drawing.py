"""Drawing: the same tokens as llama.cpp's own samplers over the whole vocabulary, with less work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import pytest

from services.llm.engine import Priority, Sampling
from services.llm.engines.llama_cpp.drawing import PENALTY_TOKENS, TOP_K, _by_first_character
from services.llm.engines.llama_cpp.engine import _grammar
from services.llm.engines.llama_cpp.native import Native, Shape
from services.llm.engines.llama_cpp.plan import Chunk, Job
from tests.services.llm.contract import SCHEMA

pytestmark = pytest.mark.model


@pytest.fixture
def native(tiny_gguf: Path) -> Iterator[Native]:
    native = Native(tiny_gguf, Shape(slots=1, context=512, step=64, threads=1))
    yield native
    native.close()


def decode(native: Native, position: int, token: int) -> None:
    job = Job([token], Priority.INTERACTIVE)
    assert native.decode([Chunk(0, job, position, [token], output=True)]) == 0


def drawn_by_llama_cpp(native: Native, links: list[Any]) -> Iterator[int]:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for link in links:
        llama_cpp.llama_sampler_chain_add(chain, link)
    try:
        while True:
            yield int(llama_cpp.llama_sampler_sample(chain, native._context, 0))
    finally:
        llama_cpp.llama_sampler_free(chain)


def test_greedy_with_a_grammar_draws_what_the_grammar_over_everything_draws(native: Native) -> None:
    grammar = _grammar(json.dumps(SCHEMA))
    rule = llama_cpp.llama_sampler_init_grammar(native._vocab, grammar.encode(), b"root")
    expected = drawn_by_llama_cpp(native, [rule, llama_cpp.llama_sampler_init_greedy()])
    sampler = native.sampler(Sampling(greedy=True), grammar, 1)
    assert sampler is not None
    token, text = 5, b""
    for position in range(200):
        decode(native, position, token)
        token = native.sample(sampler, 0)
        assert token == next(expected)
        if native.ends(token):
            break
        text += native.piece(token)
    sampler.free()
    assert set(json.loads(text)) == {"score", "reason"}


def test_penalties_after_a_first_choice_draw_what_they_draw_before_it(native: Native) -> None:
    tokens = llama_cpp.llama_vocab_n_tokens(native._vocab)
    links = [
        llama_cpp.llama_sampler_init_penalties(tokens, PENALTY_TOKENS, 1.5, 0.0, 0.0),
        llama_cpp.llama_sampler_init_top_k(TOP_K),
        llama_cpp.llama_sampler_init_top_p(0.99, 1),
        llama_cpp.llama_sampler_init_min_p(0.01, 1),
        llama_cpp.llama_sampler_init_temp(0.9),
        llama_cpp.llama_sampler_init_dist(7),
    ]
    expected = drawn_by_llama_cpp(native, links)
    sampling = Sampling(temperature=0.9, top_p=0.99, min_p=0.01, repeat_penalty=1.5)
    sampler = native.sampler(sampling, "", 7)
    assert sampler is not None
    token, drawn = 5, set()
    for position in range(150):
        decode(native, position, token)
        token = native.sample(sampler, 0)
        assert token == next(expected)
        drawn.add(token)
    sampler.free()
    assert len(drawn) > 20


def test_a_seed_repeats_a_text_that_a_grammar_constrains(native: Native) -> None:
    texts = []
    for _ in range(2):
        sampler = native.sampler(Sampling(temperature=1.0), _grammar(json.dumps(SCHEMA)), 3)
        assert sampler is not None
        token, text = 5, []
        for position in range(40):
            decode(native, position, token)
            token = native.sample(sampler, 0)
            text.append(token)
            if native.ends(token):
                break
        sampler.free()
        native.cut(0, 0)
        texts.append(text)
    assert texts[0] == texts[1]


def test_tokens_are_told_apart_by_their_first_character_and_broken_ones_by_none() -> None:
    pieces = [
        b"a",
        b"ab",
        "가".encode(),
        "가나".encode(),
        "가".encode()[:2],
        b"",
        "나라".encode(),
        "\ufffd".encode(),
    ]
    heads, begun_by, loose = _by_first_character(pieces)
    assert heads.tolist() == [0, 2, 7]
    assert {head: tokens.tolist() for head, tokens in begun_by.items()} == {0: [0, 1], 2: [2, 3], 7: [7]}
    assert loose.tolist() == [4, 5, 6]
