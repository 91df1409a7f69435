"""Browser and endpoint in networks that cannot reach each other: a published port range, and a TURN relay.

browser 10.78.0.2 — 10.78.0.1 (this machine) 10.77.0.1 — 10.77.0.2 media
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from services.media.ice import passing
from tests.services.media.engines.webrtc.relay import SECRET, turn_server

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[5]
PORTS = (47_500, 47_504)
NEAR, FAR = "10.77.0.2", "10.78.0.1"
_numbers = count(1)
NETWORKS = {"media": "10.77.0", "browser": "10.78.0"}


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def networks() -> Iterator[dict[str, str]]:
    """The namespaces of both sides, by role."""
    # A former test's devices go a while after its namespaces.
    number = f"{os.getpid()}{next(_numbers)}"
    names = {role: f"viva-{role}-{number}" for role in NETWORKS}
    try:
        for role, name in names.items():
            ip("netns", "add", name)
            device = f"v{role[0]}{number}"
            ip("link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("addr", "add", f"{NETWORKS[role]}.1/24", "dev", device)
            ip("link", "set", device, "up")
            ip("-n", name, "addr", "add", f"{NETWORKS[role]}.2/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError):
        remove(names)
        pytest.skip("needs root or CAP_NET_ADMIN: network namespaces cannot be made here")
    yield names
    remove(names)


def remove(names: dict[str, str]) -> None:
    for name in names.values():
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


class Side:
    """A process in one of the networks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def say(self, value: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        await self._process.stdin.drain()

    async def hears(self, seconds: float = 30) -> Any:
        assert self._process.stdout
        async with asyncio.timeout(seconds):
            return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def side(networks: dict[str, str], role: str, **plan: Any) -> AsyncIterator[Side]:
    module = "tests.services.media.engines.webrtc.apart"
    process = await asyncio.create_subprocess_exec(
        *("ip", "netns", "exec", networks[role], sys.executable, "-m", module, role),
        json.dumps({"ports": PORTS, **plan}),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        yield Side(process)
    finally:
        process.kill()
        await process.wait()


async def negotiated(media: Side, browser: Side) -> str:
    await media.say(await browser.hears())
    answer: str = await media.hears()
    await browser.say(answer)
    return answer


class Published(asyncio.DatagramProtocol):
    """A port of this machine that stands for the same port of media's, as container engines publish it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ways: dict[Any, asyncio.DatagramTransport] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self._outside = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        if address in self._ways:
            self._ways[address].sendto(data)
        else:
            task = asyncio.ensure_future(self._open(data, address))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _open(self, data: bytes, address: Any) -> None:
        outside = self._outside

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, _: Any) -> None:
                outside.sendto(data, address)

        loop = asyncio.get_running_loop()
        way, _ = await loop.create_datagram_endpoint(Back, remote_addr=(NEAR, self._port))
        self._ways[address] = way
        way.sendto(data)

    def connection_lost(self, _: Exception | None) -> None:
        for way in self._ways.values():
            way.close()


@asynccontextmanager
async def published() -> AsyncIterator[None]:
    loop, opened = asyncio.get_running_loop(), []
    try:
        for port in range(*PORTS):
            opened.append(
                await loop.create_datagram_endpoint(partial(Published, port), local_addr=(FAR, port))
            )
        yield
    finally:
        for transport, _ in opened:
            transport.close()


async def test_f24_a_browser_reaches_media_behind_a_published_range_by_the_announced_address(
    networks: dict[str, str],
) -> None:
    async with (
        published(),
        side(networks, "media", announce=[FAR]) as media,
        side(networks, "browser") as browser,
    ):
        assert NEAR not in await negotiated(media, browser)
        assert await browser.hears() == "open"
        assert await media.hears() == 440


async def test_f24_without_the_announced_address_the_same_browser_reaches_nobody(
    networks: dict[str, str],
) -> None:
    async with published(), side(networks, "media") as media, side(networks, "browser") as browser:
        assert NEAR in await negotiated(media, browser)
        with pytest.raises(TimeoutError):
            await browser.hears(5)


async def test_sides_without_a_way_to_each_other_meet_at_a_turn_relay_by_a_passing_password(
    networks: dict[str, str], tmp_path: Path
) -> None:
    user = passing(SECRET, time.time())
    with turn_server(tmp_path, "10.77.0.1", FAR):
        async with (
            side(networks, "media", ice=[("turn:10.77.0.1:3478", *user)]) as media,
            side(networks, "browser", ice=[(f"turn:{FAR}:3478", *user)]) as browser,
        ):
            assert " typ relay" in await negotiated(media, browser)
            assert await browser.hears() == "open"
            assert await media.hears() == 440
