"""Character n-grams hashed into a fixed number of signed buckets: no model, no weights, no training.

It sees shared spelling, not meaning: synonyms are strangers to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.embed.engine import EngineInfo, Kind, Prepared, Vectors, unit_rows
from services.embed.engines.korean import jamo, stems

# A change to anything below that alters vectors must alter this name too: stored vectors carry it.
MODEL = "char-ngrams-2-4-v1"
MODEL_JAMO = "char-ngrams-2-4-jamo-v1"

_NGRAM_LENGTHS = (2, 3, 4)
_JAMO_NGRAM_LENGTHS = (3, 4, 5)
_BOUNDARY = " "
_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    dtype=np.uint64,
)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_JAMO_SALT = 64

_Hashes = npt.NDArray[np.uint64]


class HashingEngine:
    """Feature hashing (Weinberger et al., 2009) of character n-grams with sublinear term frequency."""

    def __init__(self, dimensions: int = 1024, use_jamo: bool = False) -> None:
        self._dimensions = dimensions
        self._use_jamo = use_jamo
        self.info = EngineInfo(
            name="hashing",
            model=MODEL_JAMO if use_jamo else MODEL,
            device="cpu",
            dimensions=dimensions,
            max_tokens=0,
        )

    def prepare(self, texts: Sequence[str], kind: Kind) -> list[Prepared]:
        return [self._prepare_one(text) for text in texts]

    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        rows = np.zeros((len(batch), self._dimensions), dtype=np.float64)
        for row, prepared in zip(rows, batch, strict=True):
            buckets, weights = prepared.content
            np.add.at(row, buckets, weights)
            if not row.any():  # every signed pair cancelled: keep the text apart from nothing
                row[buckets[0]] = 1.0
        return unit_rows(rows)

    def close(self) -> None:
        """Nothing is held."""

    def _prepare_one(self, text: str) -> Prepared:
        words = stems(text)
        hashes = _ngrams(words, _NGRAM_LENGTHS, salt=0)
        if self._use_jamo:
            extra = _ngrams([jamo(word) for word in words], _JAMO_NGRAM_LENGTHS, salt=_JAMO_SALT)
            hashes = np.concatenate([hashes, extra])
        distinct, counts = np.unique(hashes, return_counts=True)
        signs = np.where(distinct >> np.uint64(63), -1.0, 1.0)
        buckets = (distinct % np.uint64(self._dimensions)).astype(np.intp)
        return Prepared((buckets, signs * (1.0 + np.log(counts))), tokens=len(hashes))


def _ngrams(words: Sequence[str], lengths: Sequence[int], salt: int) -> _Hashes:
    """Hashes of all n-grams of the words, each word marked at both ends; equal in every process."""
    text = _BOUNDARY + _BOUNDARY.join(words) + _BOUNDARY
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    inner_boundaries = np.concatenate([[0], np.cumsum(codes == ord(_BOUNDARY))])
    return np.concatenate([_ngrams_of(codes, inner_boundaries, n, salt) for n in lengths])


def _ngrams_of(codes: _Hashes, boundaries: npt.NDArray[np.int64], n: int, salt: int) -> _Hashes:
    count = len(codes) - n + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    mixed = np.full(count, n + salt, dtype=np.uint64)
    for offset in range(n):
        mixed += codes[offset : offset + count] * _MULTIPLIERS[offset]
        mixed ^= mixed >> np.uint64(29)
    # A boundary may begin or end an n-gram, never stand inside it or fill it.
    inside = boundaries[n - 1 : n - 1 + count] - boundaries[1 : 1 + count]
    return _finalise(mixed[(inside == 0)] if n > 2 else mixed)


def _finalise(hashes: _Hashes) -> _Hashes:
    """The finaliser of splitmix64 (Steele et al., 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_2
    return hashes ^ (hashes >> np.uint64(31))
