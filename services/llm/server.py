"""LlmService: from the wire, to the engine, to the wire. Knows neither prompts nor scheduling."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing

from viva.v1 import common_pb2, llm_pb2_grpc
from viva.v1 import llm_pb2 as pb

from services.llm.config import Settings
from services.llm.engine import Admitted, Completion, Delta, Engine, Finish, Timings
from services.llm.requests import read_cache_key, read_generation, read_messages, read_prefill
from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context, report_timings
from services.runtime.logs import bind
from services.runtime.serving import Server, Service, server_credentials

_FINISHES = {
    Finish.END: pb.FINISH_REASON_END,
    Finish.STOP: pb.FINISH_REASON_STOP,
    Finish.LENGTH: pb.FINISH_REASON_LENGTH,
}


class LlmServicer(llm_pb2_grpc.LlmServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings) -> None:
        self._engine = engine
        self._max_prompt = settings.max_prompt_characters

    async def Generate(
        self, request: pb.GenerateRequest, context: Context
    ) -> AsyncIterator[pb.GenerateResponse]:
        engine = needed(self._engine)
        generation = read_generation(request, _deadline(context), self._max_prompt)
        bind(llm_request_id=generation.conversation.request_id)
        async with aclosing(engine.generate(generation)) as events:
            async for event in events:
                if isinstance(event, Admitted):
                    # Only now: a refusal without headers may be retried on another replica.
                    await context.send_initial_metadata(())
                    continue
                if isinstance(event, Completion):
                    timings = event.timings
                    report_timings(queue=timings.queue_ms, compute=timings.prefill_ms + timings.decode_ms)
                yield _response(event)

    async def Prefill(self, request: pb.PrefillRequest, context: Context) -> pb.PrefillResponse:
        engine = needed(self._engine)
        conversation = read_prefill(request, self._max_prompt)
        filled = await engine.prefill(conversation, open_last_message=request.open_last_message)
        return pb.PrefillResponse(
            prompt_tokens=filled.prompt_tokens,
            cached_tokens=filled.cached_tokens,
            computed_tokens=filled.computed_tokens,
            timings=_timings(filled.timings),
        )

    async def CountTokens(self, request: pb.CountTokensRequest, context: Context) -> pb.CountTokensResponse:
        engine = needed(self._engine)
        messages = read_messages(request.messages, self._max_prompt)
        return pb.CountTokensResponse(tokens=await engine.count_tokens(messages))

    async def Forget(self, request: pb.ForgetRequest, context: Context) -> pb.ForgetResponse:
        engine = needed(self._engine)
        return pb.ForgetResponse(forgotten=await engine.forget(read_cache_key(request.cache_key)))

    async def GetInfo(
        self, request: pb.LlmServiceGetInfoRequest, context: Context
    ) -> pb.LlmServiceGetInfoResponse:
        if isinstance(self._engine, Missing):
            return pb.LlmServiceGetInfoResponse(capability=capability_of(self._engine).to_pb())
        status = self._engine.status()
        return pb.LlmServiceGetInfoResponse(
            capability=status.capability.to_pb(),
            context_tokens=status.context_tokens,
            slots=status.slots,
            quantization=status.quantization,
            chat_template=status.chat_template,
            queued=status.queued,
            running=status.running,
        )


def build(engine: Engine | Missing, settings: Settings) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.LlmService",
        llm_pb2_grpc.add_LlmServiceServicer_to_server,
        LlmServicer(engine, settings),
    )
    return Server("llm", settings, [service], authenticator, probe)


def _deadline(context: Context) -> float | None:
    left = context.time_remaining()
    return None if left is None else time.monotonic() + left


def _response(event: Delta | Completion) -> pb.GenerateResponse:
    if isinstance(event, Delta):
        return pb.GenerateResponse(delta=pb.TextDelta(text=event.text, thinking=event.thinking))
    usage = pb.Usage(
        prompt_tokens=event.prompt_tokens,
        cached_tokens=event.cached_tokens,
        completion_tokens=event.completion_tokens,
    )
    return pb.GenerateResponse(
        completion=pb.Completion(
            finish_reason=_FINISHES[event.finish],
            usage=usage,
            timings=_timings(event.timings),
            model=event.model,
        )
    )


def _timings(timings: Timings) -> common_pb2.Timings:
    return common_pb2.Timings(
        queue_ms=timings.queue_ms, prefill_ms=timings.prefill_ms, decode_ms=timings.decode_ms
    )
