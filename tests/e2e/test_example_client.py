"""examples/grpc_client.py with the stubs-only wheel: nothing of this checkout can be imported beside it."""

import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from deploy.demo.resumes import compose_resume
from deploy.local.environment import ROOT, LocalMesh
from deploy.local.mesh import first_addresses

pytestmark = pytest.mark.integration
NEEDS = ("grpc", "google.protobuf", "typing_extensions")  # what the wheel says it needs


@pytest.fixture(scope="module")
def client_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel of `make client`, grpcio and protobuf."""
    folder = tmp_path_factory.mktemp("client")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, "proto/client"], cwd=ROOT, capture_output=True, text=True, check=True)
    venv.create(folder / "venv", symlinks=True)
    packages = next((folder / "venv" / "lib").glob("python3*")) / "site-packages"
    (wheel,) = folder.glob("viva_client-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in NEEDS:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin, target = Path(spec.origin), packages / Path(*name.split("."))
        target.parent.mkdir(exist_ok=True)
        if origin.name == "__init__.py":
            target.symlink_to(origin.parent)
        else:
            shutil.copy(origin, packages)
    return folder / "venv" / "bin" / "python"


def test_the_wheel_holds_stubs_and_nothing_else(client_python: Path) -> None:
    script = (
        "import viva.v1.interview_pb2_grpc\n"
        "from importlib.util import find_spec\n"
        "print(find_spec('services'), find_spec('deploy'))"
    )
    done = subprocess.run(
        [client_python, "-c", script], cwd="/", env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "None"]


def test_an_interview_is_driven_with_nothing_but_the_wheel(
    client_python: Path, mesh: LocalMesh, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "examples" / "grpc_client.py", tmp_path)
    (tmp_path / "resume.txt").write_text(compose_resume("en", 3))
    answers = "".join(
        f"I measured the queue first and cut the delay by {10 + n} percent.\n" for n in range(15)
    )
    done = subprocess.run(
        [client_python, "grpc_client.py", "--lang", "en", "--resume", "resume.txt", "--out", "report.html"],
        cwd=tmp_path, env={"VIVA_SESSION_ADDRESSES": first_addresses(mesh)["session"]}, input=answers,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "15/15" in done.stdout
    report = (tmp_path / "report.html").read_text()
    assert "cut the delay by 24 percent" in report


def test_a_token_that_is_not_good_is_refused_in_words(
    client_python: Path, mesh: LocalMesh, tmp_path: Path
) -> None:
    done = subprocess.run(
        [client_python, ROOT / "examples" / "grpc_client.py", "--token", "nonsense"],
        cwd=tmp_path, env={"VIVA_SESSION_ADDRESSES": first_addresses(mesh)["session"]},
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("UNAUTHENTICATED")
