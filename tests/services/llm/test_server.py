"""LlmService over a real socket, with the fake engine behind it."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import llm_pb2 as pb
from viva.v1 import llm_pb2_grpc

from services.llm.config import Settings
from services.llm.engines.fake import FakeEngine
from services.llm.server import build
from services.runtime.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted
from tests.services.rooms import (
    ANY_FLOAT,
    ANY_INT32,
    ANY_TEXT,
    FUZZ,
    clearly,
    collected,
    mostly,
    refusal,
    served,
    until,
)

pytestmark = pytest.mark.integration

WORDS = " ".join(f"word{number}" for number in range(200))


def ask(text: str = "하나 둘 셋", **fields: object) -> pb.GenerateRequest:
    message = pb.ChatMessage(role=pb.CHAT_ROLE_USER, content=text)
    return pb.GenerateRequest(messages=[message], **fields)  # type: ignore[arg-type]


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def slow() -> FakeEngine:
    """One place, 20 ms a token."""
    return FakeEngine(places=1, step_s=0.02)


@pytest.fixture
async def stub(engine: FakeEngine) -> AsyncIterator[llm_pb2_grpc.LlmServiceStub]:
    async with served(build, engine, Settings) as channel:
        yield llm_pb2_grpc.LlmServiceStub(channel)


@pytest.fixture
async def slow_stub(slow: FakeEngine) -> AsyncIterator[llm_pb2_grpc.LlmServiceStub]:
    async with served(build, slow, Settings) as channel:
        yield llm_pb2_grpc.LlmServiceStub(channel)


async def test_generate_streams_deltas_then_one_completion(stub: llm_pb2_grpc.LlmServiceStub) -> None:
    *deltas, last = await collected(stub.Generate(ask(), timeout=5))
    assert "".join(each.delta.text for each in deltas) == "하나 둘 셋"
    assert last.completion.finish_reason == pb.FINISH_REASON_END
    assert last.completion.usage.completion_tokens == len(deltas) == 3
    assert last.completion.model == "echo"


async def test_what_a_caller_leaves_out_takes_the_documented_defaults(
    stub: llm_pb2_grpc.LlmServiceStub, engine: FakeEngine
) -> None:
    await collected(stub.Generate(ask(WORDS * 2), timeout=5))
    (seen,) = engine.seen
    assert seen.max_tokens == 256
    assert seen.sampling.temperature is None
    assert seen.sampling.seed is None


async def test_prefill_count_tokens_forget_and_get_info_answer(stub: llm_pb2_grpc.LlmServiceStub) -> None:
    messages = ask().messages
    filled = await stub.Prefill(pb.PrefillRequest(messages=messages, cache_key="i1", open_last_message=True))
    counted = await stub.CountTokens(pb.CountTokensRequest(messages=messages))
    assert filled.prompt_tokens == filled.computed_tokens == counted.tokens - 1
    (*_, last) = await collected(stub.Generate(ask(cache_key="i1"), timeout=5))
    assert last.completion.usage.cached_tokens == filled.computed_tokens
    assert (await stub.Forget(pb.ForgetRequest(cache_key="i1"))).forgotten
    info = await stub.GetInfo(pb.LlmServiceGetInfoRequest())
    assert (info.capability.engine, info.context_tokens, info.running) == ("fake", 2048, 0)


async def test_a_client_that_cancels_frees_its_place_within_one_step(
    slow_stub: llm_pb2_grpc.LlmServiceStub, slow: FakeEngine
) -> None:
    call = slow_stub.Generate(ask(WORDS), timeout=30)
    await call.read()
    call.cancel()
    steps = slow.steps
    await until(lambda: slow.running == 0)
    assert slow.steps <= steps + 2  # the step under way when the news arrived, and one of the wire
    assert await collected(slow_stub.Generate(ask("하나"), timeout=5))


async def test_a_client_that_reads_nothing_and_leaves_frees_its_place(
    stub: llm_pb2_grpc.LlmServiceStub, engine: FakeEngine
) -> None:
    call = stub.Generate(ask("가" * 60_000 + " 나" * 1000, max_tokens=4096), timeout=30)
    await call.read()
    call.cancel()
    await until(lambda: engine.running == 0)


async def test_a_client_whose_connection_breaks_frees_its_place(slow: FakeEngine) -> None:
    async with served(build, slow, Settings) as channel:
        call = llm_pb2_grpc.LlmServiceStub(channel).Generate(ask(WORDS), timeout=30)
        await call.read()
        await channel.close()
        await until(lambda: slow.running == 0)


async def test_headers_come_with_admission_and_before_the_first_token() -> None:
    async with served(build, FakeEngine(step_s=0.5), Settings) as channel:
        call = llm_pb2_grpc.LlmServiceStub(channel).Generate(ask(), timeout=30)
        begun = time.monotonic()
        await call.initial_metadata()
        assert time.monotonic() - begun < 0.4
        call.cancel()


async def test_a_refused_call_is_retried_by_the_channel_and_then_succeeds(
    slow_stub: llm_pb2_grpc.LlmServiceStub, slow: FakeEngine
) -> None:
    slow.retry_after_s = 0.2
    first = asyncio.create_task(collected(slow_stub.Generate(ask("a b c d e"), timeout=30)))
    await until(lambda: slow.running == 1)
    second = await collected(slow_stub.Generate(ask("다시"), timeout=30))
    assert second[0].delta.text == "다시"
    assert len(slow.seen) == 2
    await first


async def test_a_call_refused_to_the_end_says_so_with_its_pushback(
    slow_stub: llm_pb2_grpc.LlmServiceStub, slow: FakeEngine
) -> None:
    running = slow_stub.Generate(ask(WORDS), timeout=30)
    await running.read()
    error = await refusal(collected(slow_stub.Generate(ask(), timeout=30)))
    assert isinstance(error, ResourceExhausted)
    assert error.reason == "LLM_QUEUE_FULL"
    assert error.retry_after_s == pytest.approx(slow.retry_after_s)
    running.cancel()


async def test_the_callers_deadline_reaches_the_engine(
    stub: llm_pb2_grpc.LlmServiceStub, engine: FakeEngine
) -> None:
    await collected(stub.Generate(ask(), timeout=7))
    (seen,) = engine.seen
    assert seen.deadline is not None
    assert seen.deadline - time.monotonic() == pytest.approx(7, abs=1)


async def test_a_deadline_too_close_is_refused_by_the_engine_before_it_works(
    stub: llm_pb2_grpc.LlmServiceStub, engine: FakeEngine
) -> None:
    engine.step_s = 3.0
    begun = time.monotonic()
    error = await refusal(collected(stub.Generate(ask(), timeout=2)))
    assert isinstance(error, DeadlineExceeded)
    assert error.reason == "LLM_DEADLINE_TOO_CLOSE"
    assert time.monotonic() - begun < 1.5
    assert engine.steps == 0


async def test_a_deadline_that_passes_while_generating_ends_the_call(
    slow_stub: llm_pb2_grpc.LlmServiceStub, slow: FakeEngine
) -> None:
    error = await refusal(collected(slow_stub.Generate(ask(WORDS), timeout=0.3)))
    assert isinstance(error, DeadlineExceeded)
    await until(lambda: slow.running == 0)


async def test_a_prompt_longer_than_the_context_names_its_field(stub: llm_pb2_grpc.LlmServiceStub) -> None:
    error = await refusal(collected(stub.Generate(ask("말 " * 3000), timeout=5)))
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == ["messages"]


text = mostly(st.text(max_size=30), ANY_TEXT)
messages = st.lists(
    st.builds(pb.ChatMessage, role=mostly(st.integers(1, 3), st.integers(0, 9)), content=text),
    min_size=1,
    max_size=4,
)
sampling = st.builds(
    pb.SamplingOptions,
    temperature=mostly(st.floats(0, 2, width=32), ANY_FLOAT),
    top_p=mostly(st.floats(0, 1, width=32), ANY_FLOAT),
    top_k=mostly(st.integers(0, 1000), ANY_INT32),
    min_p=mostly(st.floats(0, 1, width=32), ANY_FLOAT),
    repeat_penalty=mostly(st.floats(0, 2, width=32), ANY_FLOAT),
    seed=st.integers(0, 2**32 - 1),
    greedy=st.booleans(),
)
conversations = {
    "messages": mostly(messages, st.integers(0, 300).map(lambda count: [pb.ChatMessage(role=1)] * count)),
    "cache_key": mostly(st.text(min_size=1, max_size=30), ANY_TEXT),
    "shared_prefix_messages": mostly(st.integers(0, 1), ANY_INT32),
    "request_id": text,
}
generations = st.builds(
    pb.GenerateRequest,
    **conversations,
    max_tokens=mostly(st.integers(0, 4096), ANY_INT32),
    priority=mostly(st.integers(0, 3), st.integers(0, 99)),
    sampling=sampling,
    stop=st.lists(mostly(st.text(min_size=1, max_size=64), ANY_TEXT), max_size=9),
    json_schema=mostly(st.sampled_from(["", "{}"]), ANY_TEXT),
)
prefills = st.builds(pb.PrefillRequest, **conversations, open_last_message=st.booleans())


@FUZZ
@given(generation=generations, prefill=prefills, key=text)
async def test_whatever_is_sent_is_answered_or_refused_by_field_and_the_server_lives(
    stub: llm_pb2_grpc.LlmServiceStub,
    engine: FakeEngine,
    generation: pb.GenerateRequest,
    prefill: pb.PrefillRequest,
    key: str,
) -> None:
    for attempt in (
        collected(stub.Generate(generation, timeout=10)),
        stub.Prefill(prefill, timeout=10),
        stub.CountTokens(pb.CountTokensRequest(messages=generation.messages), timeout=10),
        stub.Forget(pb.ForgetRequest(cache_key=key), timeout=10),
    ):
        await clearly(attempt, grpc.StatusCode.INVALID_ARGUMENT)
    assert engine.running == 0
