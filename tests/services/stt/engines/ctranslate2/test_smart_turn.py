"""Smart Turn's adapter, with a stand-in of its signature: the weights are not part of the checkout."""

import math
from pathlib import Path

import numpy as np
import pytest

from services.stt.engines.ctranslate2.smart_turn import HEARD, SmartTurn, find_smart_turn
from tests.fixtures.onnx_file import FLOAT, int_attribute, model, node
from tests.services.stt.sound import music, opened

pytestmark = pytest.mark.model
MELS, FRAMES = 80, 800


def sigmoid_of_mean() -> bytes:
    nodes = [
        node("ReduceMean", ["input_features"], "mean", int_attribute("keepdims", 1)),
        node("Flatten", ["mean"], "flat"),
        node("Sigmoid", ["flat"], "logits"),
    ]
    return model(nodes, {"input_features": (FLOAT, (1, MELS, FRAMES))}, "logits", (FLOAT, (1, 1)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "smart-turn-v3.0.onnx"
    file.write_bytes(sigmoid_of_mean())
    return file


def sounding(seconds: float) -> np.ndarray:
    return np.frombuffer(music(seconds), "<i2").astype(np.float32) / 32768


def test_eight_seconds_of_features_go_in_whatever_was_heard_and_a_probability_comes_out(file: Path) -> None:
    turns = SmartTurn(file)
    for seconds in (0.1, 2, 8, 20):
        assert 0 < turns.completeness(sounding(seconds)) < 1


def test_only_the_last_eight_seconds_count(file: Path) -> None:
    turns, end = SmartTurn(file), sounding(8)
    assert len(end) == HEARD
    before = np.random.default_rng(0).standard_normal(5 * 16_000).astype(np.float32)
    assert turns.completeness(np.concatenate([before, end])) == turns.completeness(end)


def test_loudness_does_not_count(file: Path) -> None:
    turns, heard = SmartTurn(file), sounding(3)
    assert math.isclose(turns.completeness(heard), turns.completeness(heard / 8), abs_tol=1e-3)


def test_the_first_by_name_is_taken_and_without_one_there_is_none(tmp_path: Path, file: Path) -> None:
    assert find_smart_turn(tmp_path / "elsewhere") is None
    (tmp_path / "smart-turn-v3.9.onnx").write_bytes(b"not read")
    assert find_smart_turn(tmp_path) is not None


async def test_the_capability_says_that_it_is_there(random_folder: Path, file: Path) -> None:
    folder = file.parent / "random"
    folder.symlink_to(random_folder)
    async with opened(folder) as engine:
        assert "Smart Turn" in engine.status().capability.detail
