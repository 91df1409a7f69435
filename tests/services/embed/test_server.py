"""The service over a real socket: who may call, what is refused, what it says about itself."""

from __future__ import annotations

import asyncio
import threading

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from viva.v1 import common_pb2
from viva.v1 import embed_pb2 as pb

from services.embed.engines.fake import FakeEngine
from services.embed.engines.hashing import HashingEngine
from services.runtime.engines import Missing
from services.runtime.errors import from_rpc_error

from .conftest import connected

pytestmark = pytest.mark.integration

CLEAR = {grpc.StatusCode.INVALID_ARGUMENT}
MISSING = Missing("embed", "EMBED_MODEL_MISSING", "There are no weights.", "viva models pull kure-v1")


async def failure(call):
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return raised.value


async def health(client, service):
    stub = health_pb2_grpc.HealthStub(client.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


# Answers


async def test_vectors_come_back_packed_in_order_with_what_made_them(serving):
    engine = HashingEngine()
    texts = ["결제 시스템", "주말 등산", "결제 시스템을"]
    async with serving(engine) as client:
        answer = await client.embed(*texts)
    rows = np.frombuffer(answer.vectors, "<f4").reshape(len(texts), answer.dimensions)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(rows, HashingEngine().encode(engine.prepare(texts, None)))
    assert rows[0] @ rows[2] > rows[0] @ rows[1] + 0.5
    assert (answer.engine, answer.model) == ("hashing", "char-ngrams-2-4-v1")
    assert len(answer.token_counts) == 3
    assert not answer.truncated
    assert answer.timings.decode_ms >= 0


async def test_texts_that_were_cut_are_named(serving):
    async with serving(FakeEngine(max_tokens=5), dimensions=8) as client:
        answer = await client.embed("short", "much too long", "ok", "also too long")
    assert list(answer.truncated) == [1, 3]
    assert list(answer.token_counts) == [5, 5, 2, 5]


async def test_a_callers_time_in_queue_and_model_is_in_the_trailing_metadata(serving):
    async with serving(FakeEngine(seconds_per_batch=0.02), dimensions=8) as client:
        call = client.stub.Embed(pb.EmbedRequest(texts=["a"], kind=pb.EMBED_KIND_QUERY))
        await call
        trailing = dict(await call.trailing_metadata())
    assert float(trailing["viva-compute-ms"]) >= 20
    assert float(trailing["viva-queue-ms"]) >= 0


async def test_the_largest_allowed_request_fits(serving):
    async with serving(HashingEngine()) as client:
        answer = await client.embed(*["가" * 8192] * 256, lane=pb.EMBED_LANE_BULK)
    assert len(answer.vectors) == 256 * 1024 * 4


# Refusals


async def test_f29_a_caller_without_the_meshs_token_is_refused_but_health_and_reflection_are_open(serving):
    async with serving(HashingEngine()) as client, connected(client.address, token="wrong") as stranger:
        for call in (stranger.embed("가"), stranger.info()):
            assert (await failure(call)).code() is grpc.StatusCode.UNAUTHENTICATED
        assert await health(stranger, "") == "SERVING"
        assert "viva.v1.EmbedService" in await reflected_services(stranger)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.EmbedRequest(kind=1), "texts"),
        (pb.EmbedRequest(texts=["a"]), "kind"),
        (pb.EmbedRequest(texts=["a"], kind=7), "kind"),
        (pb.EmbedRequest(texts=["a"], kind=1, lane=9), "lane"),
        (pb.EmbedRequest(texts=["a", ""], kind=1), "texts[1]"),
        (pb.EmbedRequest(texts=["a", "b", " \n\t"], kind=1), "texts[2]"),
        (pb.EmbedRequest(texts=["x" * 8193], kind=1), "texts[0]"),
        (pb.EmbedRequest(texts=["x"] * 257, kind=1), "texts"),
    ],
)
async def test_a_wrong_request_is_told_its_field(serving, request_, field):
    async with serving(FakeEngine(), dimensions=8) as client:
        error = from_rpc_error(await failure(client.stub.Embed(request_)))
    assert error.reason == "INVALID_FIELD"
    assert list(error.violations) == [field]


any_request = st.builds(
    pb.EmbedRequest,
    texts=st.lists(st.text(max_size=40) | st.sampled_from(["가" * 8192, "나" * 8193]), max_size=6)
    | st.integers(250, 260).map(lambda count: ["x"] * count),
    kind=st.integers(-1, 4),
    lane=st.integers(-1, 4),
)


async def test_any_request_is_answered_or_refused_with_a_named_field(serving):
    loop = asyncio.get_running_loop()
    async with serving(HashingEngine()) as client:

        async def ask(request):
            try:
                return await client.stub.Embed(request, timeout=20)
            except grpc.aio.AioRpcError as error:
                return error

        @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
        @given(any_request)
        def every_request(request):
            answer = asyncio.run_coroutine_threadsafe(ask(request), loop).result(30)
            if isinstance(answer, pb.EmbedResponse):
                assert len(answer.vectors) == len(request.texts) * answer.dimensions * 4
                assert len(answer.token_counts) == len(request.texts)
            else:
                assert answer.code() in CLEAR
                assert from_rpc_error(answer).violations

        await asyncio.to_thread(every_request)


