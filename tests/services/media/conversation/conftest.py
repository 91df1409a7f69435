"""What tests of conversations share."""

from collections.abc import AsyncIterator

import pytest

from tests.services.media.conversation.harness import Interview


@pytest.fixture
async def interview() -> AsyncIterator[Interview]:
    interview = Interview()
    interview.conversation.joined(interview.peer)
    yield interview
    await interview.conversation.aclose()
