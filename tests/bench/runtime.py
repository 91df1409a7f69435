"""What the shared rules add to a call: the same rpc with and without them, on the server and on the channel.

    python tests/bench/runtime.py [--calls 2000] [--rounds 7]

Servers are processes of their own, callers this one; one call at a time over loopback. Compared are medians
over rounds of the medians in a round; each round tries every pair once, so that a noisy moment meets all.
The last line is one JSON object; `overhead_ms` is what both sides together add to a unary call.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import uvloop
from google.protobuf.wrappers_pb2 import StringValue

from deploy.local.environment import free_ports
from services.runtime.auth import MeshAuthenticator
from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.serving import Server, Service
from services.runtime.settings import ServiceSettings

NAME = "viva.bench.Echo"
TOKEN = "the-mesh"
PIECES = 50  # messages of one stream
READ, WRITE = StringValue.FromString, StringValue.SerializeToString
IDENTITY = (("authorization", f"Bearer {TOKEN}"),)

Call = Callable[[], Awaitable[Any]]


# The servers


async def say(request: StringValue, context: Any) -> StringValue:
    return request


async def count(request: StringValue, context: Any) -> AsyncIterator[StringValue]:
    for _ in range(PIECES):
        yield request


def add(_: Any, server: grpc.aio.Server) -> None:
    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(say, READ, WRITE),
        "Count": grpc.unary_stream_rpc_method_handler(count, READ, WRITE),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))


async def serve(kind: str, address: str) -> None:
    if kind == "ours":
        await ours(address).run()
        return
    server = grpc.aio.server()
    add(None, server)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


def ours(address: str) -> Server:
    async def ready() -> Capability:
        return Capability("echo", State.READY, "It answers.")

    settings = ServiceSettings(listen=address, mesh_token=TOKEN, log_level="warning")
    return Server("echo", settings, [Service(NAME, add, None)], MeshAuthenticator(TOKEN), ready)


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, "--serve", kind, address)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            await asyncio.wait_for(channel.channel_ready(), 30)
        yield address
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


# The callers


def unary(channel: grpc.aio.Channel) -> Call:
    method, request = channel.unary_unary(f"/{NAME}/Say", WRITE, READ), StringValue(value="hello")

    async def call() -> None:
        await method(request, timeout=10, metadata=IDENTITY)

    return call


def stream(channel: grpc.aio.Channel) -> Call:
    method, request = channel.unary_stream(f"/{NAME}/Count", WRITE, READ), StringValue(value="hello")

    async def call() -> None:
        received = [each async for each in method(request, timeout=10, metadata=IDENTITY)]
        assert len(received) == PIECES

    return call


async def median_ms(call: Call, times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


async def measure(calls: int, rounds: int) -> dict[tuple[str, str], list[float]]:
    """Medians in ms by rpc and by who has the rules."""
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(serving("bare"))
        with_rules = await stack.enter_async_context(serving("ours"))
        pairs = {
            "nobody": await stack.enter_async_context(grpc.aio.insecure_channel(bare)),
            "the server": await stack.enter_async_context(grpc.aio.insecure_channel(with_rules)),
            "the channel": await stack.enter_async_context(open_channel([bare], token=TOKEN)),
            "both": await stack.enter_async_context(open_channel([with_rules], token=TOKEN)),
        }
        kinds = {"unary": (unary, calls), "stream": (stream, max(1, calls // 10))}
        found: dict[tuple[str, str], list[float]] = {}
        for turn in range(rounds + 1):
            for (kind, (make, times)), (who, channel) in (
                (k, p) for k in kinds.items() for p in pairs.items()
            ):
                taken = await median_ms(make(channel), times if turn else times // 10 + 1)
                if turn:  # the first is a warm-up
                    found.setdefault((kind, who), []).append(taken)
        return found


def report(found: dict[tuple[str, str], list[float]]) -> dict[str, float]:
    middle = {key: statistics.median(rounds) for key, rounds in found.items()}
    print(f"{'rpc':8}{'rules on':14}{'ms':>9}{'least':>9}{'most':>9}{'added ms':>10}")
    for (kind, who), taken in middle.items():
        rounds = found[kind, who]
        added = taken - middle[kind, "nobody"]
        print(f"{kind:8}{who:14}{taken:9.3f}{min(rounds):9.3f}{max(rounds):9.3f}{added:10.3f}")
    stream_ms = middle["stream", "both"] - middle["stream", "nobody"]
    return {
        "overhead_ms": middle["unary", "both"] - middle["unary", "nobody"],
        "overhead_server_ms": middle["unary", "the server"] - middle["unary", "nobody"],
        "overhead_channel_ms": middle["unary", "the channel"] - middle["unary", "nobody"],
        f"overhead_stream_of_{PIECES}_ms": stream_ms,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(*options.serve))
        return
    found = uvloop.run(measure(options.calls, options.rounds))
    print(json.dumps({name: round(value, 3) for name, value in report(found).items()}))


if __name__ == "__main__":
    main()
