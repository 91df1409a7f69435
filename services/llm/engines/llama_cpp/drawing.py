"""Draws tokens from logits, and asks a grammar only about what was drawn. Knows no text, owns samplers."""

import ctypes
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from services.llm.engine import Sampling

# What a request that leaves them out is drawn with.
TEMPERATURE, TOP_K, TOP_P, MIN_P, PENALTY, PENALTY_TOKENS = 0.7, 40, 0.95, 0.05, 1.05, 64
LIKELY, STRIDE = 1024, 16  # so many likely tokens are found by looking closely at one in so many
ENTRY = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])

Tokens = NDArray[np.int32]


@dataclass(slots=True)
class Sampler:
    """Native memory of one request; `free` gives it back. Safe to repeat."""

    chain: Any
    looks_at: int
    grammar: Any = None

    def free(self) -> None:
        for owned in (self.chain, self.grammar):
            if owned:
                llama_cpp.llama_sampler_free(owned)
        self.chain = self.grammar = None


class Drawing:
    """Makes samplers for one vocabulary, and draws with them."""

    def __init__(self, vocab: Any, pieces: Sequence[bytes], end: int) -> None:
        self._vocab, self._end = vocab, end
        self._all = np.arange(len(pieces), dtype=np.int32)
        self._heads, self._begun_by, self._loose = _by_first_character(pieces)

    def sampler(self, sampling: Sampling, grammar: str, seed: int) -> Sampler | None:
        """None when no grammar can be made of the text."""
        rule = None
        if grammar:
            rule = llama_cpp.llama_sampler_init_grammar(self._vocab, grammar.encode(), b"root")
            if not rule:
                return None
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        links, looks_at = _links(sampling, seed, len(self._all))
        for link in links:
            llama_cpp.llama_sampler_chain_add(chain, link)
        return Sampler(chain, looks_at, rule)

    def draw(self, sampler: Sampler, context: Any, row: int) -> int:
        """Looks at the whole vocabulary only where the likely tokens are not enough."""
        found = llama_cpp.llama_get_logits_ith(context, row)
        logits = np.ctypeslib.as_array(found, (len(self._all),))
        likely = self._likely(logits)
        token = _pick(sampler.chain, likely if len(likely) >= sampler.looks_at else self._all, logits)
        if sampler.grammar:
            if not len(_allowed(sampler.grammar, np.array([token], np.int32))):
                candidates = self._candidates(sampler.grammar, likely)
                if not len(candidates):
                    return self._end
                token = _pick(sampler.chain, candidates, logits)
            llama_cpp.llama_sampler_accept(sampler.grammar, token)
        llama_cpp.llama_sampler_accept(sampler.chain, token)
        return token

    def _likely(self, logits: NDArray[np.float32]) -> Tokens:
        """About LIKELY tokens, none of them less likely than one that is left out."""
        few = logits[::STRIDE]
        most = LIKELY // STRIDE
        if len(few) <= most:
            return self._all
        above: Tokens = np.flatnonzero(logits >= np.partition(few, -most)[-most]).astype(np.int32)
        return above

    def _candidates(self, grammar: Any, likely: Tokens) -> Tokens:
        """Of the likely tokens those that the grammar allows; where there is none, of all."""
        found = _allowed(grammar, likely)
        if len(found):
            return found
        heads = _allowed(grammar, self._heads)
        return _allowed(grammar, np.concatenate([self._loose, *(self._begun_by[head] for head in heads)]))


def _links(sampling: Sampling, seed: int, vocabulary: int) -> tuple[list[Any], int]:
    """Of a chain, and how many of the likeliest tokens it must see to choose as it would among all."""
    if sampling.greedy:
        return [llama_cpp.llama_sampler_init_greedy()], 1
    penalty, most = _or(sampling.repeat_penalty, PENALTY), int(_or(sampling.top_k, TOP_K))
    links = [
        llama_cpp.llama_sampler_init_penalties(vocabulary, PENALTY_TOKENS, penalty, 0.0, 0.0),
        llama_cpp.llama_sampler_init_top_k(most),
        llama_cpp.llama_sampler_init_top_p(_or(sampling.top_p, TOP_P), 1),
        llama_cpp.llama_sampler_init_min_p(_or(sampling.min_p, MIN_P), 1),
        llama_cpp.llama_sampler_init_temp(_or(sampling.temperature, TEMPERATURE)),
        llama_cpp.llama_sampler_init_dist(seed),
    ]
    # A penalty of 1 or more only lowers, and at most so many tokens: nothing below them rises into the top.
    return links, most + PENALTY_TOKENS if penalty >= 1 else vocabulary


def _by_first_character(pieces: Sequence[bytes]) -> tuple[Tokens, dict[int, Tokens], Tokens]:
    """Tokens of one character, the tokens that each of them begins, and those that none begins.

    Where a grammar refuses a character it refuses all that it begins.
    """
    heads = {piece: token for token, piece in enumerate(pieces) if piece and piece == _first(piece)}
    begun: dict[int, list[int]] = defaultdict(list)
    for token, piece in enumerate(pieces):
        begun[heads.get(_first(piece), -1)].append(token)
    loose = begun.pop(-1, [])
    by_head = {head: np.array(tokens, np.int32) for head, tokens in begun.items()}
    return np.array(list(by_head), np.int32), by_head, np.array(loose, np.int32)


def _first(piece: bytes) -> bytes:
    """The bytes of the first character; none where it is not whole."""
    character = piece[:4].decode(errors="replace")[:1].encode()
    return character if piece.startswith(character) else b""


def _allowed(grammar: Any, tokens: Tokens) -> Tokens:
    entries = np.zeros(len(tokens), ENTRY)
    entries["id"] = tokens
    _apply(grammar, entries)
    allowed: Tokens = tokens[np.isfinite(entries["logit"])]
    return allowed


def _pick(chain: Any, tokens: Tokens, logits: NDArray[np.float32]) -> int:
    entries = np.zeros(len(tokens), ENTRY)
    entries["id"], entries["logit"] = tokens, logits[tokens]
    array = _apply(chain, entries)
    return int(array.data[array.selected].id)


def _apply(sampler: Any, entries: NDArray[Any]) -> Any:
    """Works in place, in an order that the sampler chooses."""
    data = entries.ctypes.data_as(llama_cpp.llama_token_data_p)
    array = llama_cpp.llama_token_data_array(data, len(entries), -1, False)
    llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
    return array


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
