"""`Eyes` by the vision service. Keeps no picture."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc
from viva.v1 import vision_pb2 as pb
from viva.v1 import vision_pb2_grpc

from services.media.adapters.calls import end
from services.media.adapters.errors import translated, unknown
from services.media.conversation.ports import Frame, Observation, Policy, Terms
from services.runtime.errors import Unavailable

ENDLESS = frozenset({"/viva.v1.VisionService/Analyze"})
TAKEN_WITHIN_S = 5.0
_POLICIES = {
    Policy.OFF: pb.BEHAVIOUR_POLICY_OFF,
    Policy.OBSERVE: pb.BEHAVIOUR_POLICY_OBSERVE,
    Policy.SCORED: pb.BEHAVIOUR_POLICY_SCORED,
}


class GrpcEyes:
    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._stub: Any = vision_pb2_grpc.VisionServiceStub(channel) if channel else None

    async def look(
        self, interview_id: str, terms: Terms, frames: AsyncIterator[Frame]
    ) -> AsyncGenerator[Observation, None]:
        if self._stub is None:
            raise unknown("vision")
        call = self._stub.Analyze()
        sending: asyncio.Task[None] | None = None
        try:
            with translated():
                await _taken(call, _config(interview_id, terms))
                sending = asyncio.create_task(_send(call, frames))
                while (answer := await call.read()) is not grpc.aio.EOF:
                    yield _observation(answer.observation)
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            await end(call)


async def _taken(call: Any, config: pb.AnalyzeRequest) -> None:
    """Waits for the response's headers: frames that are written before may cost the status of a refusal."""
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await call.write(config)
            await call.initial_metadata()
            if call.done():
                await call.read()
    except TimeoutError:
        text = f"vision took no stream within {TAKEN_WITHIN_S:g} seconds."
        raise Unavailable("VISION_HANGS", text) from None


async def _send(call: Any, frames: AsyncIterator[Frame]) -> None:
    async for frame in frames:
        await call.write(pb.AnalyzeRequest(frame=pb.Frame(timestamp_ms=frame.at_ms, jpeg=frame.jpeg)))
    await call.done_writing()


def _config(interview_id: str, terms: Terms) -> pb.AnalyzeRequest:
    config = pb.AnalyzeConfig(
        policy=_POLICIES[terms.policy], emotion=terms.emotion, interview_id=interview_id
    )
    return pb.AnalyzeRequest(config=config)


def _observation(seen: pb.Observation) -> Observation:
    pose = seen.head_pose
    return Observation(
        at_ms=seen.timestamp_ms,
        faces=seen.faces,
        gaze_on_camera=seen.gaze_on_camera,
        eye_closure=seen.eye_closure,
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        roll_deg=pose.roll_deg,
        smile=seen.smile,
        face_x=seen.face_x,
        face_y=seen.face_y,
        face_height=seen.face_height,
        expression=seen.expression,
        expression_score=seen.expression_score,
    )
