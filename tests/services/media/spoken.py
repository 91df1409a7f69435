"""Interviews that are spoken in this process: a real session, real recognition, and a browser of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import grpc
from viva.v1 import interview_pb2 as pb

from services.media.bootstrap import conversing
from services.media.config import Settings
from services.media.conversation.conversation import InterviewConversation
from services.media.conversation.conversations import InterviewConversations
from services.runtime.channel import open_channel
from services.session.server import running
from tests.services.media.fakes import FakePeer
from tests.services.rooms import TOKEN
from tests.services.session.spine import Candidate, Spine, until

PIECE = 640  # bytes of 20 ms


@dataclass
class Room:
    """A candidate, and the conversations of one media process."""

    candidate: Candidate
    conversations: InterviewConversations
    pool: Any
    settings: Settings

    @asynccontextmanager
    async def another_process(self) -> AsyncIterator["Room"]:
        """Conversations that know nothing of the first ones, as after a kill."""
        async with conversing(self.settings) as conversations:
            assert conversations is not None
            yield replace(self, conversations=conversations)

    async def interview(self, *purposes: str, **fields: Any) -> str:
        """A started one with consent to these purposes beside processing."""
        interview_id = await self.candidate.interview(**fields)
        for purpose in purposes:
            await self.pool.execute(
                "insert into consent (interview_id, purpose, version, granted) values ($1, $2, 'test', true)",
                *(interview_id, purpose),
            )
        return interview_id

    async def joined(self, interview_id: str) -> "Browser":
        browser = Browser(await self.conversations.open(interview_id))
        browser.conversation.joined(browser.peer)
        return browser

    async def answered(self, interview_id: str, number: int, *, text: str = "") -> pb.Turn:
        """The turn of that number, once it is closed, and its answer is that text where one is given."""

        async def look() -> pb.Turn | None:
            for turn in (await self.candidate.get(interview_id)).turns:
                if turn.number == number and turn.HasField("answer") and text in ("", turn.answer.text):
                    return turn
            return None

        return await until(look, 30)  # type: ignore[no-any-return]


class Browser:
    """A peer whose microphone is fed by the test, faster than real time where it may."""

    def __init__(self, conversation: InterviewConversation) -> None:
        self.conversation, self.peer = conversation, FakePeer()

    async def says(self, pcm: bytes, *, piece_s: float = 0.002) -> None:
        for at in range(0, len(pcm), PIECE):
            self.conversation.hear(pcm[at : at + PIECE].ljust(PIECE, b"\0"))
            await asyncio.sleep(piece_s)

    async def hears_the_question(self) -> None:
        """To its end, in however many pieces it comes."""

        def is_over() -> bool:
            self.peer.finish_playing()
            return self.told("voice")[-1]["state"] == "silent"

        await until(lambda: self.peer.playing)
        await until(is_over)

    def told(self, type_: str) -> list[dict[str, Any]]:
        return [dict(each) for each in self.peer.messages if each["type"] == type_]


@asynccontextmanager
async def room(spine: Spine, **media: Any) -> AsyncIterator[Room]:
    """`media`: addresses of the servers that this media process knows, by its settings' names."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(spine.settings()))
        await server.start()
        stack.push_async_callback(server.stop)
        address = f"127.0.0.1:{server.port}"
        channel: grpc.aio.Channel = open_channel([address], token=await spine._token())
        stack.push_async_callback(channel.close)
        candidate = Candidate(channel, spine.pool)
        stack.push_async_callback(candidate.leave)
        settings = Settings(session_addresses=(address,), nats_url=spine.nats_url, mesh_token=TOKEN, **media)
        conversations = await stack.enter_async_context(conversing(settings))
        assert conversations is not None
        yield Room(candidate, conversations, spine.pool, settings)
