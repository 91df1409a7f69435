"""Every served call over a socket: who may, how many, how long, and what the caller is told."""

import asyncio
import gc
import time
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unauthenticated,
)
from tests.services.rooms import NOT_SERVING, SERVING, collected, health, refusal, until
from tests.services.runtime.echo import (
    CODEC,
    NAME,
    SECRET,
    TOKEN,
    bearer,
    count,
    echoing,
    join,
    plain,
    said,
    say,
    talk,
    watch,
)

pytestmark = pytest.mark.integration

WAIT = StringValue(value="wait")


async def spoken(*texts: str) -> Any:
    for text in texts:
        yield StringValue(value=text)


# What every kind of rpc does when nothing is wrong


async def test_all_four_kinds_of_rpc_are_answered() -> None:
    async with echoing() as running, open_channel([running.address], token=TOKEN) as channel:
        assert await said(channel, "hello") == "hello"
        counted = await collected(count(channel)(StringValue()))
        assert [each.value for each in counted] == ["0", "1", "2", "end"]
        assert (await join(channel)(spoken("a", "b"))).value == "a b"
        assert [each.value async for each in talk(channel)(spoken("a", "b"))] == ["a", "b"]
        assert running.echo.running == 0


async def test_every_answer_tells_how_long_it_took() -> None:
    async with echoing() as running, open_channel([running.address], token=TOKEN) as channel:
        call = say(channel)(StringValue(value="times"))
        await call
        found = dict(await call.trailing_metadata())
        assert found["viva-queue-ms"] == "1.50"
        assert float(found["viva-compute-ms"]) >= 0


async def test_a_stream_sends_no_headers_before_its_first_answer_so_that_a_refusal_can_be_retried() -> None:
    async with echoing() as running, open_channel([running.address], token=TOKEN) as channel:
        counted = await collected(count(channel)(StringValue(value="second time")))
        assert len(counted) == 4
        assert running.echo.calls == 2


# Who may call


@pytest.mark.parametrize("metadata", [(), bearer("wrong"), (("authorization", TOKEN),)])
async def test_a_stranger_is_refused_by_every_kind_of_rpc(metadata: Any) -> None:
    async with echoing() as running, plain(running.address) as channel:
        lone, many = StringValue(value="who"), [StringValue(value="who")]
        for call in (
            say(channel)(lone, metadata=metadata),
            join(channel)(many, metadata=metadata),
            collected(count(channel)(lone, metadata=metadata)),
            talk(channel)(metadata=metadata).read(),
            collected(watch(channel)(lone, metadata=metadata)),
        ):
            error = await refusal(call)
            assert isinstance(error, Unauthenticated)
            assert error.remedy
        assert running.echo.calls == 0


async def test_a_handler_knows_who_calls() -> None:
    async with echoing() as running, plain(running.address) as channel:
        assert await said(channel, "who", metadata=bearer()) == "Principal"


async def test_health_and_reflection_are_open_on_loopback() -> None:
    async with echoing() as running, plain(running.address) as channel:
        assert await health(channel) == SERVING
        assert await health(channel, NAME) == SERVING
        asked = [reflection_pb2.ServerReflectionRequest(list_services="")]
        answers = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter(asked))
        names = [each.name async for answer in answers for each in answer.list_services_response.service]
        assert {NAME, "grpc.health.v1.Health"} <= set(names)


# How many at once, and how long


async def test_one_call_too_many_is_pushed_back_and_the_channel_tries_it_again() -> None:
    async with (
        echoing(max_concurrent=1) as running,
        plain(running.address) as impatient,
        open_channel([running.address], token=TOKEN) as channel,
    ):
        first = asyncio.ensure_future(said(channel, "wait"))
        await until(lambda: running.echo.running == 1)
        error = await refusal(said(impatient, "now", metadata=bearer()))
        assert isinstance(error, ResourceExhausted)
        assert error.retry_after_s
        patient = asyncio.ensure_future(said(channel, "later"))
        await asyncio.sleep(0.05)
        assert running.echo.calls == 1
        running.echo.release.set()
        assert [await first, await patient] == ["wait", "later"]


async def test_health_and_watches_take_no_place() -> None:
    async with (
        echoing(max_concurrent=1) as running,
        open_channel([running.address], token=TOKEN) as channel,
    ):
        first = asyncio.ensure_future(said(channel, "wait"))
        await until(lambda: running.echo.running == 1)
        call = watch(channel)(StringValue())
        assert (await call.read()).value == "begun"
        assert await health(channel) == SERVING
        running.echo.release.set()
        await first


async def test_a_place_is_free_again_however_a_call_ended() -> None:
    async with echoing(max_concurrent=1) as running, plain(running.address) as channel:
        for text in ("crash", "wrong", "fine", "crash"):
            call = say(channel)(StringValue(value=text), metadata=bearer())
            assert await call.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED
        await refusal(said(channel, "wait", metadata=bearer(), timeout=0.1))
        await until(lambda: running.echo.running == 0)
        assert await said(channel, "fine", metadata=bearer()) == "fine"


