"""Every line of docs/operations.md that speaks to a server is true: run with buf, or held to its contract."""

import json
import os
import re
import shlex
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool, json_format, message_factory

from deploy.local.environment import ROOT

pytestmark = pytest.mark.integration
DOCUMENT = ROOT / "docs" / "operations.md"
CONTRACTS = sorted(each.stem for each in (ROOT / "proto" / "viva" / "v1").glob("*.proto"))
STATUS = "@@status "


def shell_lines() -> list[str]:
    """Lines of all fenced sh blocks, without their comments' own lines."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def services() -> set[str]:
    found = set()
    for name in CONTRACTS:
        module = import_module(f"viva.v1.{name}_pb2")
        found |= {service.full_name for service in module.DESCRIPTOR.services_by_name.values()}
    return found


def spoken_to(lines: list[str]) -> set[str]:
    """Full names of the services that the lines call."""
    return {name for line in lines for name in re.findall(r"\b(viva\.v1\.\w+Service)/", line)}


def is_prepared_by(line: str) -> bool:
    """Whether a line sets what others use; the commands that start or copy a mesh are not run."""
    return bool(re.match(r"(export )?\w+=|eval ", line))


def test_every_buf_line_succeeds_on_a_running_mesh(mesh_variables: dict[str, str], tmp_path: Path) -> None:
    lines = [line for line in shell_lines() if line.startswith("buf curl") or is_prepared_by(line)]
    assert len(lines) > 30
    script = ["set -o pipefail"]
    for number, line in enumerate(lines):
        script += [line, f"echo {STATUS}{number} $?"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=ROOT,
        env=mesh_variables | {"BUF_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    told = re.findall(rf"^{STATUS}(\d+) (\d+)$", done.stdout, re.MULTILINE)
    assert [int(number) for number, _ in told] == list(range(len(lines))), done.stderr
    failed = [lines[int(number)] for number, status in told if status != "0"]
    assert failed == [], done.stderr


def test_the_buf_lines_speak_to_every_service() -> None:
    assert spoken_to([line for line in shell_lines() if "buf curl" in line]) == services()


def grpcurl_calls() -> list[list[str]]:
    return [shlex.split(line) for line in shell_lines() if line.startswith("grpcurl ")]


def test_the_grpcurl_lines_speak_to_every_service() -> None:
    assert spoken_to([" ".join(call) for call in grpcurl_calls()]) == services()


@pytest.mark.parametrize("call", grpcurl_calls(), ids=lambda call: call[-1])
def test_a_grpcurl_line_names_a_method_and_a_body_that_its_contract_takes(call: list[str]) -> None:
    assert call[1] == "-plaintext"
    assert re.fullmatch(r"\$VIVA_[A-Z]+_ADDRESSES", call[-2])
    if call[-1] == "list":
        return
    service, _, name = call[-1].partition("/")
    method = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(name)
    body = json.loads(call[call.index("-d") + 1]) if "-d" in call else {}
    json_format.ParseDict(body, message_factory.GetMessageClass(method.input_type)())


def test_every_viva_command_that_the_document_names_is_there() -> None:
    text = DOCUMENT.read_text() + (ROOT / "README.md").read_text()
    named = set(re.findall(r"(?:^|[`(] ?)viva ([a-z]+)", text, re.MULTILINE))
    listed = subprocess.run(
        [ROOT / ".venv" / "bin" / "viva", "--help"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {command for command in named if not re.search(rf"\b{command}\b", listed)} == set()
