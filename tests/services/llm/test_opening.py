"""What `open_engine` makes of files and settings that cannot work: named states, never a crash."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.environment import ROOT
from services.llm.config import Settings
from services.llm.engines import open_engine
from services.runtime.engines import Missing
from tests.services.llm.test_llama_cpp import TRAINED

pytestmark = pytest.mark.model
DEGRADED = 3  # what --check exits with


def models(folder: Path, content: bytes) -> Path:
    (folder / "llm").mkdir()
    (folder / "llm" / "some.gguf").write_bytes(content)
    return folder


@pytest.mark.parametrize("content", [b"", b"no model at all", TRAINED.read_bytes()[:200_000]])
def test_f30_a_damaged_model_is_a_named_state_with_the_command_that_checks_it(
    tmp_path: Path, content: bytes
) -> None:
    found = open_engine(Settings(models=models(tmp_path, content)))
    assert isinstance(found, Missing)
    assert (found.reason, found.remedy) == ("LLM_MODEL_UNUSABLE", "viva models verify")
    assert "some.gguf" in found.detail


def test_f14_a_gpu_that_is_not_there_is_refused_with_the_setting_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.llm.engines.llama_cpp.native.offloads", lambda: False)
    models(tmp_path, b"")
    shutil.copy(TRAINED, tmp_path / "llm" / "some.gguf")
    found = open_engine(Settings(models=tmp_path, gpu_layers=4))
    assert isinstance(found, Missing)
    assert (found.reason, found.remedy) == ("LLM_GPU_MISSING", "export VIVA_LLM_GPU_LAYERS=0")


def test_f13_a_model_library_that_cannot_be_loaded_is_a_named_state_and_the_server_still_starts(
    tmp_path: Path,
) -> None:
    """As on a machine that lacks the CUDA libraries which its build of llama.cpp was made for."""
    shutil.copy(TRAINED, models(tmp_path, b"") / "llm" / "some.gguf")
    (tmp_path / "llama_cpp.py").write_text("raise OSError('libcudart.so.12: cannot open shared object file')")
    program = "from services.llm.__main__ import main; raise SystemExit(main())"
    environment = {
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "VIVA_MODELS": str(tmp_path),
        "VIVA_MESH_TOKEN": "t" * 32,
    }
    done = subprocess.run(
        [sys.executable, "-c", program, "--check"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == DEGRADED
    assert "libcudart.so.12" in done.stdout
    assert "viva[llm]" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
