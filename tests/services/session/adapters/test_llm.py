"""The client of language models against servers on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from viva.v1 import llm_pb2

from services.runtime.channel import ReplicaSet
from services.runtime.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    ResourceExhausted,
)
from services.session.adapters.llm import FAILURES, Breaker, GrpcLanguageModel
from services.session.app.model import (
    Finished,
    ModelCall,
    ModelLost,
    ModelMissing,
    ModelUnavailable,
    Priority,
    PromptTooLong,
)
from services.session.domain.prompts import Message, Role
from tests.fixtures.fake_llm import Call, FakeLlm, Reply, fake_llm, tokens_of
from tests.services.session.spine import NOBODY, until

LOST = Internal("INTERNAL", "A mistake of ours.")
FULL = ResourceExhausted("QUEUE_FULL", "Come back later.", retry_after_s=0.001)
MISSING = FailedPrecondition("MODEL_MISSING", "There are no weights.", remedy="viva models pull")
MESSAGES = (Message(Role.SYSTEM, "Ask."), Message(Role.USER, "<answer>\nI built", open=True))


def call(key: str = "interview:1", priority: Priority = Priority.INTERACTIVE) -> ModelCall:
    return ModelCall("question", "question.en@1", MESSAGES, key, priority, max_tokens=50)


@asynccontextmanager
async def client(*addresses: str, rest_s: float = 30.0) -> AsyncIterator[GrpcLanguageModel]:
    replicas = ReplicaSet(addresses, token="the-mesh")
    try:
        yield GrpcLanguageModel(replicas, rest_s)
    finally:
        await replicas.close()


async def said(model: GrpcLanguageModel, wanted: ModelCall | None = None, deadline_s: float = 5.0) -> str:
    async with aclosing(model.generate(wanted or call(), deadline_s)) as pieces:
        return "".join([piece async for piece in pieces if isinstance(piece, str)])


async def refused(model: GrpcLanguageModel, wanted: ModelCall | None = None, deadline_s: float = 5.0) -> str:
    with pytest.raises(ModelUnavailable) as failure:
        await said(model, wanted, deadline_s)
    return str(failure.value)


@pytest.mark.unit
class TestBreaker:
    def test_a_few_failures_in_a_row_open_it_for_a_rest(self) -> None:
        now = 100.0
        breaker = Breaker(5.0, now=lambda: now)
        for _ in range(FAILURES - 1):
            breaker.failed()
        assert breaker.closed
        breaker.failed()
        assert not breaker.closed
        now += 5.0
        assert breaker.closed

    def test_after_the_rest_one_failure_opens_it_again_and_a_success_forgets_all(self) -> None:
        now = 100.0
        breaker = Breaker(5.0, now=lambda: now)
        for _ in range(FAILURES):
            breaker.failed()
        now += 5.0
        breaker.failed()
        assert not breaker.closed
        now += 5.0
        breaker.succeeded()
        for _ in range(FAILURES - 1):
            breaker.failed()
        assert breaker.closed


@pytest.mark.integration
class TestOneReplica:
    async def test_text_comes_in_pieces_and_then_what_it_took(self) -> None:
        async with fake_llm(lambda _: Reply("What did you build?")) as llm, client(llm.address) as model:
            async with aclosing(model.generate(call(), 5.0)) as pieces:
                *text, end = [piece async for piece in pieces]
            assert text == ["What ", "did ", "you ", "build?"]
            request = llm.calls[0].request
            prompt = len(tokens_of(request.messages))
            assert end == Finished("told-what-to-say", llm.address, prompt, 0, 4, 1.0, 2.0, 3.0, 4096)
            assert [each.role for each in request.messages] == [
                llm_pb2.CHAT_ROLE_SYSTEM,
                llm_pb2.CHAT_ROLE_USER,
            ]
            assert (request.cache_key, request.max_tokens, request.json_schema) == ("interview:1", 50, "")

    async def test_a_models_thinking_never_comes_out(self) -> None:
        async with fake_llm(lambda _: Reply("What then?")) as llm, client(llm.address) as model:
            llm.thinking = "She seems nervous."
            assert await said(model) == "What then?"

    async def test_the_deadline_goes_along_and_is_kept(self) -> None:
        async with fake_llm(lambda _: Reply(hangs=True)) as llm, client(llm.address) as model:
            assert await refused(model, deadline_s=0.3) == "DEADLINE_EXCEEDED"
            assert llm.calls[0].timeout_s is not None
            assert llm.calls[0].timeout_s < 0.35

    async def test_who_stops_reading_cancels_the_call(self) -> None:
        async with (
            fake_llm(lambda _: Reply("One two three", hangs=True)) as llm,
            client(llm.address) as model,
        ):
            async with aclosing(model.generate(call(), 5.0)) as pieces:
                assert await anext(pieces) == "One "
            await until(lambda: llm.calls[0].left)

    async def test_a_failure_in_mid_text_is_told_and_not_hidden(self) -> None:
        broken = Reply("One two three", error=LOST, before_error=2)
        async with fake_llm(lambda _: broken) as llm, client(llm.address) as model:
            pieces = model.generate(call(), 5.0)
            assert [await anext(pieces), await anext(pieces)] == ["One ", "two "]
            with pytest.raises(ModelUnavailable):
                await anext(pieces)

    async def test_after_a_few_failures_nobody_is_asked_until_the_rest_is_over(self) -> None:
        reply = Reply(error=LOST)
        async with fake_llm(lambda _: reply) as llm, client(llm.address, rest_s=0.3) as model:
            for _ in range(FAILURES + 3):
                await refused(model)
            assert len(llm.calls) == FAILURES
            reply = Reply("Back again.")
            await asyncio.sleep(0.2)
            await asyncio.sleep(0.15)
            assert await said(model) == "Back again."
            assert await said(model) == "Back again."

    @pytest.mark.parametrize("busy", [FULL, DeadlineExceeded("TOO_LATE", "Not in the time given.")])
    async def test_what_may_wait_does_not_shut_out_what_may_not(self, busy: Exception) -> None:
        reply = Reply(error=busy)  # type: ignore[arg-type]
        async with fake_llm(lambda _: reply) as llm, client(llm.address) as model:
            llm.prefill_error = busy  # type: ignore[assignment]
            for _ in range(FAILURES + 1):
                await refused(model, call("evaluation:1", Priority.BATCH))
                await model.prefill(call(priority=Priority.PREFETCH))
            reply = Reply("At once.")
            assert await said(model) == "At once."

    async def test_a_wrong_request_is_no_fault_of_the_replica(self) -> None:
        reply = Reply(error=InvalidArgument("PROMPT_TOO_LONG", "Longer than the context."))
        async with fake_llm(lambda _: reply) as llm, client(llm.address) as model:
            for _ in range(FAILURES + 1):
                with pytest.raises(PromptTooLong, match="PROMPT_TOO_LONG"):
                    await said(model)
            assert len(llm.calls) == FAILURES + 1

    async def test_the_size_of_the_context_is_asked_for_once(self) -> None:
        async with fake_llm(lambda _: Reply("Yes?")) as llm, client(llm.address) as model:
            for size in (2048, 9999):
                llm.context_tokens = size
                async with aclosing(model.generate(call(), 5.0)) as pieces:
                    ends = [piece async for piece in pieces if isinstance(piece, Finished)]
                assert [end.context_tokens for end in ends] == [2048]

    async def test_a_server_without_a_model_is_missing_and_left_alone(self) -> None:
        async with fake_llm(lambda _: Reply(error=MISSING)) as llm, client(llm.address) as model:
            assert not model.missing
            with pytest.raises(ModelMissing):
                await said(model)
            assert model.missing
            with pytest.raises(ModelMissing):
                await said(model)
            assert len(llm.calls) == 1

    async def test_prefill_sends_the_open_message_and_never_fails(self) -> None:
        async with fake_llm(lambda _: Reply()) as llm, client(llm.address) as model:
            await model.prefill(call(priority=Priority.PREFETCH))
            llm.prefill_error = LOST
            await model.prefill(call(priority=Priority.PREFETCH))
            request = llm.prefills[0]
            assert (request.cache_key, request.open_last_message) == ("interview:1", True)
            assert request.messages[-1].content == "<answer>\nI built"
        async with client(NOBODY) as nobody:
            await nobody.prefill(call(priority=Priority.PREFETCH))


@pytest.mark.integration
async def test_without_any_replica_the_model_is_missing() -> None:
    async with client() as model:
        assert model.missing
        with pytest.raises(ModelMissing):
            await said(model)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[FakeLlm, FakeLlm, GrpcLanguageModel]]:
    async with (
        fake_llm(lambda _: Reply("I am one.")) as one,
        fake_llm(lambda _: Reply("I am two.")) as two,
        client(one.address, two.address) as model,
    ):
        yield one, two, model


def keys_of(calls: Sequence[Call]) -> set[str]:
    return {each.request.cache_key for each in calls}


@pytest.mark.integration
class TestTwoReplicas:
    async def test_a_key_stays_with_its_replica_and_many_keys_use_both(self) -> None:
        async with pair() as (one, two, model):
            for key in range(12):
                for _ in range(2):
                    await said(model, call(f"interview:{key}"))
                    await model.prefill(call(f"interview:{key}", Priority.PREFETCH))
            assert keys_of(one.calls) & keys_of(two.calls) == set()
            assert len(keys_of(one.calls) | keys_of(two.calls)) == 12
            assert one.calls
            assert two.calls
            assert {each.cache_key for each in one.prefills} == keys_of(one.calls)

    async def test_a_lost_replica_s_keys_move_and_the_others_stay(self) -> None:
        async with pair() as (one, two, model):
            for key in range(12):
                await said(model, call(f"interview:{key}"))
            homes = keys_of(one.calls), keys_of(two.calls)
            one.speak = lambda _: Reply(error=LOST)
            for key in range(12):
                assert await said(model, call(f"interview:{key}")) == "I am two."
            assert keys_of(two.calls) == homes[0] | homes[1]
            one.speak = lambda _: Reply("I am one.")
            assert not homes[1] & keys_of(one.calls)

    async def test_it_falls_over_only_while_no_text_has_come(self) -> None:
        async with pair() as (one, two, model):
            broken = Reply("Half a question", error=LOST, before_error=1)
            one.speak = two.speak = lambda _: broken
            with pytest.raises(ModelLost):
                await said(model)
            assert len(one.calls) + len(two.calls) == 1

    async def test_one_replica_without_a_model_is_passed_over(self) -> None:
        async with pair() as (one, _, model):
            one.speak = lambda _: Reply(error=MISSING)
            for key in range(8):
                assert await said(model, call(f"interview:{key}")) == "I am two."
            assert not model.missing
            assert len(one.calls) == 1

    async def test_forgetting_reaches_every_replica(self) -> None:
        async with pair() as (one, two, model):
            assert await model.forget("interview:1") is True
            assert one.forgotten == two.forgotten == ["interview:1"]
        async with fake_llm(lambda _: Reply()) as only, client(only.address, NOBODY) as model:
            assert await model.forget("interview:1") is False
            assert only.forgotten == ["interview:1"]
