"""What every engine must do, run on every engine, the fake included."""

from __future__ import annotations

import numpy as np
import pytest

from services.embed.engine import Kind
from services.embed.engines.fake import FakeEngine
from services.embed.engines.hashing import HashingEngine

KOREAN = ["결제 시스템을 개발했습니다.", "주말에는 등산을 즐깁니다.", "가", "Kubernetes 1.30 운영 경험"]
ODD = ["!", "ㅋㅋㅋ", "a\u200b", "👩‍💻", "\ue000", "e\u0301 é", "x" * 8192, "가 " * 4000]


def fake():
    return FakeEngine()


def hashing():
    return HashingEngine()


def hashing_jamo():
    return HashingEngine(dimensions=512, use_jamo=True)


def on_stock_kernels(folder):
    return model_engine(folder, "stock")


def on_fast_kernels(folder):
    return model_engine(folder, "auto")


def model_engine(folder, kernels):
    from services.embed.engines.sentence_transformers import ModelOptions, SentenceTransformersEngine

    return SentenceTransformersEngine(ModelOptions(folder, "tiny", device="cpu", kernels=kernels))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(fake, marks=pytest.mark.unit),
        pytest.param(hashing, marks=pytest.mark.unit),
        pytest.param(hashing_jamo, marks=pytest.mark.unit),
        pytest.param(on_stock_kernels, marks=pytest.mark.model),
        pytest.param(on_fast_kernels, marks=pytest.mark.model),
    ],
    ids=lambda make: make.__name__,
)
def engine(request):
    needs_model = request.param in (on_stock_kernels, on_fast_kernels)
    made = request.param(request.getfixturevalue("tiny_model")) if needs_model else request.param()
    yield made
    made.close()


def vectors(engine, texts, kind=Kind.PASSAGE):
    return engine.encode(engine.prepare(texts, kind))


def test_it_says_what_it_is(engine):
    info = engine.info
    assert info.name
    assert info.model
    assert info.device
    assert info.dimensions > 0
    assert info.max_tokens >= 0


@pytest.mark.parametrize("kind", Kind)
def test_each_text_gets_one_float32_vector_of_length_one(engine, kind):
    found = vectors(engine, KOREAN + ODD, kind)
    assert found.shape == (len(KOREAN) + len(ODD), engine.info.dimensions)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_the_same_text_gets_the_same_vector_again(engine):
    np.testing.assert_array_equal(vectors(engine, KOREAN), vectors(engine, KOREAN))


def test_a_vector_does_not_depend_on_its_neighbours_in_the_batch(engine):
    together = vectors(engine, [*KOREAN, "가나다 " * 30])
    alone = np.concatenate([vectors(engine, [text]) for text in KOREAN])
    np.testing.assert_allclose(together[: len(KOREAN)], alone, atol=1e-5)


def test_order_is_kept(engine):
    there = vectors(engine, KOREAN)
    back = vectors(engine, KOREAN[::-1])
    np.testing.assert_allclose(there, back[::-1], atol=1e-5)


def test_different_texts_get_different_vectors(engine):
    found = vectors(engine, KOREAN)
    assert (found @ found.T - np.eye(len(KOREAN))).max() < 0.9999


def test_preparing_counts_tokens_and_says_what_was_cut(engine):
    short, long = engine.prepare(["짧은 글", "아주 긴 글입니다 " * 900], Kind.PASSAGE)
    assert 0 < short.tokens < long.tokens
    assert not short.truncated
    assert long.truncated == bool(engine.info.max_tokens)
    if engine.info.max_tokens:
        assert long.tokens == engine.info.max_tokens