async def test_f21_a_call_that_brings_no_deadline_gets_one() -> None:
    async with echoing(default_deadline_s=0.1) as running, plain(running.address) as channel:
        for call in (
            say(channel)(WAIT, metadata=bearer()),
            collected(count(channel)(WAIT, metadata=bearer())),
            collected(talk(channel)([WAIT], metadata=bearer())),
        ):
            assert isinstance(await refusal(call), DeadlineExceeded)
        assert running.echo.running == 0


async def test_a_watch_has_no_deadline_of_ours() -> None:
    async with echoing(default_deadline_s=0.05) as running, plain(running.address) as channel:
        call = watch(channel)(StringValue(), metadata=bearer())
        await call.read()
        await asyncio.sleep(0.2)
        running.echo.release.set()
        assert await call.read() is grpc.aio.EOF


async def test_f20_a_handler_is_cancelled_when_the_deadline_of_its_caller_passes() -> None:
    async with echoing() as running, plain(running.address) as channel:
        assert isinstance(
            await refusal(said(channel, "wait", metadata=bearer(), timeout=0.2)), DeadlineExceeded
        )
        await until(lambda: running.echo.left == ["wait: CancelledError"])


@pytest.mark.parametrize("kind", [say, count, watch])
async def test_f20_a_handler_is_cancelled_when_its_caller_leaves(kind: Any) -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with echoing() as running, plain(running.address) as channel:
        call = kind(channel)(WAIT, metadata=bearer())
        if kind is not say:
            await call.read()
        await until(lambda: running.echo.running == 1)
        call.cancel()
        await until(lambda: running.echo.running == 0)
        assert len(running.echo.left) == 1
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def test_clients_that_leave_in_mid_stream_leave_no_trace_in_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with echoing(log_level="warning") as running, plain(running.address) as channel:
        for _ in range(50):
            call = count(channel)(WAIT, metadata=bearer())
            await call.read()
            call.cancel()
        await until(lambda: running.echo.running == 0)
        gc.collect()
        await asyncio.sleep(0.05)
        assert capfd.readouterr().err == ""


# What the caller is told


async def test_a_wrong_request_is_told_by_field() -> None:
    async with echoing() as running, plain(running.address) as channel:
        error = await refusal(said(channel, "wrong", metadata=bearer()))
        assert isinstance(error, InvalidArgument)
        assert error.violations == {"value": "must not be wrong"}
        streamed = await refusal(collected(talk(channel)([StringValue(value="wrong")], metadata=bearer())))
        assert isinstance(streamed, InvalidArgument)


async def test_a_mistake_of_ours_is_told_by_its_incident_and_not_by_its_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with echoing(log_level="info") as running, plain(running.address) as channel:
        error = await refusal(said(channel, "crash", metadata=bearer()))
    assert isinstance(error, Internal)
    assert error.remedy
    assert SECRET not in str(error)
    log = capfd.readouterr().err
    assert error.metadata["incident"] in log
    assert SECRET not in log


async def test_a_rpc_that_does_not_exist_is_unimplemented() -> None:
    async with echoing() as running, plain(running.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(f"/{NAME}/Sing", *CODEC)(StringValue(), metadata=bearer())
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


# Health


async def test_f30_health_follows_the_probe_down_and_up() -> None:
    found = {"now": Capability("echo", State.READY, "")}

    async def probe() -> Capability:
        return found["now"]

    async with echoing(probe) as running, plain(running.address) as channel:
        for state in (State.MISSING, State.DEGRADED, State.BROKEN, State.READY):
            found["now"] = Capability("echo", state, "")
            wanted = SERVING if state.serves else NOT_SERVING
            await becomes(channel, wanted)
            assert await health(channel) == SERVING


async def test_f29_a_probe_that_fails_or_hangs_is_not_healthy() -> None:
    how: dict[str, Any] = {"now": None}

    async def probe() -> Capability:
        if how["now"] == "hangs":
            await asyncio.sleep(60)
        if how["now"]:
            raise how["now"]
        return Capability("echo", State.READY, "")

    async with echoing(probe) as running, plain(running.address) as channel:
        for trouble in ("hangs", ImportError("no such engine"), MemoryError()):
            how["now"] = trouble
            await becomes(channel, NOT_SERVING)
            assert await health(channel) == SERVING
            how["now"] = None
            await becomes(channel, SERVING)


async def becomes(channel: grpc.aio.Channel, wanted: int) -> None:
    until_s = time.monotonic() + 5
    while await health(channel, NAME) != wanted:
        assert time.monotonic() < until_s, "health never changed"
        await asyncio.sleep(0.02)


async def test_a_port_that_is_taken_is_named_with_the_variable_that_moves_it() -> None:
    async with echoing() as running:
        with pytest.raises(FailedPrecondition) as caught:
            async with echoing(listen=running.address):
                pass
    assert running.address in str(caught.value)
    assert "LISTEN" in caught.value.remedy
