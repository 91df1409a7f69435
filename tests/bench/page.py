"""How soon the built page is there on a slow phone: sign-in, home and the interview room.

    python tests/bench/page.py [--loads 5] [--slower 4]

A real mesh serves the page to the distribution's Chromium, slowed as Lighthouse's slow 4G does it:
processor four times slower, 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back. Each load begins with
an empty cache.
A screen is interactive once its main control stands and no task of more than 50 ms follows within 2 s; the
time is that of the control or of the last such task's end, whichever is later. Lighthouse waits for 5 s, but
the room's clock ticks for ever, and on a busy machine any tick may take 50 ms. Other work on the machine
counts as the phone's own slowness. The last line is one JSON object.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from rich.console import Console
from rich.table import Table

from deploy.local.environment import ROOT, LocalMesh
from deploy.local.mesh import clear_leftovers, started_mesh
from tests.browser.conftest import FLAGS, ROOMY
from tests.browser.hiring import PASSWORD, Rest
from tests.e2e.conftest import new_home, variables_of

DIST = ROOT / "edge-api" / "web" / "dist"
GOAL_MS = 3_000
SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
QUIET_MS = 2_000
LONGEST_S = 120.0
# What a person needs first on each screen.
CONTROLS = {"sign-in": "input[type=email]", "home": "main section a", "room": "textarea:not([readonly])"}
WATCH = """
(() => {
  const seen = (window.seen = { control: 0, busy: 0, rests: false });
  new PerformanceObserver(list => {
    for (const task of list.getEntries()) {
      const last = Math.max(seen.control, seen.busy);
      if (seen.control && task.startTime > last + QUIET_MS) seen.rests = true;
      if (!seen.rests) seen.busy = task.startTime + task.duration;
    }
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    if (document.querySelector(CONTROL)) seen.control = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})()
"""
QUIET = f"!!seen.control && performance.now() - Math.max(seen.control, seen.busy) > {QUIET_MS}"
MEASURED = """
({ fcp: performance.getEntriesByName("first-contentful-paint")[0].startTime,
   interactive: Math.max(seen.control, seen.busy),
   scripts: performance.getEntriesByType("resource").map(each => each.name) })
"""


@dataclass(frozen=True)
class Load:
    fcp_ms: float
    interactive_ms: float
    script_gzip_kb: float


@contextmanager
def served() -> Iterator[str]:
    """The address of a mesh of its own."""
    home = new_home()
    mesh = LocalMesh.from_environment(variables_of(home))
    os.environ.update(ROOMY)
    try:
        with started_mesh(mesh):
            yield f"http://{mesh.environment()['VIVA_EDGE_LISTEN']}"
    finally:
        clear_leftovers(mesh)
        shutil.rmtree(home)


def begun(base: str) -> tuple[str, str]:
    """A candidate's address, and an interview of theirs that has begun."""
    email = f"{uuid4().hex}@example.com"
    new = {"email": email, "password": PASSWORD, "display_name": "김하나", "language": "ko"}
    candidate = Rest(base, Rest(base).call("POST", "/auth/register", new)["access_token"])
    interview_id = candidate.call("POST", "/interviews", {"language": "ko"})["id"]
    texts = candidate.call("GET", "/consent-texts", language="ko")["texts"]
    choices = [
        {"purpose": each["purpose"], "version": each["version"], "granted": each["required"]}
        for each in texts
    ]
    candidate.call("PUT", f"/interviews/{interview_id}/consents", {"choices": choices})
    candidate.call("POST", f"/interviews/{interview_id}/start")
    return email, interview_id


def signed_in(context: BrowserContext, base: str, email: str) -> None:
    answer = context.request.post(f"{base}/api/v1/auth/login", data={"email": email, "password": PASSWORD})
    assert answer.ok, answer.text()
    context.add_init_script("localStorage['viva.login'] = '1'")


def loaded(browser: Browser, address: str, control: str, base: str, email: str, slower: float) -> Load:
    context = browser.new_context(viewport={"width": 360, "height": 640}, is_mobile=True, locale="ko-KR")
    try:
        if email:
            signed_in(context, base, email)
        page = context.new_page()
        page.add_init_script(WATCH.replace("CONTROL", json.dumps(control)).replace("QUIET_MS", str(QUIET_MS)))
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(base + address)
        until = time.monotonic() + LONGEST_S
        while not page.evaluate(QUIET):  # the page's security policy forbids wait_for_function
            assert time.monotonic() < until, f"{address} never came to rest"
            time.sleep(0.5)
        found = page.evaluate(MEASURED)
        return Load(found["fcp"], found["interactive"], gzip_kb(found["scripts"]))
    finally:
        context.close()


def gzip_kb(scripts: list[str]) -> float:
    files = {DIST / urlsplit(each).path.lstrip("/") for each in scripts if each.endswith(".js")}
    return sum(len(gzip.compress(Path(each).read_bytes())) for each in files) / 1000


def shown(screens: dict[str, list[Load]]) -> dict[str, dict[str, float]]:
    names = ("fcp_ms", "interactive_ms", "script_gzip_kb")
    table = Table(
        "screen", *names, "slowest interactive", title=f"medians; goal: interactive in {GOAL_MS} ms"
    )
    medians: dict[str, dict[str, float]] = {name: {} for name in names}
    for screen, loads in screens.items():
        for name in names:
            medians[name][screen] = round(statistics.median(getattr(each, name) for each in loads), 1)
        slowest = max(each.interactive_ms for each in loads)
        table.add_row(screen, *(f"{medians[name][screen]:g}" for name in names), f"{slowest:.0f}")
    Console(file=sys.stdout).print(table)
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--slower", type=float, default=4, help="how many times slower the processor is made")
    wanted = parser.parse_args()
    assert (DIST / "index.html").exists(), "the page is not built: make web"
    program = shutil.which("chromium")
    with served() as base, sync_playwright() as playwright:
        email, interview_id = begun(base)
        screens = {
            "sign-in": ("/sign-in", ""),
            "home": ("/home", email),
            "room": (f"/interviews/{interview_id}/room", email),
        }
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        loads = {
            name: [loaded(browser, at, CONTROLS[name], base, who, wanted.slower) for _ in range(wanted.loads)]
            for name, (at, who) in screens.items()
        }
        browser.close()
    medians = shown(loads)
    print(
        json.dumps(
            medians
            | {"loads": wanted.loads, "slower": wanted.slower, "load_average": round(os.getloadavg()[0], 1)}
        )
    )


if __name__ == "__main__":
    main()
