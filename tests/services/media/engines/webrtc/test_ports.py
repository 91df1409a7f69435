"""UDP ports of a range, on a real loop."""

import asyncio
import errno
from collections.abc import Awaitable, Callable

import pytest

from deploy.local.environment import free_ports
from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop, bound
from services.runtime.errors import ResourceExhausted
from tests.services.media.engines.webrtc.browser import RATE_HZ, Browser, Microphone, tone
from tests.services.media.fakes import FakeConversations

pytestmark = pytest.mark.integration


def on(ports: range, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()

    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(ports)) as runner:
        runner.run(run())


def one_port() -> range:
    (port,) = free_ports(1)
    return range(port, port + 1)


async def offered() -> str:
    """By a browser on ports of its own: its loop is another."""
    browser = Browser(Microphone(tone(440, 1, RATE_HZ)))
    try:
        return await browser.offer()
    finally:
        await browser.aclose()


async def offers(count: int) -> list[str]:
    return [await offered() for _ in range(count)]


def test_f24_only_ports_of_the_range_are_listened_on_and_a_range_used_up_is_a_clear_refusal() -> None:
    first, second = asyncio.run(offers(2))
    ports = one_port()

    async def negotiated() -> None:
        engine = WebRtcEngine(FakeConversations(), places=8)
        answer = await engine.negotiate("i1", first)
        hosts = [line.split() for line in answer.sdp.splitlines() if line.endswith("typ host")]
        assert hosts
        assert {int(words[5]) for words in hosts} == set(ports)
        with pytest.raises(ResourceExhausted) as refused:
            await engine.negotiate("i2", second)
        assert refused.value.reason == "MEDIA_NO_PORT"
        assert refused.value.retry_after_s
        assert engine.status().peers == 1
        await engine.hangup(answer.peer_id)
        again = await engine.negotiate("i2", second)
        await engine.negotiate("i2", first)  # the former peer's port is free for the next
        assert again
        await engine.aclose()
        bound("0.0.0.0", ports).close()  # nobody holds it, at whatever address

    on(ports, negotiated)


def test_a_socket_takes_the_port_that_is_left_and_none_is_an_error() -> None:
    first = free_ports(1)[0]
    ports = range(first, first + 3)
    sockets = [bound("127.0.0.1", ports) for _ in ports]
    assert {each.getsockname()[1] for each in sockets} == set(ports)
    with pytest.raises(OSError, match="no port") as refused:
        bound("127.0.0.1", ports)
    assert refused.value.errno == errno.EADDRINUSE
    for each in sockets:
        each.close()


def test_an_address_of_another_machine_is_an_error_at_once() -> None:
    with pytest.raises(OSError, match="assign") as refused:
        bound("203.0.113.1", range(40_000, 60_000))
    assert refused.value.errno == errno.EADDRNOTAVAIL


def test_without_a_range_and_for_named_ports_the_loop_is_an_ordinary_one() -> None:
    (port,) = free_ports(1)

    async def opened(address: tuple[str, int]) -> int:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=address
        )
        found: int = transport.get_extra_info("sockname")[1]
        transport.close()
        return found

    async def with_range() -> None:
        assert await opened(("127.0.0.1", port)) == port

    async def without() -> None:
        assert await opened(("127.0.0.1", 0)) > 0

    on(range(50_000, 50_001), with_range)
    on(range(0), without)
