"""A session of real Postgres and NATS, for interviews with a voice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.session.spine import Spine, spine_on


@pytest.fixture
async def spine(database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(database_url, nats_url, tmp_path) as spine:
        yield spine
