"""The session stops and comes back while somebody speaks."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from services.media.bootstrap import conversing
from services.media.config import Settings
from services.runtime.channel import open_channel
from services.session.server import running
from services.stt.config import Settings as SttSettings
from services.stt.engines.fake import FakeEngine as FakeStt
from services.stt.server import build as build_stt
from tests.services.media.conversation.fakes import silence, speech
from tests.services.media.spoken import Room
from tests.services.rooms import TOKEN, listening
from tests.services.session.spine import Candidate, Spine, until

pytestmark = pytest.mark.integration


@asynccontextmanager
async def session(spine: Spine, listen: str) -> AsyncIterator[str]:
    async with running(spine.settings(listen=listen)) as server:
        await server.start()
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            await server.stop()


async def test_f25_what_is_said_while_the_session_is_away_is_stored_when_it_is_back(spine: Spine) -> None:
    async with AsyncExitStack() as stack:
        stt = await stack.enter_async_context(listening(build_stt, FakeStt(), SttSettings))
        async with session(spine, "127.0.0.1:0") as address:
            settings = Settings(session_addresses=(address,), stt_addresses=(stt,), mesh_token=TOKEN)
            conversations = await stack.enter_async_context(conversing(settings))
            assert conversations is not None
            async with candidate_at(spine, address) as candidate:
                before = Room(candidate, conversations, spine.pool, settings)
                interview_id = await before.interview("audio")
                await candidate.asked(interview_id, 1)
                browser = await before.joined(interview_id)
                await until(lambda: browser.conversation.is_listening)
        await browser.says(speech(1.0) + silence(5))
        await until(lambda: browser.conversation.has_unstored)
        assert browser.told("segment") == []
        async with session(spine, address):
            # Channels to one address share its connection, and the pause before it is tried again.
            await until(lambda: browser.told("submitted"))
            async with candidate_at(spine, address) as candidate:
                after = Room(candidate, conversations, spine.pool, settings)
                assert (await after.answered(interview_id, 1)).answer.text == "1 2"
            await conversations.aclose()


@asynccontextmanager
async def candidate_at(spine: Spine, address: str) -> AsyncIterator[Candidate]:
    async with open_channel([address], token=await spine._token()) as channel:
        candidate = Candidate(channel, spine.pool)
        yield candidate
        await candidate.leave()
