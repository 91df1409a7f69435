"""What comes over the wire is not always what a friendly client sends."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.runtime.errors import InvalidArgument
from tests.services.rooms import collected, refusal
from tests.services.runtime.echo import NAME, bearer, echoing, plain, said

pytestmark = pytest.mark.integration

NO_MESSAGE = [b"\xff\xff\xff\xff", b"\x0a\xff", b"\x0a\x02\xc3\x28", b"GET / HTTP/1.1\r\n\r\n"]
GOOD = StringValue(value="hello").SerializeToString()


def raw(channel: grpc.aio.Channel, kind: str, method: str) -> Any:
    return getattr(channel, kind)(f"/{NAME}/{method}", None, None)


@pytest.mark.parametrize("rubbish", NO_MESSAGE)
async def test_bytes_that_are_no_message_are_an_invalid_argument_of_every_kind_of_rpc(
    rubbish: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    async with echoing(log_level="warning") as running, plain(running.address) as channel:
        told = {"metadata": bearer(), "timeout": 5}
        for call in (
            raw(channel, "unary_unary", "Say")(rubbish, **told),
            collected(raw(channel, "unary_stream", "Count")(rubbish, **told)),
            collected(raw(channel, "unary_stream", "Watch")(rubbish, **told)),
            raw(channel, "stream_unary", "Join")(iter([GOOD, rubbish]), **told),
            collected(raw(channel, "stream_stream", "Talk")(iter([rubbish]), **told)),
        ):
            error = await refusal(call)
            assert isinstance(error, InvalidArgument)
            assert error.reason == "MALFORMED_MESSAGE"
        assert running.echo.running == 0
        assert await said(channel, "hello", **told) == "hello"
    assert "Traceback" not in capfd.readouterr().err


async def test_a_stranger_with_bytes_that_are_no_message_learns_nothing() -> None:
    async with echoing() as running, plain(running.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await raw(channel, "unary_unary", "Say")(NO_MESSAGE[0], timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_answers_before_a_bad_message_of_a_stream_arrive() -> None:
    async with echoing() as running, plain(running.address) as channel:
        call = raw(channel, "stream_stream", "Talk")(metadata=bearer(), timeout=5)
        await call.write(GOOD)
        assert await call.read() == GOOD
        await call.write(NO_MESSAGE[0])
        error = await refusal(call.read())
        assert isinstance(error, InvalidArgument)


async def test_metadata_beyond_the_limit_is_refused_and_the_server_serves_on() -> None:
    async with echoing() as running, plain(running.address) as channel:
        for size in (40_000, 200_000, 1_000_000):
            huge = (*bearer(), ("x-huge", "x" * size))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await said(channel, "hello", metadata=huge, timeout=5)
            assert caught.value.code() is not grpc.StatusCode.OK
            assert running.echo.calls == 0
        assert await said(channel, "hello", metadata=bearer(), timeout=5) == "hello"


@pytest.mark.parametrize(
    "metadata",
    [
        (("x-request-id", "x" * 9_000),),
        (("x-request-id", '"} <script>'),),
        (("traceparent", "not-a-trace"),),
        (("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"),),
        (("traceparent", "x" * 9_000),),
        (("binary-bin", b"\x00\xff"),),
        tuple((f"x-{n}", "y") for n in range(500)),
    ],
)
async def test_odd_metadata_of_a_known_caller_changes_nothing(metadata: Any) -> None:
    async with echoing() as running, plain(running.address) as channel:
        assert await said(channel, "hello", metadata=(*bearer(), *metadata), timeout=5) == "hello"


async def test_a_message_beyond_the_limit_is_refused() -> None:
    async with echoing(max_message_mib=1) as running, plain(running.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await said(channel, "x" * (2 << 20), metadata=bearer(), timeout=5)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await said(channel, "hello", metadata=bearer(), timeout=5) == "hello"


async def test_a_peer_that_speaks_no_http2_harms_nobody() -> None:
    async with echoing() as running, plain(running.address) as channel:
        host, _, port = running.address.partition(":")
        for rubbish in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01" + b"\x00" * 500,
            b"PRI * HTTP/2.0\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(rubbish)
            await writer.drain()
            writer.close()
            del reader
        assert await said(channel, "hello", metadata=bearer(), timeout=5) == "hello"
