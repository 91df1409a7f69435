"""What must hold of the files as they are checked out, before anything is installed or generated."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.local.environment import ROOT

pytestmark = pytest.mark.integration
IMPORT_ALL = """
import importlib, pkgutil, sys
ours, theirs = ([root, root + "/edge-api"] for root in sys.argv[1:3])
sys.path[:] = [*ours, *(p for p in sys.path if p and p not in theirs)]
import deploy, edge_api, services
for package in (services, deploy, edge_api):
    assert package.__file__.startswith(sys.argv[1]), package.__file__
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The tracked files alone, in another place."""
    for name in tracked():
        target = tmp_path / "viva" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return tmp_path / "viva"


def test_f12_no_folder_called_models_stands_beside_code() -> None:
    folders = {folder for name in tracked() for folder in name.parents}
    assert [folder for folder in folders if folder.name == "models"] == []


def test_f12_proto_is_a_folder_and_never_a_package() -> None:
    assert [name for name in tracked() if name.parent == Path("proto") and name.suffix == ".py"] == []


def test_f12_every_module_of_a_clean_checkout_imports(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(checkout), str(ROOT)],
        cwd=checkout, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"deploy.local.mesh", "edge_api.routes.reports"} <= set(done.stdout.splitlines())


def test_the_locks_name_no_host_and_no_folder_of_the_machine_that_wrote_them() -> None:
    lock = (ROOT / "proto" / "package-lock.json").read_text()
    assert "http" not in lock
    assert [name for name, entry in json.loads(lock)["packages"].items() if "resolved" in entry] == []
    constraints = (ROOT / "constraints.txt").read_text()
    assert [line for line in constraints.splitlines() if "/" in line or "@" in line] == []


def test_make_without_a_target_lists_them() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  make (\w+)", said, re.MULTILINE))
    assert {"up", "demo", "test", "check", "bench", "client", "proto", "lock"} <= listed


def test_a_machine_without_a_compiler_is_told_the_debian_package(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "local" / "prerequisites.sh"
    done = subprocess.run(
        ["/bin/sh", script, sys.executable],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "apt install build-essential" in done.stderr


def test_a_machine_without_python_is_told_the_debian_package() -> None:
    script = ROOT / "deploy" / "local" / "prerequisites.sh"
    done = subprocess.run(["/bin/sh", script, ""], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "apt install python3" in done.stderr


def test_the_client_wheel_holds_the_stubs_and_nothing_else(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        "proto/client",
    ]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    wheel = next(tmp_path.glob("viva_client-*.whl"))
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in names} == {"viva"}
    assert "viva/v1/interview_pb2_grpc.py" in names
    assert "viva/v1/interview_pb2.pyi" in names
    assert [name for name in names if not name.endswith((".py", ".pyi", "py.typed"))] == []
    code = "from viva.v1 import interview_pb2_grpc as s; print(s.__file__, s.InterviewServiceStub.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r}); {code}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(str(wheel))
