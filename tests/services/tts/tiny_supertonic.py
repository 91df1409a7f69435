"""Writes a folder with the files, names and tensors of Supertonic, whose models compute next to nothing.

A sentence lasts 0.05 s for each of its characters, and its sound is the noise that it began as.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.fixtures.onnx_file import (
    FLOAT,
    INT64,
    float_attribute,
    int_attribute,
    ints_attribute,
    model,
    node,
)

RATE_HZ = 8_000
LATENT = 6  # channels of a frame, and samples of one

TEXT = {"text_ids": (INT64, 2), "text_mask": (FLOAT, 3)}
STYLES = {"style_ttl": [1, 5, 4], "style_dp": [1, 2, 3]}


def write(folder: Path, voices: Sequence[str] = ("F1", "M1")) -> Path:
    """The folder, as `viva models pull` would leave it."""
    onnx, styles = folder / "onnx", folder / "voice_styles"
    onnx.mkdir(parents=True)
    styles.mkdir()
    sizes = {"ae": {"sample_rate": RATE_HZ, "base_chunk_size": 2}}
    sizes |= {"ttl": {"latent_dim": 2, "chunk_compress_factor": 3}}
    (onnx / "tts.json").write_text(json.dumps(sizes))
    (onnx / "unicode_indexer.json").write_text(json.dumps([at if at > 31 else -1 for at in range(0x10000)]))
    for voice in voices:
        content = {name: {"dims": dims, "data": _zeros(dims)} for name, dims in STYLES.items()}
        (styles / f"{voice}.json").write_text(json.dumps(content))
    for name, content in models().items():
        (onnx / f"{name}.onnx").write_bytes(content)
    return folder


def models() -> dict[str, bytes]:
    length = node(
        "ReduceSum", ["text_mask"], "characters", ints_attribute("axes", [1, 2]), int_attribute("keepdims", 0)
    )
    factor = node("Constant", [], "factor", float_attribute("value_float", 0.05))
    duration = node("Mul", ["characters", "factor"], "duration")
    masked = {"noisy_latent": (FLOAT, 3), "latent_mask": (FLOAT, 3), "text_emb": (FLOAT, 3)}
    steps = {"current_step": (FLOAT, 1), "total_step": (FLOAT, 1)}
    return {
        "duration_predictor": _model(
            [length, factor, duration], {**TEXT, "style_dp": (FLOAT, 3)}, "duration", 1
        ),
        "text_encoder": _model(
            [
                node("Cast", ["text_ids"], "letters", int_attribute("to", FLOAT)),
                node("Mul", ["letters", "text_mask"], "text_emb"),
            ],
            {**TEXT, "style_ttl": (FLOAT, 3)},
            "text_emb",
            3,
        ),
        "vector_estimator": _model(
            [node("Mul", ["noisy_latent", "latent_mask"], "denoised")],
            {**masked, **steps, "style_ttl": (FLOAT, 3), "text_mask": (FLOAT, 3)},
            "denoised",
            3,
        ),
        "vocoder": _model(
            [
                node("Transpose", ["latent"], "frames", ints_attribute("perm", [0, 2, 1])),
                node("Flatten", ["frames"], "wav", int_attribute("axis", 1)),
            ],
            {"latent": (FLOAT, 3)},
            "wav",
            2,
        ),
    }


def _model(nodes: list[bytes], inputs: dict[str, tuple[int, int]], output: str, rank: int) -> bytes:
    """Tensors by kind and rank; their sizes have names, so that they may be any."""
    given = {name: (kind, _axes(name, each)) for name, (kind, each) in inputs.items()}
    return model(nodes, given, output, (FLOAT, _axes(output, rank)))


def _axes(name: str, rank: int) -> list[str]:
    return [f"{name}_{axis}" for axis in range(rank)]


def _zeros(dims: Sequence[int]) -> list[list[list[float]]]:
    return [[[0.0] * dims[2] for _ in range(dims[1])] for _ in range(dims[0])]
