"""Fixtures every test may use, and the rules of the suite: one category a test, no unlisted skip."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import count
from pathlib import Path

import nats
import psycopg
import pytest
from psycopg import sql

from deploy.local.environment import ROOT, free_ports
from deploy.local.nats import Nats
from deploy.local.postgres import DATABASE, Postgres
from tests.fixtures.whisper_ko.spoken import MODEL, SpokenAnswers

# In the order in which they run, in each process of `make test` too. Browser tests come last: Playwright
# keeps a loop running in the main thread to the end of the run, and no asyncio test can follow.
CATEGORIES = ("unit", "integration", "model", "chaos", "browser")
TRIED_TWICE = frozenset(
    {"integration", "browser"}
)  # docs/adr/0025; never chaos: one lost answer is one too many
ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
ASSETS_NEXT_TO_CHECKOUT = ROOT.parent / "shared"
MIGRATE = "services.session.adapters.postgres.migrate"
_databases = count(1)


# Rules of the suite


def pytest_configure() -> None:
    """A fresh checkout has no folder yet in which the meshes of all tests share one nats-server."""
    (ROOT / ".viva" / "bin").mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a test without exactly one category; runs quick and independent ones first."""
    wrong = [item.nodeid for item in items if len(categories(item)) != 1]
    if wrong:
        raise pytest.UsageError(f"each test needs exactly one of {CATEGORIES}: {', '.join(wrong)}")
    for item in items:
        if categories(item)[0] in TRIED_TWICE:
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: (CATEGORIES.index(categories(item)[0]), "e2e" in item.path.parts))


def categories(item: pytest.Item) -> list[str]:
    return [name for name in CATEGORIES if item.get_closest_marker(name)]


def unlisted_skips(config: pytest.Config) -> list[str]:
    """Reasons of skipped tests that begin with no line of allowed_skips.txt."""
    lines = ALLOWED_SKIPS.read_text().splitlines()
    allowed = tuple(line for line in lines if line and not line.startswith("#"))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in reports]
    return [reason for reason in reasons if not reason.startswith(allowed)]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    strict = os.environ.get("VIVA_STRICT") == "1"
    if strict and session.exitstatus == pytest.ExitCode.OK and unlisted_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for report in terminalreporter.stats.get("rerun", []):
        why = next((line for line in report.longreprtext.splitlines() if line.startswith("E ")), "")
        terminalreporter.write_line(f"TRIED ONCE MORE: {report.nodeid}: {why[1:].strip()}", yellow=True)
    if os.environ.get("VIVA_STRICT") != "1":
        return
    for reason in unlisted_skips(config):
        terminalreporter.write_line(
            f"STRICT: a skip that allowed_skips.txt does not list: {reason}", red=True
        )


# Servers: one of each per run


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder an unprivileged Postgres can pass through: pytest gives root one that it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="viva-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[Postgres]:
    """The embedded cluster, without fsync."""
    server = Postgres(server_folder / "postgres", free_ports(1)[0], durable=False)
    server.prepare()
    with (server_folder / "postgres.log").open("w") as log, server.running(log.fileno()):
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Postgres) -> str:
    """The name of a database with the product's tables and no rows; without tables until migrations exist."""
    try:
        migrate = import_module(MIGRATE).migrate
    except ModuleNotFoundError as error:
        if error.name is None or not MIGRATE.startswith(error.name):
            raise
        return DATABASE
    _administer(postgres_server, "CREATE DATABASE template_migrated TEMPLATE viva")
    migrate(postgres_server.dsn_of("template_migrated"))
    return "template_migrated"


@pytest.fixture
def database_url(postgres_server: Postgres, migrated_template: str) -> Iterator[str]:
    """A fresh migrated database of this test's own."""
    name = f"test_{next(_databases)}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    yield postgres_server.dsn_of(name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def nats_server(server_folder: Path) -> Iterator[Nats]:
    server = Nats(server_folder / "nats", free_ports(1)[0], ROOT / ".viva" / "bin")
    server.prepare()
    with (server_folder / "nats.log").open("w") as log:
        process = _start_child(server.command(), log.fileno(), "TERM")
        try:
            server.wait_ready()
            yield server
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def nats_url(nats_server: Nats) -> str:
    """The server of this run with no stream in it."""
    with ThreadPoolExecutor(1) as outside_the_tests_loop:
        outside_the_tests_loop.submit(lambda: asyncio.run(_wipe_streams(nats_server.url))).result(30)
    return nats_server.url


async def _wipe_streams(url: str) -> None:
    client = await nats.connect(url)
    try:
        jetstream = client.jetstream()
        for stream in await jetstream.streams_info():
            if stream.config.name:
                await jetstream.delete_stream(stream.config.name)
    finally:
        await client.close()


def _administer(server: Postgres, statement: str) -> None:
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement))


def _start_child(command: list[str], log: int, death_signal: str) -> subprocess.Popen[bytes]:
    """A child that ends when this pytest run ends, however that happens."""
    return subprocess.Popen(["setpriv", "--pdeathsig", death_signal, "--", *command], stdout=log, stderr=log)


# Models


@pytest.fixture(scope="session")
def tiny_gguf(pytestconfig: pytest.Config) -> Path:
    """A llama of under a million random weights with a real Korean vocabulary and chat template."""
    from tests.fixtures.gguf.library import TINY, Library  # the model library, only where a test wants it

    return Library(pytestconfig.cache.mkdir("gguf")).model(TINY)


# Files that are not part of the checkout


@pytest.fixture(scope="session")
def test_assets() -> Path:
    """The folder with recorded speech, a face video and small models."""
    folder = Path(os.environ.get("VIVA_TEST_ASSETS") or ASSETS_NEXT_TO_CHECKOUT)
    if not (folder / "assets").is_dir():
        pytest.skip("no test assets: set VIVA_TEST_ASSETS to the folder that holds assets/ and models/")
    return folder


# Spoken Korean that the checkout holds


@pytest.fixture(scope="session")
def korean_whisper() -> Path:
    """The folder of a tiny Whisper that understands `spoken_answers` and nothing else."""
    return MODEL


@pytest.fixture(scope="session")
def spoken_answers() -> SpokenAnswers:
    """A whole interview's answers as sound, by stage and voice."""
    return SpokenAnswers()
