"""The model engine against the real library, on a tiny XLM-R that the library itself made."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.embed.config import Settings
from services.embed.engine import Kind
from services.embed.engines import has_weights, open_engine
from services.embed.errors import EngineFailedError
from services.runtime.engines import Missing
from services.runtime.errors import FailedPrecondition

from .tiny_xlmr import Shape, build, sentences

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def library(tiny_model):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(tiny_model), device="cpu", local_files_only=True)


def make(folder, **options):
    from services.embed.engines.sentence_transformers import ModelOptions, SentenceTransformersEngine

    return SentenceTransformersEngine(ModelOptions(folder, "tiny", device="cpu", **options))


def texts(count, seed=11):
    return [text for text, _ in zip(sentences(seed), range(count), strict=False)]


@pytest.mark.parametrize("kernels", ["stock", "auto"])
def test_vectors_are_those_of_the_library(tiny_model, library, kernels):
    engine = make(tiny_model, kernels=kernels)
    asked = [*texts(12), "가", "짧은 글", " ".join(texts(5))]
    for kind, reference in ((Kind.QUERY, library.encode_query), (Kind.PASSAGE, library.encode_document)):
        ours = engine.encode(engine.prepare(asked, kind))
        one_by_one = np.stack([reference(text, normalize_embeddings=True) for text in asked])
        np.testing.assert_allclose(ours, one_by_one, atol=2e-5)


def test_fast_kernels_are_in_use_where_they_give_the_same_vectors(tiny_model):
    assert make(tiny_model).kernels == "first token + onednn"
    assert make(tiny_model, kernels="stock").kernels == "stock"


def test_a_model_that_averages_its_tokens_keeps_its_whole_last_layer(tmp_path):
    from sentence_transformers import SentenceTransformer

    folder = build(tmp_path, Shape(pooling="mean"))
    engine, library = make(folder), SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    assert engine.kernels == "onednn"
    ours = engine.encode(engine.prepare(texts(5), Kind.PASSAGE))
    np.testing.assert_allclose(ours, library.encode(texts(5)), atol=2e-5)


def test_kernels_that_change_a_vector_are_not_used(tiny_model, monkeypatch):
    from services.embed.engines import onednn

    def spoil(model):
        next(model.parameters()).data.mul_(1.5)
        return 1

    monkeypatch.setattr(onednn, "pack_linear_layers", spoil)
    engine = make(tiny_model)
    assert engine.kernels == "stock"
    stock = make(tiny_model, kernels="stock")
    ask = texts(3)
    np.testing.assert_allclose(
        engine.encode(engine.prepare(ask, Kind.QUERY)),
        stock.encode(stock.prepare(ask, Kind.QUERY)),
        atol=1e-6,
    )


def test_batches_side_by_side_give_the_vectors_of_batches_in_a_row(tiny_model):
    engine = make(tiny_model, threads=2)
    assert engine.info.parallel_batches == 2
    batches = [engine.prepare(texts(6, seed), Kind.PASSAGE) for seed in range(8)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(engine.encode, batches))
    for batch, found in zip(batches, together, strict=True):
        np.testing.assert_allclose(found, engine.encode(batch), atol=2e-5)


def test_a_query_is_embedded_with_the_models_query_prompt(tiny_model):
    engine = make(tiny_model)
    query, passage = (engine.encode(engine.prepare(["경험"], kind)) for kind in Kind)
    assert not np.allclose(query, passage, atol=1e-3)


def test_padding_does_not_change_a_vector(tiny_model):
    engine = make(tiny_model)
    short, long = engine.prepare(["가", " ".join(texts(3))], Kind.PASSAGE)
    np.testing.assert_allclose(engine.encode([short, long])[0], engine.encode([short])[0], atol=2e-5)


def test_token_counts_are_those_of_the_tokenizer(tiny_model, library):
    engine = make(tiny_model)
    asked = texts(4)
    prepared = engine.prepare(asked, Kind.PASSAGE)
    expected = [min(len(ids), 64) for ids in library.tokenizer(asked)["input_ids"]]
    assert [each.tokens for each in prepared] == expected


def test_a_model_in_half_precision_computes_in_single_precision_on_a_cpu(tiny_model, tmp_path):
    from sentence_transformers import SentenceTransformer

    half = SentenceTransformer(str(tiny_model), device="cpu", local_files_only=True).half()
    half.save(str(tmp_path / "half"))
    whole = make(tiny_model)
    engine = make(tmp_path / "half")
    ask = texts(3)
    ours = engine.encode(engine.prepare(ask, Kind.PASSAGE))
    np.testing.assert_allclose(ours, whole.encode(whole.prepare(ask, Kind.PASSAGE)), atol=5e-3)


def test_a_model_that_gives_nonsense_is_an_error_and_not_a_vector(tiny_model):
    import torch

    engine = make(tiny_model, kernels="stock")
    prepared = engine.prepare(["가"], Kind.PASSAGE)
    with torch.no_grad():
        next(engine._model.parameters()).fill_(float("nan"))
    with pytest.raises(EngineFailedError):
        engine.encode(prepared)


def test_the_licence_is_read_from_the_model_card(tiny_model, tmp_path):
    from services.embed.engines.sentence_transformers import licence_of

    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "README.md").write_text("---\ntags: [x]\nlicense: mit\n---\nlicense: not this\n", "utf-8")
    assert licence_of(folder) == "mit"
    (folder / "README.md").unlink()
    assert licence_of(folder) == ""


# Which engine is chosen


def test_auto_takes_the_model_when_its_weights_are_in_place(tiny_model):
    engine = open_engine(Settings(model=str(tiny_model), dimensions=32, device="cpu"))
    assert not isinstance(engine, Missing)
    assert engine.info.name == "sentence_transformers"
    assert engine.info.model == "model"


def test_a_model_below_the_models_folder_is_named_as_it_was_asked_for(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "embed" / "org" / "tiny")
    engine = open_engine(Settings(models=tmp_path, model="org/tiny", dimensions=32, device="cpu"))
    assert not isinstance(engine, Missing)
    assert engine.info.model == "org/tiny"


def test_another_number_of_dimensions_is_refused_at_start(tiny_model):
    with pytest.raises(FailedPrecondition, match="32 dimensions, and 1024 are expected") as refused:
        open_engine(Settings(model=str(tiny_model), device="cpu"))
    assert "VIVA_EMBED_DIMENSIONS=32" in refused.value.remedy


def test_weights_that_cannot_be_read_are_refused_and_never_replaced_by_the_lesser_engine(
    tiny_model, tmp_path
):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(FailedPrecondition, match="cannot be loaded"):
        open_engine(Settings(model=str(folder), dimensions=32, device="cpu"))


def test_a_broken_off_download_counts_as_no_weights(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "model.safetensors.incomplete")
    assert not has_weights(folder)


def test_f14_a_device_that_is_not_there_is_refused_at_start_with_the_reason(tiny_model):
    import torch

    if torch.cuda.is_available():
        pytest.skip("GPU present: the refusal of an absent one cannot be seen here")
    with pytest.raises(FailedPrecondition, match="sees no CUDA device"):
        open_engine(Settings(model=str(tiny_model), dimensions=32, device="cuda"))


def test_on_a_gpu_vectors_are_those_of_the_cpu(tiny_model):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("GPU is absent")
    from services.embed.engines.sentence_transformers import ModelOptions, SentenceTransformersEngine

    engine = SentenceTransformersEngine(ModelOptions(tiny_model, "tiny", device="cuda"))
    ask, cpu = texts(6), make(tiny_model)
    ours = engine.encode(engine.prepare(ask, Kind.PASSAGE))
    np.testing.assert_allclose(ours, cpu.encode(cpu.prepare(ask, Kind.PASSAGE)), atol=1e-3)


def test_more_than_one_thread_setting_gives_the_same_vectors(tiny_model):
    import torch

    before = torch.get_num_threads()
    try:
        one = make(tiny_model, threads=1)
        found = one.encode(one.prepare(texts(4), Kind.PASSAGE))
        torch.set_num_threads(before)
        default = make(tiny_model)
        np.testing.assert_allclose(found, default.encode(default.prepare(texts(4), Kind.PASSAGE)), atol=2e-5)
    finally:
        torch.set_num_threads(before)
