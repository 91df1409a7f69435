"""SttService: from the wire, to the engine, to the wire. Knows nothing of recognition."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import IO

from viva.v1 import stt_pb2 as pb
from viva.v1 import stt_pb2_grpc

from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context
from services.runtime.logs import bind
from services.runtime.requests import in_time, refuse
from services.runtime.serving import Server, Service, server_credentials
from services.stt.config import Settings
from services.stt.engine import Engine, Progress, Stream
from services.stt.replies import event_to_pb, result_to_pb
from services.stt.requests import Finish, Flush, IncomingStream, read_piece, read_recognize_config

SPOOLED_IN_MEMORY_BYTES = 8 * 1024 * 1024


class SttServicer(stt_pb2_grpc.SttServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    async def StreamingRecognize(
        self,
        request_iterator: AsyncIterator[pb.StreamingRecognizeRequest],
        context: Context,
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        messages = in_time(request_iterator, self._settings.idle_s)
        # Read before refusing: a grpc.aio client that is still writing may lose the status.
        first = await anext(messages, pb.StreamingRecognizeRequest())
        engine = needed(self._engine)
        incoming = IncomingStream(self._settings.max_stream_s)
        options = incoming.begin(first)
        bind(interview_id=options.interview_id)
        async with aclosing(await engine.open_stream(options)) as stream:
            # Only now: a refusal without headers may be retried on another replica.
            await context.send_initial_metadata(())
            async with _fed(stream, messages, incoming):
                async for event in stream.events():
                    yield event_to_pb(event)

    async def Recognize(
        self, request_iterator: AsyncIterator[pb.RecognizeRequest], context: Context
    ) -> AsyncIterator[pb.RecognizeResponse]:
        messages = in_time(request_iterator, self._settings.idle_s)
        first = await anext(messages, pb.RecognizeRequest())
        engine = needed(self._engine)
        speech = read_recognize_config(first)
        with tempfile.SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY_BYTES) as recording:
            await _receive(messages, recording)
            async with aclosing(engine.transcribe(recording, speech)) as events:
                async for event in events:
                    if isinstance(event, Progress):
                        yield pb.RecognizeResponse(progress=event.done)
                    else:
                        yield pb.RecognizeResponse(result=result_to_pb(event))

    async def GetInfo(
        self, request: pb.SttServiceGetInfoRequest, context: Context
    ) -> pb.SttServiceGetInfoResponse:
        if isinstance(self._engine, Missing):
            return pb.SttServiceGetInfoResponse(capability=capability_of(self._engine).to_pb())
        status = self._engine.status()
        return pb.SttServiceGetInfoResponse(
            capability=status.capability.to_pb(),
            max_streams=status.max_streams,
            open_streams=status.open_streams,
        )


def build(engine: Engine | Missing, settings: Settings) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.SttService",
        stt_pb2_grpc.add_SttServiceServicer_to_server,
        SttServicer(engine, settings),
    )
    return Server(
        "stt",
        settings,
        [service],
        authenticator,
        probe,
        unbounded=frozenset({"/viva.v1.SttService/StreamingRecognize"}),
    )


@asynccontextmanager
async def _fed(
    stream: Stream, messages: AsyncIterator[pb.StreamingRecognizeRequest], incoming: IncomingStream
) -> AsyncIterator[None]:
    """Feeds the stream beside the body; what is wrong with the audio ends its events and is raised after."""
    feeding = asyncio.create_task(_feed(stream, messages, incoming))
    try:
        yield
        await feeding
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _feed(
    stream: Stream, messages: AsyncIterator[pb.StreamingRecognizeRequest], incoming: IncomingStream
) -> None:
    try:
        async for message in messages:
            match incoming.take(message):
                case Flush():
                    await stream.flush()
                case Finish():
                    break
                case pcm:
                    await stream.push(pcm)
        await stream.finish()
    except Exception:
        await stream.aclose()
        raise


async def _receive(messages: AsyncIterator[pb.RecognizeRequest], recording: IO[bytes]) -> None:
    size = 0
    async for message in messages:
        size += recording.write(read_piece(message, size))
    if not size:
        refuse("data", "is missing: no byte of a recording came")
    recording.seek(0)
