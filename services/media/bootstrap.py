"""The one place where conversations and the mesh around them are put together. Holds no rule of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from services.media.adapters import eyes, hearing, interviews
from services.media.adapters.captions import NatsCaptions, NoCaptions
from services.media.adapters.eyes import GrpcEyes
from services.media.adapters.hearing import GrpcHearing
from services.media.adapters.interviews import GrpcInterviews
from services.media.adapters.parts import GrpcParts
from services.media.adapters.recordings import FolderRecordings
from services.media.adapters.voices import GrpcVoices
from services.media.config import Settings
from services.media.conversation.conversation import Mesh
from services.media.conversation.conversations import InterviewConversations
from services.media.conversation.ports import Captions
from services.runtime.auth import mesh_token
from services.runtime.channel import open_channel


@asynccontextmanager
async def conversing(settings: Settings) -> AsyncIterator[InterviewConversations | None]:
    """Conversations on channels to the mesh; none where no session is known, which every interview needs."""
    if not settings.session_addresses:
        yield None
        return
    async with AsyncExitStack() as stack:
        opened = _Channels(settings, stack)
        session = opened.to(settings.session_addresses, interviews.ENDLESS)
        mesh = Mesh(
            GrpcHearing(opened.maybe(settings.stt_addresses, hearing.ENDLESS)),
            GrpcInterviews(session),
            GrpcVoices(opened.maybe(settings.tts_addresses)),
            GrpcEyes(opened.maybe(settings.vision_addresses, eyes.ENDLESS)),
            _captions(settings, stack),
            _recordings(settings, stack),
        )
        conversations = InterviewConversations(mesh)
        stack.push_async_callback(conversations.aclose)
        yield conversations


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[GrpcParts]:
    """What hears, speaks and looks, asked on channels of its own."""
    async with AsyncExitStack() as stack:
        to = _Channels(settings, stack).maybe
        addresses = {
            "stt": settings.stt_addresses,
            "tts": settings.tts_addresses,
            "vision": settings.vision_addresses,
        }
        yield GrpcParts({name: to(known) for name, known in addresses.items()})


class _Channels:
    """All of one process; each spreads its calls over the replicas of one service."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings, self._stack, self._token = settings, stack, mesh_token(settings)

    def to(self, addresses: tuple[str, ...], endless: frozenset[str] = frozenset()) -> grpc.aio.Channel:
        channel = open_channel(addresses, token=self._token, settings=self._settings, endless=endless)
        self._stack.push_async_callback(channel.close)
        return channel

    def maybe(
        self, addresses: tuple[str, ...], endless: frozenset[str] = frozenset()
    ) -> grpc.aio.Channel | None:
        return self.to(addresses, endless) if addresses else None


def _recordings(settings: Settings, stack: AsyncExitStack) -> FolderRecordings:
    recordings = FolderRecordings(settings.recordings_folder)
    stack.push_async_callback(recordings.aclose)
    return recordings


def _captions(settings: Settings, stack: AsyncExitStack) -> Captions:
    if not settings.nats_url:
        return NoCaptions()
    captions = NatsCaptions(settings.nats_url)
    running = asyncio.create_task(captions.run())

    async def stop() -> None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    stack.push_async_callback(stop)
    return captions