async def test_f19_a_full_queue_pushes_back_with_a_time_and_takes_calls_again_later(serving):
    gate = threading.Event()
    engine = FakeEngine(before_batch=lambda texts: gate.wait(20))
    async with serving(engine, dimensions=8, max_queued_texts=2) as client:
        waiting = [asyncio.create_task(client.embed(f"text {i}")) for i in range(2)]
        await until(lambda: held(client, 1))
        plain = grpc.aio.insecure_channel(client.address, options=[("grpc.enable_retries", 0)])
        async with plain:
            error = await failure(plain_embed(plain, "one too many"))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert int(dict(error.trailing_metadata())["grpc-retry-pushback-ms"]) > 0
        patient = asyncio.create_task(client.embed("a client that retries"))
        await asyncio.sleep(0.02)
        gate.set()
        await asyncio.gather(*waiting, patient)


async def test_a_client_that_goes_away_costs_no_computing(serving):
    gate, reached = threading.Event(), threading.Event()

    def hold(texts):
        reached.set()
        gate.wait(20)

    engine = FakeEngine(before_batch=hold)
    async with serving(engine, dimensions=8) as client:
        first = asyncio.create_task(client.embed("first"))
        await asyncio.to_thread(reached.wait, 20)
        gone = asyncio.create_task(client.embed("gone"))
        await until(lambda: held(client, 1))
        gone.cancel()
        await until(lambda: held(client, 0))
        gate.set()
        await first
        await client.embed("last")
    assert engine.batches == [["first"], ["last"]]


async def test_f21_a_deadline_is_kept_while_the_model_is_busy(serving):
    gate = threading.Event()
    async with serving(FakeEngine(before_batch=lambda texts: gate.wait(20)), dimensions=8) as client:
        first = asyncio.create_task(client.embed("first"))
        request = pb.EmbedRequest(texts=["late"], kind=pb.EMBED_KIND_QUERY)
        error = await failure(client.stub.Embed(request, timeout=0.1))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        gate.set()
        await first


# What it says about itself


async def test_hashing_says_that_it_is_the_lesser_engine_and_how_to_get_the_better_one(serving, tmp_path):
    async with serving(HashingEngine(), models=tmp_path) as client:
        info = await client.info()
        assert await health(client, "viva.v1.EmbedService") == "SERVING"
    capability = info.capability
    assert capability.state == common_pb2.CAPABILITY_STATE_DEGRADED
    assert (capability.name, capability.engine) == ("embed", "hashing")
    assert "not meaning" in capability.detail
    assert capability.remedy == "viva models pull kure-v1"
    assert info.dimensions == 1024
    assert capability.limits["text"] == "8192 characters"


async def test_f30_a_missing_model_is_a_named_state_with_the_command_that_mends_it(serving):
    async with serving(MISSING) as client:
        info = await client.info()
        assert info.capability.state == common_pb2.CAPABILITY_STATE_MISSING
        assert info.capability.remedy == MISSING.remedy
        assert await health(client, "") == "SERVING"
        assert await health(client, "viva.v1.EmbedService") == "NOT_SERVING"
        error = await failure(client.embed("가"))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert from_rpc_error(error).remedy == MISSING.remedy


async def test_a_model_that_stops_computing_takes_its_health_down_and_up_again(serving):
    engine = FakeEngine(poison="poison")
    async with serving(engine, dimensions=8, probe_s=0.05) as client:
        error = await failure(client.embed("poison"))
        assert from_rpc_error(error).reason == "EMBED_ENGINE_FAILED"
        assert (await client.info()).capability.state == common_pb2.CAPABILITY_STATE_READY

        engine.poison = "probe"
        engine.before_batch = fail_all(engine)
        await failure(client.embed("any text"))
        await until(lambda: is_health(client, "NOT_SERVING"))
        assert (await client.info()).capability.state == common_pb2.CAPABILITY_STATE_BROKEN
        engine.before_batch = engine.poison = None
        await until(lambda: is_health(client, "SERVING"))
        assert len((await client.embed("works again")).token_counts) == 1


async def test_an_idle_model_is_probed_and_a_failing_one_found(serving):
    engine = FakeEngine()
    async with serving(engine, dimensions=8, probe_s=0.05, idle_probe_s=0.1) as client:
        await until(lambda: has_probed(engine))
        engine.before_batch = fail_all(engine)
        await until(lambda: is_health(client, "NOT_SERVING"))


async def test_a_batch_that_never_ends_is_seen(serving):
    gate = threading.Event()
    engine = FakeEngine(before_batch=lambda texts: gate.wait(20))
    async with serving(engine, dimensions=8, probe_s=0.05, stuck_s=0.2) as client:
        stuck = asyncio.create_task(client.embed("stuck"))
        await until(lambda: is_health(client, "NOT_SERVING"))
        assert "One batch has been computing" in (await client.info()).capability.detail
        gate.set()
        await stuck
        await until(lambda: is_health(client, "SERVING"))


async def test_reflection_describes_the_service(serving):
    async with serving(HashingEngine()) as client:
        assert {"viva.v1.EmbedService", "grpc.health.v1.Health"} <= await reflected_services(client)


async def reflected_services(client):
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    async for answer in stub.ServerReflectionInfo(asked, timeout=10):
        return {service.name for service in answer.list_services_response.service}
    return set()


async def held(client, queued):
    return (await client.info()).queued == queued


async def is_health(client, status):
    return await health(client, "viva.v1.EmbedService") == status


async def has_probed(engine):
    return ["probe"] in engine.batches


def fail_all(engine):
    def fail(texts):
        engine.poison = texts[0]

    return fail


async def plain_embed(channel, text):
    from viva.v1 import embed_pb2_grpc

    from .conftest import TOKEN

    stub = embed_pb2_grpc.EmbedServiceStub(channel)
    request = pb.EmbedRequest(texts=[text], kind=pb.EMBED_KIND_QUERY)
    return await stub.Embed(request, metadata=[("authorization", f"Bearer {TOKEN}")], timeout=10)
