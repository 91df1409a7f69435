"""Channels over sockets: retries, deadlines, identity, replicas that come and go, peers that hang."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from deploy.local.environment import free_ports
from services.runtime import telemetry
from services.runtime.channel import ReplicaSet, open_channel, rendezvous
from services.runtime.errors import DeadlineExceeded, Unauthenticated, Unavailable
from services.runtime.settings import ServiceSettings
from tests.services.rooms import refusal, until
from tests.services.runtime.certificates import make_mesh
from tests.services.runtime.echo import NAME, TOKEN, echoing, said, say, talk, watch

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
TRACE = "0af7651916cd43dd8448eb211c80319c"


@asynccontextmanager
async def connected(*addresses: str, **more: Any) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(addresses, token=TOKEN, **more) as channel:
        yield channel


# Retries


async def test_a_large_request_is_retried_too() -> None:
    async with echoing(max_concurrent=1) as running, connected(running.address) as channel:
        first = asyncio.ensure_future(said(channel, "wait"))
        await until(lambda: running.echo.running == 1)
        large = asyncio.ensure_future(said(channel, "x" * 2_000_000))
        await asyncio.sleep(0.05)
        running.echo.release.set()
        await first
        assert len(await large) == 2_000_000


async def test_retrying_ends_after_the_attempts_that_were_chosen() -> None:
    async with echoing(max_concurrent=1) as running, connected(running.address, attempts=2) as channel:
        first = asyncio.ensure_future(said(channel, "wait"))
        await until(lambda: running.echo.running == 1)
        begun = time.monotonic()
        error = await refusal(said(channel, "now"))
        assert error.reason == "TOO_MANY_CALLS"
        assert 0.1 <= time.monotonic() - begun < 0.6
        running.echo.release.set()
        await first


# Deadlines


@pytest.mark.parametrize("kind", [say, talk])
async def test_f21_a_call_without_a_timeout_gets_one(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.channel.DEFAULT_TIMEOUT_S", 0.2)
    async with echoing() as running, connected(running.address) as channel:
        call = kind(channel)(StringValue(value="wait")) if kind is say else kind(channel)().read()
        assert isinstance(await refusal(call), DeadlineExceeded)


async def test_a_method_named_endless_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.channel.DEFAULT_TIMEOUT_S", 0.2)
    endless = frozenset({f"/{NAME}/Watch"})
    async with echoing() as running, connected(running.address, endless=endless) as channel:
        call = watch(channel)(StringValue())
        await call.read()
        await asyncio.sleep(0.4)
        running.echo.release.set()
        assert await call.read() is grpc.aio.EOF


# Identity


async def test_a_trace_passes_through_every_server_that_a_call_reaches() -> None:
    async with echoing() as second, echoing() as first, connected(first.address) as channel:
        first.echo.next_address = second.address
        with telemetry.span("test", f"00-{TRACE}-b7ad6b7169203331-00"):
            seen = (await said(channel, "trace")).split()
    assert [each.split("-")[1] for each in seen] == [TRACE, TRACE]


async def test_a_token_that_the_caller_gives_goes_before_the_channels_own() -> None:
    async with echoing() as running, connected(running.address) as channel:
        metadata = (("authorization", "Bearer somebody-else"),)
        assert isinstance(await refusal(said(channel, "hello", metadata=metadata)), Unauthenticated)


async def test_with_mutual_tls_only_peers_of_the_authority_are_served(tmp_path: Path) -> None:
    ours, others = make_mesh(tmp_path / "ours"), make_mesh(tmp_path / "others")
    async with echoing(mesh_token="", **ours) as running:
        address = [running.address]
        async with open_channel(address, settings=ServiceSettings(**ours)) as channel:
            assert await said(channel, "who") == "Principal"
        for settings in (ServiceSettings(**others), None):
            async with open_channel(address, settings=settings, attempts=2) as channel:
                assert isinstance(await refusal(said(channel, "who", timeout=3)), Unavailable)


# Replicas


async def test_calls_are_spread_over_all_addresses() -> None:
    async with echoing() as one, echoing() as two, connected(one.address, two.address) as channel:
        await until_ready(channel)
        for _ in range(40):
            await said(channel, "hello")
        assert min(one.echo.calls, two.echo.calls) >= 10


async def until_ready(channel: grpc.aio.Channel) -> None:
    """Until every address of the list is connected: the first calls go to whichever is."""
    await asyncio.wait_for(channel.channel_ready(), 5)
    await asyncio.sleep(0.2)


async def test_losing_one_of_two_addresses_fails_no_call() -> None:
    async with echoing() as one, echoing() as two, connected(one.address, two.address) as channel:
        await until_ready(channel)
        await one.server.stop()
        for _ in range(40):
            assert await said(channel, "hello") == "hello"


async def test_a_server_that_comes_back_is_found_within_two_seconds() -> None:
    async with echoing() as before, connected(before.address) as channel:
        assert await said(channel, "hello") == "hello"
        await before.server.stop()
        assert isinstance(await refusal(said(channel, "hello", timeout=1)), Unavailable | DeadlineExceeded)
        async with echoing(listen=before.address):
            begun = time.monotonic()
            assert await said(channel, "hello", timeout=5, wait_for_ready=True) == "hello"
            assert time.monotonic() - begun < 2.0


async def test_a_key_stays_with_its_replica_and_moves_to_the_next_when_that_is_gone() -> None:
    async with echoing() as one, echoing() as two:
        both = {one.address: one, two.address: two}
        replicas = ReplicaSet(list(both), token=TOKEN)
        (home, channel), (_, other) = replicas.preferred("interview-1")
        assert home == rendezvous("interview-1", list(both))[0]
        for _ in range(5):
            await said(channel, "hello")
        assert both[home].echo.calls == 5
        await both[home].server.stop()
        begun = time.monotonic()
        assert isinstance(await refusal(said(channel, "hello", timeout=5)), Unavailable)
        assert time.monotonic() - begun < 1.0
        assert await said(other, "hello") == "hello"
        await replicas.close()


async def test_localhost_may_be_in_a_list_with_numbers() -> None:
    async with echoing() as one, echoing() as two:
        named = one.address.replace("127.0.0.1", "localhost")
        async with connected(named, two.address) as channel:
            assert await said(channel, "hello") == "hello"


# A peer that hangs


@contextmanager
def _process() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    command = [sys.executable, "-m", "tests.services.runtime.echo", address]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield address, process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


async def test_a_peer_that_hangs_is_noticed_without_any_deadline() -> None:
    with _process() as (address, process):
        async with connected(address, endless=frozenset({f"/{NAME}/Watch"})) as channel:
            call = watch(channel)(StringValue(), wait_for_ready=True)
            await call.read()
            process.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            assert isinstance(await refusal(asyncio.wait_for(call.read(), 30)), Unavailable)
            assert time.monotonic() - begun < 20.0
