"""Every test here runs on the loop that media runs on."""

from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from services.media.engines.webrtc.engine import WebRtcEngine
from services.media.engines.webrtc.ports import PortRangeLoop
from tests.services.media.fakes import FakeConversations

PORTS = range(47_300, 47_340)


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], PortRangeLoop]]:
    return {"ports": lambda: PortRangeLoop(PORTS)}


@pytest.fixture
def conversations() -> FakeConversations:
    return FakeConversations()


@pytest.fixture
async def engine(conversations: FakeConversations) -> AsyncIterator[WebRtcEngine]:
    engine = WebRtcEngine(conversations, places=8)
    yield engine
    await engine.aclose()
