"""Whisper models with random weights in CTranslate2 form, of any shape, written from numpy alone.

What they say means nothing; how long they take depends on the shape only.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

POSITIONS = 1500
TEXT_POSITIONS = 448
BESIDE_WORDS = 1 + 8 + 1501
# What comes next depends on how far the text is, or it would be one word over and over.
TEXT_POSITION_WEIGHT = 20
# It is sure of what it says, or an unlikely text would be drawn again, by chance.
SURENESS = 40


@dataclass(frozen=True)
class Shape:
    """`vocabulary` counts all tokens: bytes, specials, times, and words without meaning."""

    width: int = 64
    heads: int = 2
    layers: int = 2
    mels: int = 80
    vocabulary: int = 2_048
    seed: int = 0


TINY = Shape()
BASE = Shape(width=512, heads=8, layers=6, vocabulary=51_865)
SMALL = Shape(width=768, heads=12, layers=12, vocabulary=51_865)


def write(folder: Path, shape: Shape = TINY, languages: tuple[str, ...] = ("en", "ko")) -> Path:
    """The folder, holding what faster-whisper's converted models hold."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(shape, languages)
    vocabulary = tokenizer.get_vocab()
    spec = whisper_spec.WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    _fill(spec, shape, len(vocabulary))
    spec.register_vocabulary(sorted(vocabulary, key=vocabulary.__getitem__))
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [vocabulary[f"<|{each}|>"] for each in languages]
    spec.config.alignment_heads = [(shape.layers - 1, head) for head in range(shape.heads)]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": shape.mels}))
    return folder


def _tokenizer(shape: Shape, languages: tuple[str, ...]) -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = (f"Ġw{index}" for index in range(shape.vocabulary - len(letters) - BESIDE_WORDS - len(languages)))
    # An empty token is what tells CTranslate2 that the model speaks several languages.
    vocabulary = {each: index for index, each in enumerate([*letters, "", *words])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    special = ("endoftext", "startoftranscript", *languages, *tasks)
    tokenizer.add_special_tokens([AddedToken(f"<|{each}|>", special=True) for each in special])
    tokenizer.add_tokens([AddedToken(f"<|{index * 0.02:.2f}|>") for index in range(1501)])
    return tokenizer


def _fill(spec: Any, shape: Shape, vocabulary: int) -> None:
    random = np.random.default_rng(shape.seed)
    width = shape.width

    def drawn(*size: int) -> Any:
        return (random.standard_normal(size) * 0.05).astype(np.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = drawn(rows, columns), np.zeros(rows, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def attention(layer: Any, *rows: int) -> None:
        norm(layer.layer_norm)
        for each, size in zip(layer.linear, rows, strict=True):
            linear(each, size, width)

    def forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 4 * width, width)
        linear(layer.linear_1, width, 4 * width)

    encoder, decoder = spec.encoder, spec.decoder
    for convolution, channels in ((encoder.conv1, shape.mels), (encoder.conv2, width)):
        convolution.weight, convolution.bias = drawn(width, channels, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = drawn(POSITIONS, width)
    decoder.position_encodings.encodings = drawn(TEXT_POSITIONS, width) * TEXT_POSITION_WEIGHT
    decoder.embeddings.weight = drawn(vocabulary, width)
    decoder.projection.weight = drawn(vocabulary, width) * SURENESS
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    for layer in encoder.layer:
        attention(layer.self_attention, 3 * width, width)
        forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.self_attention, 3 * width, width)
        attention(layer.attention, width, 2 * width, width)
        # It reads the audio and then says the same: words that hang on chance would be committed by chance.
        layer.attention.linear[-1].weight *= 0
        forward(layer.ffn)
