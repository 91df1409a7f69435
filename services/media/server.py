"""MediaService: from the wire, to the engine, to the wire. Knows nothing of WebRTC."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from viva.v1 import media_pb2 as pb
from viva.v1 import media_pb2_grpc

from services.media.config import Settings
from services.media.engine import Engine
from services.media.ice import ice_servers
from services.media.recording.erasing import erase
from services.media.recording.reading import read, recordings_of
from services.media.repeats import Repeats
from services.media.requests import read_candidate, read_erasure, read_id, read_offer, read_part
from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context
from services.runtime.logs import bind
from services.runtime.serving import Server, Service, server_credentials

Parts = Callable[[], Awaitable[list[Capability]]]
"""What hears, speaks and looks; answers within seconds and never raises."""


async def no_parts() -> list[Capability]:
    return []


class MediaServicer(media_pb2_grpc.MediaServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings, parts: Parts) -> None:
        self._engine, self._settings, self._parts = engine, settings, parts
        self._repeats = Repeats()

    async def GetIceServers(
        self, request: pb.GetIceServersRequest, context: Context
    ) -> pb.GetIceServersResponse:
        needed(self._engine)
        servers = ice_servers(self._settings, time.time())
        return pb.GetIceServersResponse(servers=[pb.IceServer(**asdict(each)) for each in servers])

    async def Negotiate(self, request: pb.NegotiateRequest, context: Context) -> pb.NegotiateResponse:
        engine = needed(self._engine)
        offer = read_offer(request)
        bind(interview_id=offer.interview_id)
        answer = await self._repeats.answer(offer, lambda: engine.negotiate(offer.interview_id, offer.sdp))
        return pb.NegotiateResponse(peer_id=answer.peer_id, answer_sdp=answer.sdp)

    async def AddIceCandidate(
        self, request: pb.AddIceCandidateRequest, context: Context
    ) -> pb.AddIceCandidateResponse:
        engine = needed(self._engine)
        await engine.add_candidate(read_id("peer_id", request.peer_id), read_candidate(request))
        return pb.AddIceCandidateResponse()

    async def Hangup(self, request: pb.HangupRequest, context: Context) -> pb.HangupResponse:
        engine = needed(self._engine)
        await engine.hangup(read_id("peer_id", request.peer_id))
        return pb.HangupResponse()

    async def EraseRecordings(
        self, request: pb.EraseRecordingsRequest, context: Context
    ) -> pb.EraseRecordingsResponse:
        files = await asyncio.to_thread(erase, self._settings.recordings_folder, *read_erasure(request))
        return pb.EraseRecordingsResponse(files=files)

    async def ListRecordings(
        self, request: pb.ListRecordingsRequest, context: Context
    ) -> pb.ListRecordingsResponse:
        interview_id = read_id("interview_id", request.interview_id)
        folder = self._settings.recordings_folder
        answer = pb.ListRecordingsResponse()
        for each in await asyncio.to_thread(recordings_of, folder, interview_id):
            answer.recordings.add(name=each.name, bytes=each.size).begun_at.FromDatetime(each.begun_at)
        return answer

    async def ReadRecording(
        self, request: pb.ReadRecordingRequest, context: Context
    ) -> pb.ReadRecordingResponse:
        wanted = read_part(request)
        piece = await asyncio.to_thread(read, self._settings.recordings_folder, *wanted)
        return pb.ReadRecordingResponse(content=piece.content, size=piece.size)

    async def GetInfo(
        self, request: pb.MediaServiceGetInfoRequest, context: Context
    ) -> pb.MediaServiceGetInfoResponse:
        return pb.MediaServiceGetInfoResponse(
            capability=capability_of(self._engine).to_pb(),
            peers=0 if isinstance(self._engine, Missing) else self._engine.status().peers,
            parts=[part.to_pb() for part in await self._parts()],
        )


def build(engine: Engine | Missing, settings: Settings, parts: Parts = no_parts) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.MediaService",
        media_pb2_grpc.add_MediaServiceServicer_to_server,
        MediaServicer(engine, settings, parts),
    )
    return Server("media", settings, [service], authenticator, probe)
