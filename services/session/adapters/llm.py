"""`LanguageModel` over gRPC: the replica that holds the conversation, else the next one. Knows no prompt."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import grpc
import structlog
from viva.v1 import llm_pb2 as pb
from viva.v1 import llm_pb2_grpc

from services.runtime.channel import ReplicaSet
from services.runtime.errors import from_rpc_error
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

log = structlog.get_logger()

FAILURES = 3  # in a row, until a replica is left alone
REST_S = 5.0
MISSING_REST_S = 10.0  # a replica without a model is looked at again after this
PREFILL_S = 5.0
FORGET_S = 2.0
ASK_INFO_S = 0.5
INFO_LASTS_S = 600.0

_BUSY = frozenset({grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED})
_ROLES = {
    Role.SYSTEM: pb.CHAT_ROLE_SYSTEM,
    Role.USER: pb.CHAT_ROLE_USER,
    Role.ASSISTANT: pb.CHAT_ROLE_ASSISTANT,
}
_PRIORITIES = {
    Priority.INTERACTIVE: pb.PRIORITY_INTERACTIVE,
    Priority.PREFETCH: pb.PRIORITY_PREFETCH,
    Priority.BATCH: pb.PRIORITY_BATCH,
}


class Breaker:
    """Closed until `FAILURES` in a row, then open for a rest of seconds; the call after it decides anew."""

    def __init__(self, rest_s: float = REST_S, now: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = rest_s
        self._now = now
        self._failures = 0
        self._open_until = 0.0

    @property
    def closed(self) -> bool:
        return self._now() >= self._open_until

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self.rest(self._rest_s)

    def rest(self, seconds: float) -> None:
        self._open_until = self._now() + seconds


class GrpcLanguageModel:
    def __init__(self, replicas: ReplicaSet, rest_s: float = REST_S) -> None:
        self._replicas = replicas
        self._rest_s = rest_s
        self._breakers: dict[str, Breaker] = {}
        self._missing_until: dict[str, float] = {}
        self._contexts: dict[str, tuple[int, float]] = {}  # by address: tokens, and until when they hold

    @property
    def missing(self) -> bool:
        now = time.monotonic()
        return all(self._missing_until.get(each, 0.0) > now for each, _ in self._replicas.preferred(""))

    async def generate(self, call: ModelCall, deadline_s: float) -> AsyncGenerator[str | Finished, None]:
        until, why = time.monotonic() + deadline_s, "no replica"
        for address, channel in self._replicas.preferred(call.key):
            breaker = self._breaker(address)
            left_s = until - time.monotonic()
            if not breaker.closed or left_s <= 0:
                continue
            begun = False
            try:
                async with aclosing(_generate(channel, address, call, left_s)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield await self._completed(piece, channel) if isinstance(piece, Finished) else piece
                breaker.succeeded()
                return
            except grpc.aio.AioRpcError as error:
                why = self._note_failure(breaker, address, error, call.priority)
                if begun:
                    raise ModelLost(why) from None
                if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
                    raise PromptTooLong(why) from None
        raise ModelMissing(why) if self.missing else ModelUnavailable(why)

    async def _completed(self, finished: Finished, channel: grpc.aio.Channel) -> Finished:
        """With the size of the context, which a replica is asked for once in a while."""
        tokens, until = self._contexts.get(finished.replica, (0, 0.0))
        if time.monotonic() >= until:
            try:
                stub = llm_pb2_grpc.LlmServiceStub(channel)
                info = await stub.GetInfo(pb.LlmServiceGetInfoRequest(), timeout=ASK_INFO_S)
                tokens = info.context_tokens
                self._contexts[finished.replica] = tokens, time.monotonic() + INFO_LASTS_S
            except grpc.aio.AioRpcError as error:
                log.info("llm.info_failed", replica=finished.replica, code=error.code().name)
        return replace(finished, context_tokens=tokens)

    async def prefill(self, call: ModelCall) -> None:
        for address, channel in self._replicas.preferred(call.key)[:1]:
            breaker = self._breaker(address)
            if not breaker.closed:
                return
            request = pb.PrefillRequest(
                messages=_messages(call.messages),
                cache_key=call.key,
                shared_prefix_messages=call.shared_messages,
                open_last_message=call.messages[-1].open,
            )
            try:
                await llm_pb2_grpc.LlmServiceStub(channel).Prefill(request, timeout=PREFILL_S)
            except grpc.aio.AioRpcError as error:
                self._note_failure(breaker, address, error, Priority.PREFETCH)

    async def forget(self, key: str) -> bool:
        replicas = self._replicas.preferred(key)
        return all(await asyncio.gather(*(_forget(channel, key) for _, channel in replicas)))

    def _breaker(self, address: str) -> Breaker:
        return self._breakers.setdefault(address, Breaker(self._rest_s))

    def _note_failure(
        self, breaker: Breaker, address: str, error: grpc.aio.AioRpcError, priority: Priority
    ) -> str:
        known = from_rpc_error(error)
        if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
            breaker.rest(MISSING_REST_S)
            self._missing_until[address] = time.monotonic() + MISSING_REST_S
        elif error.code() in _BUSY and priority is not Priority.INTERACTIVE:
            pass  # what may wait was made to wait: a candidate's question still has its place
        elif error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
            breaker.failed()
        log.info("llm.call_failed", replica=address, reason=known.reason, code=error.code().name)
        return known.reason


async def _generate(
    channel: grpc.aio.Channel, address: str, call: ModelCall, left_s: float
) -> AsyncGenerator[str | Finished, None]:
    request = pb.GenerateRequest(
        messages=_messages(call.messages),
        cache_key=call.key,
        shared_prefix_messages=call.shared_messages,
        max_tokens=call.max_tokens,
        priority=_PRIORITIES[call.priority],
        json_schema=json.dumps(call.schema, ensure_ascii=False) if call.schema else "",
        request_id=str(call.turn_id or ""),
    )
    running = llm_pb2_grpc.LlmServiceStub(channel).Generate(request, timeout=left_s)
    try:
        async for response in running:
            if response.HasField("completion"):
                yield _finished(response.completion, address)
            elif not response.delta.thinking and response.delta.text:
                yield response.delta.text
    finally:
        running.cancel()


def _finished(completion: pb.Completion, address: str) -> Finished:
    usage = completion.usage
    took = completion.timings
    return Finished(
        *(completion.model, address, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens),
        *(took.queue_ms, took.prefill_ms, took.decode_ms),
    )


def _messages(messages: tuple[Message, ...]) -> list[pb.ChatMessage]:
    return [pb.ChatMessage(role=_ROLES[each.role], content=each.content) for each in messages]


async def _forget(channel: grpc.aio.Channel, key: str) -> bool:
    try:
        stub = llm_pb2_grpc.LlmServiceStub(channel)
        await stub.Forget(pb.ForgetRequest(cache_key=key), timeout=FORGET_S)
    except grpc.aio.AioRpcError as error:
        # A server without a model keeps nothing.
        return error.code() is grpc.StatusCode.FAILED_PRECONDITION
    return True
