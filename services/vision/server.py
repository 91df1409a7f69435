"""VisionService: from the wire, to the engine, to the wire. Knows nothing of faces and keeps no picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from viva.v1 import vision_pb2 as pb
from viva.v1 import vision_pb2_grpc

from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context
from services.runtime.logs import bind
from services.runtime.requests import in_time
from services.runtime.serving import Server, Service, server_credentials
from services.vision.config import Settings
from services.vision.engine import Engine, Observation
from services.vision.newest import Newest
from services.vision.requests import IncomingFrames, read_config, read_image


class VisionServicer(vision_pb2_grpc.VisionServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    async def Analyze(
        self, request_iterator: AsyncIterator[pb.AnalyzeRequest], context: Context
    ) -> AsyncIterator[pb.AnalyzeResponse]:
        messages = in_time(request_iterator, self._settings.idle_s)
        # Read before refusing: a grpc.aio client that is still writing may lose the status.
        first = await anext(messages, pb.AnalyzeRequest())
        engine = needed(self._engine)
        incoming = IncomingFrames(self._settings.max_pixels)
        expressions = incoming.begin(first)
        bind(interview_id=first.config.interview_id)
        newest = Newest(self._settings.frames_per_s)
        async with aclosing(await engine.open(expressions=expressions)) as watch:
            # Only now: a refusal without headers may be retried on another replica.
            await context.send_initial_metadata(())
            async with _filled(newest, messages, incoming):
                while frame := await newest.take():
                    seen = await watch.observe(frame.jpeg, frame.timestamp_ms)
                    yield pb.AnalyzeResponse(observation=_observation(seen))

    async def AnalyzeImage(
        self, request: pb.AnalyzeImageRequest, context: Context
    ) -> pb.AnalyzeImageResponse:
        engine = needed(self._engine)
        expressions = read_config(request.config)
        image = read_image(request, self._settings.max_pixels)
        async with aclosing(await engine.open(expressions=expressions)) as watch:
            return pb.AnalyzeImageResponse(observation=_observation(await watch.observe(image, 0)))

    async def GetInfo(
        self, request: pb.VisionServiceGetInfoRequest, context: Context
    ) -> pb.VisionServiceGetInfoResponse:
        if isinstance(self._engine, Missing):
            return pb.VisionServiceGetInfoResponse(capability=capability_of(self._engine).to_pb())
        return pb.VisionServiceGetInfoResponse(
            capability=self._engine.status().capability.to_pb(), frames_per_s=self._settings.frames_per_s
        )


def build(engine: Engine | Missing, settings: Settings) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.VisionService",
        vision_pb2_grpc.add_VisionServiceServicer_to_server,
        VisionServicer(engine, settings),
    )
    return Server(
        "vision",
        settings,
        [service],
        authenticator,
        probe,
        unbounded=frozenset({"/viva.v1.VisionService/Analyze"}),
    )


@asynccontextmanager
async def _filled(
    newest: Newest, messages: AsyncIterator[pb.AnalyzeRequest], incoming: IncomingFrames
) -> AsyncIterator[None]:
    """Receives beside the body; what is wrong with a frame ends the frames and is raised after."""
    filling = asyncio.create_task(_fill(newest, messages, incoming))
    try:
        yield
        await filling
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


async def _fill(newest: Newest, messages: AsyncIterator[pb.AnalyzeRequest], incoming: IncomingFrames) -> None:
    try:
        async for message in messages:
            newest.put(incoming.take(message))
    finally:
        newest.end()


def _observation(seen: Observation) -> pb.Observation:
    return pb.Observation(
        timestamp_ms=seen.timestamp_ms,
        face_present=seen.faces > 0,
        faces=seen.faces,
        gaze_on_camera=seen.gaze_on_camera,
        eye_closure=seen.eye_closure,
        head_pose=pb.HeadPose(yaw_deg=seen.yaw_deg, pitch_deg=seen.pitch_deg, roll_deg=seen.roll_deg),
        smile=seen.smile,
        face_x=seen.face_x,
        face_y=seen.face_y,
        face_height=seen.face_height,
        expression=seen.expression,
        expression_score=seen.expression_score,
    )
