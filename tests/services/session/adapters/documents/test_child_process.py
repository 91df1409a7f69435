"""The walls around the parsing process, tried from inside and outside."""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.process import ChildProcessParser
from services.session.domain.resumes.documents import MIB, Document, DocumentError, ParserUnavailable, Reason
from tests.fixtures import documents
from tests.fixtures.resumes import KOREAN_RESUME

pytestmark = pytest.mark.integration

CHILD = "services.session.adapters.documents.child"


def children() -> set[int]:
    """Processes of this one that still live."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if int(parent) == os.getpid() and CHILD.encode() in command:
                found.add(int(folder.name))
    return found


def environment_and_folder(pid: int) -> tuple[bytes, str]:
    return Path(f"/proc/{pid}/environ").read_bytes(), os.readlink(f"/proc/{pid}/cwd")


async def a_child() -> int:
    """Waits for a parsing process of this one."""
    for _ in range(500):
        if found := children():
            return found.pop()
        await asyncio.sleep(0.01)
    raise AssertionError("no child was started")


def inside(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs code behind the walls; what it prints comes back."""
    walls = "from services.session.adapters.documents.jail import shut_in\nshut_in(1 << 30, 5, 10)\n"
    return subprocess.run(
        [sys.executable, "-I", "-B", "-c", walls + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=environment,
    )


async def failure(parser: ChildProcessParser, content: bytes) -> Reason:
    with pytest.raises(DocumentError) as told:
        await parser.parse(Document(content))
    return told.value.reason


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 1))",
        "import socket; socket.getaddrinfo('localhost', 1)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.fork()",
        "import os; os.system('true')",
        "import os; os.execv('/bin/true', ['true'])",
        "open('/tmp/x', 'w')",
        "import os; os.open('/tmp/x', os.O_WRONLY | os.O_CREAT)",
        "open('/etc/passwd').read()",
        "import os; os.remove('/tmp/x')",
        "import ctypes; ctypes.CDLL('/tmp/evil.so')",
    ],
)
def test_network_programs_and_files_are_out_of_reach(code):
    done = inside(f"try:\n    {code}\nexcept PermissionError: print('refused')")
    assert done.stdout == "refused\n", done.stderr


def test_where_the_kernel_allows_it_no_network_is_left_at_all():
    done = inside(
        "import os; print(sorted(os.listdir('/sys/class/net')) if os.path.isdir('/sys/class/net') else [])"
    )
    own = subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True, check=False).returncode
    addresses = inside("print(open(0).fileno()); import os; print(os.readlink('/proc/self/ns/net'))")
    assert done.returncode == 0
    if own == 0:
        assert addresses.stdout.split("\n")[1] != os.readlink("/proc/self/ns/net")


def test_the_limits_are_set_in_the_kernel():
    code = (
        "import resource as r; print([r.getrlimit(k)[0] for k in (r.RLIMIT_AS, r.RLIMIT_CPU, "
        "r.RLIMIT_FSIZE, r.RLIMIT_NPROC, r.RLIMIT_CORE)])"
    )
    assert inside(code).stdout.strip() == str([1 << 30, 5, 0, 0, 0])


async def test_the_child_has_no_environment_and_no_credential(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    parser = ChildProcessParser()
    process = await parser._start()
    try:
        assert environment_and_folder(process.pid) == (b"", "/")
    finally:
        process.kill()
        await process.communicate()


async def test_a_pdf_that_unpacks_to_gigabytes_is_a_bomb():
    parser = ChildProcessParser(ParserLimits(memory_bytes=400 * MIB))
    assert await failure(parser, documents.flate_bomb_pdf(1024 * MIB)) is Reason.BOMB


async def test_a_pdf_that_never_ends_runs_out_of_cpu_time():
    parser = ChildProcessParser(ParserLimits(cpu_s=1))
    assert await failure(parser, documents.endless_pdf(3_000_000)) is Reason.TIMEOUT


async def test_a_pdf_that_never_ends_runs_out_of_wall_time_and_leaves_no_process():
    parser = ChildProcessParser(ParserLimits(wall_s=0.8))
    started = time.perf_counter()
    assert await failure(parser, documents.endless_pdf(3_000_000)) is Reason.TIMEOUT
    assert time.perf_counter() - started < 3
    assert children() == set()


async def test_a_cancelled_parse_leaves_no_process():
    task = asyncio.create_task(ChildProcessParser().parse(Document(documents.endless_pdf(3_000_000))))
    await a_child()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == set()


async def test_a_child_that_is_killed_gives_an_error_and_no_hang():
    task = asyncio.create_task(ChildProcessParser().parse(Document(documents.endless_pdf(3_000_000))))
    os.kill(await a_child(), 9)
    with pytest.raises(DocumentError) as told:
        await task
    assert told.value.reason is Reason.BOMB


def test_a_child_whose_parent_has_died_ends_by_itself():
    limits = json.dumps(asdict(ParserLimits(wall_s=-1.5)))
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-I", "-B", "-m", CHILD, limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as orphan:
        orphan.wait(10)
    assert time.perf_counter() - started < 5
    assert orphan.returncode == -14


async def test_no_more_than_the_allowed_number_parse_at_once():
    parser = ChildProcessParser(ParserLimits(processes=2))
    tasks = [asyncio.create_task(parser.parse(Document(KOREAN_RESUME.encode()))) for _ in range(6)]
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, len(children()))
        await asyncio.sleep(0.005)
    assert {(await task).text[:3] for task in tasks} == {"김민수"}
    assert 1 <= most <= 2


async def test_output_beyond_its_bound_is_cut_off(monkeypatch):
    monkeypatch.setattr("services.session.adapters.documents.process._CHILD", "this")
    parser = ChildProcessParser(ParserLimits(text_chars=-4_080))
    assert await failure(parser, b"x") is Reason.BOMB


async def test_an_installation_that_cannot_parse_is_not_the_documents_fault(monkeypatch):
    monkeypatch.setattr(
        "services.session.adapters.documents.process._CHILD", "services.session.no_such_module"
    )
    with pytest.raises(ParserUnavailable) as told:
        await ChildProcessParser().parse(Document(KOREAN_RESUME.encode()))
    assert told.value.retryable


async def test_three_pages_of_pdf_are_parsed_within_a_second_and_a_half():
    parser, content = ChildProcessParser(), documents.text_pdf(KOREAN_RESUME * 3)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        assert (await parser.parse(Document(content))).pages == 3
        times.append(time.perf_counter() - started)
    assert min(times) < 1.5
