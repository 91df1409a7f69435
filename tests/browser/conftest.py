"""A real mesh with the edge and the built page, and the distribution's Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.local.environment import ROOT, LocalMesh
from deploy.local.mesh import clear_leftovers, started_mesh
from tests.browser.hiring import Rest, signed_in
from tests.e2e.conftest import new_home, variables_of
from tests.fixtures.first_admin import EMAIL, PASSWORD, add_first_admin

Launch = Callable[..., Browser]
SHOTS = ROOT / "tests" / "browser" / "shots"
WEB = ROOT / "edge-api" / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    "--use-fake-device-for-media-stream",  # a camera and a microphone, for pages that may open them
]
# Everybody here comes from one address: its limits would stop the tests, not a guesser.
ROOMY = {"VIVA_EDGE_TRIES_PER_MINUTE": "1000", "VIVA_EDGE_CALLS_PER_MINUTE": "100000"}
_GO = "to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate', { state: {} })) }"
_GRAVE = ("serious", "critical")


@contextmanager
def real_mesh(home: Path) -> Iterator[LocalMesh]:
    """A mesh that keeps its state in `home` and serves the built page; the folder goes with it."""
    assert (WEB / "dist" / "index.html").exists(), "the page is not built: make web"
    mesh = LocalMesh.from_environment(variables_of(home))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ROOMY.items():
            patch.setitem(os.environ, name, value)
        try:
            with started_mesh(mesh):
                yield mesh
        finally:
            clear_leftovers(mesh)
            shutil.rmtree(home)


@pytest.fixture(scope="package")
def mesh() -> Iterator[LocalMesh]:
    with real_mesh(new_home()) as mesh:
        yield mesh


@pytest.fixture(scope="package")
def base(mesh: LocalMesh) -> str:
    return f"http://{mesh.environment()['VIVA_EDGE_LISTEN']}"


@pytest.fixture(scope="package")
def database(mesh: LocalMesh) -> Iterator[psycopg.Connection]:
    """For what no caller can bring about, such as work that failed for good."""
    with psycopg.connect(mesh.environment()["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="package")
def admin(mesh: LocalMesh, base: str) -> Rest:
    add_first_admin(mesh.environment()["DATABASE_URL"])
    return signed_in(base, EMAIL, PASSWORD)


@pytest.fixture(scope="package")
def launch() -> Iterator[Launch]:
    """`launch(*flags)`: the distribution's Chromium with more flags than the usual ones.

    `program` is what starts it, where that is something else.
    """
    found = shutil.which("chromium")
    assert found, "Chromium is not installed: deploy/local/test_prerequisites.sh"

    def launched(*flags: str, program: str | Path = found) -> Browser:
        return playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])

    with sync_playwright() as playwright:
        yield launched


@pytest.fixture(scope="package")
def browser(launch: Launch) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


def go(page: Page, to: str) -> None:
    """Another screen without loading the page anew, as a press on a link does.

    The screen before it stands until the other one has come: its heading must be gone.
    """
    before = page.locator("main h1").element_handle()
    is_other = urlsplit(page.url).path != urlsplit(to).path
    page.evaluate(_GO, to)
    page.wait_for_url(f"**{to}")
    if is_other:
        before.wait_for_element_state("hidden")


def settled(page: Page) -> None:
    """The screen stands: its heading is there and nothing says that it is loading."""
    page.locator("main h1").wait_for()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".animate-pulse")).to_have_count(0, timeout=15_000)


def shot(page: Page, name: str) -> None:
    """A picture of the whole screen, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def assert_accessible(page: Page, name: str) -> None:
    """axe finds nothing serious or critical; a picture is kept."""
    shot(page, name)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    grave = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in _GRAVE]
    assert not grave, f"{name}: {grave}"
